"""All examinations of a data set in one: what may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from scoreline.data import Dataset, Progress, Split
from scoreline.data.base import Rejected
from scoreline.data.options import no_progress
from scoreline.estimators import LinearClassifier
from scoreline.report.data_quality.label_errors import LabelErrors, find_label_errors
from scoreline.report.data_quality.layouts import image_views
from scoreline.report.data_quality.near_duplicates import NearDuplicates, find_near_duplicates
from scoreline.report.data_quality.out_of_fold import OutOfFold, score_out_of_fold
from scoreline.report.data_quality.outliers import Outliers, find_outliers
from scoreline.report.data_quality.statistics import DataStatistics, measure_statistics
from scoreline.rows import Rows

__all__ = ["CsvTable", "DataQuality", "examine"]


class CsvTable(NamedTuple):
    """A file of a result."""

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


@dataclass(frozen=True, eq=False)
class DataQuality:
    """What may be wrong with a data set.

    Parameters
    ----------
    statistics : DataStatistics
    near_duplicates : NearDuplicates
    label_errors : LabelErrors
    outliers : Outliers
    rejected : tuple of Rejected
        Files that were left out when the data were read, and why.
    out_of_fold : OutOfFold
        Scores of the training examples, which also find a temperature.
    """

    statistics: DataStatistics
    near_duplicates: NearDuplicates
    label_errors: LabelErrors
    outliers: Outliers
    rejected: tuple[Rejected, ...]
    out_of_fold: OutOfFold

    def tables(self) -> Iterator[CsvTable]:
        """Yield all that was found as tables, each with the name of its file."""
        statistics = self.statistics
        yield CsvTable("near-duplicates.csv", NearDuplicates.COLUMNS, self.near_duplicates.rows())
        yield CsvTable("label-errors.csv", LabelErrors.COLUMNS, self.label_errors.rows())
        yield CsvTable("outliers.csv", Outliers.COLUMNS, self.outliers.rows())
        yield CsvTable("class-statistics.csv", DataStatistics.COLUMNS, statistics.rows())
        yield CsvTable("plain-images.csv", DataStatistics.PLAIN_COLUMNS, statistics.plain_rows())

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain JSON values; the tables hold the rest."""
        duplicates, labels = self.near_duplicates, self.label_errors
        return {
            "n_near_duplicates": len(duplicates.pairs),
            "n_leaks": len(duplicates.leaks),
            "n_contradictory": len(duplicates.contradictions),
            "n_suspected_labels": labels.n_suspected,
            "n_contradicted_labels": labels.n_contradicted,
            "out_of_fold_accuracy": labels.accuracy,
            "n_outliers": self.outliers.n_outlying,
            "n_plain": len(self.statistics.plain),
            "imbalance": self.statistics.imbalance,
            "n_rejected": len(self.rejected),
        }


def examine(
    dataset: Dataset,
    features: Mapping[str, Rows],
    classifier: LinearClassifier,
    *,
    n_folds: int = 3,
    seed: int = 0,
    progress: Progress | None = None,
) -> DataQuality:
    """Examine a data set.

    Parameters
    ----------
    dataset : Dataset
    features : mapping of str to Rows (N, D)
        What the classifier sees of the examples of each split.
    classifier : LinearClassifier
        The settings for the out-of-fold fits that contradict labels.
    n_folds : int, default 3
    seed : int, default 0
    progress : callable, optional
        Called as ``progress(what, done, total)``.
    """
    report = progress or no_progress
    splits = _splits(dataset)
    report("Counting and measuring", 0, 0)
    statistics = measure_statistics(splits, dataset.classes)
    report("Looking for copies", 0, 0)
    duplicates = find_near_duplicates(splits, dataset.classes)
    report("Scoring training examples out of fold", 0, 0)
    scored = score_out_of_fold(
        classifier,
        features["train"],
        dataset.train.y,
        n_folds=n_folds,
        groups=duplicates.groups["train"] if duplicates.pairs else None,
        seed=seed,
    )
    labels = find_label_errors(scored, dataset.train, dataset.classes)
    report("Looking for outliers", 0, 0)
    images = len(dataset.example_shape) == 3
    views = {
        name: image_views(split.rows) if images else {"features": features[name]} for name, split in splits.items()
    }
    outliers = find_outliers(views, splits, dataset.classes, seed=seed)
    return DataQuality(statistics, duplicates, labels, outliers, dataset.rejected, scored)


def _splits(dataset: Dataset) -> dict[str, Split]:
    named = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test}
    return {name: split for name, split in named.items() if split is not None}
