"""What was found out about a run beyond its scores; each part is there once it was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoreline.report.calibration import TemperatureScaling
from scoreline.report.data_quality.examination import CsvTable
from scoreline.report.data_quality.label_errors import LabelErrors, LabelSuspicion
from scoreline.report.data_quality.near_duplicates import DuplicatePair, NearDuplicates
from scoreline.report.data_quality.outliers import Outlier, Outliers
from scoreline.report.data_quality.statistics import DataStatistics, PlainImage
from scoreline.report.learning_curve import LearningCurve
from scoreline.report.robustness.measurement import Robustness

__all__ = ["Analyses"]

#: Examples of a kind that a page shows.
SHOWN = 24


@dataclass(frozen=True, eq=False)
class Analyses:
    """Parts of the report that take their time; None where something was not measured.

    Parameters
    ----------
    temperature : TemperatureScaling, optional
    robustness : Robustness, optional
    learning_curve : LearningCurve, optional
    statistics : DataStatistics, optional
    near_duplicates : NearDuplicates, optional
    label_errors : LabelErrors, optional
    outliers : Outliers, optional
    """

    temperature: TemperatureScaling | None = None
    robustness: Robustness | None = None
    learning_curve: LearningCurve | None = None
    statistics: DataStatistics | None = None
    near_duplicates: NearDuplicates | None = None
    label_errors: LabelErrors | None = None
    outliers: Outliers | None = None

    @property
    def pairs(self) -> Sequence[DuplicatePair]:
        """The pairs of near-duplicates to show."""
        return () if self.near_duplicates is None else self.near_duplicates.pairs[:SHOWN]

    @property
    def suspected(self) -> Sequence[LabelSuspicion]:
        """The labels to show that are probably wrong."""
        ranked = () if self.label_errors is None else self.label_errors.ranked
        return [item for item in ranked if item.suspected][:SHOWN]

    @property
    def outlying(self) -> Sequence[Outlier]:
        """The outliers to show."""
        ranked = () if self.outliers is None else self.outliers.ranked
        return [item for item in ranked if item.outlying][:SHOWN]

    @property
    def plain(self) -> Sequence[PlainImage]:
        """The images to show that show next to nothing."""
        return () if self.statistics is None else self.statistics.plain[:SHOWN]

    def pictured(self) -> set[tuple[str, str]]:
        """Return split and id of all examples to show."""
        places = {(pair.split, pair.id) for pair in self.pairs}
        places |= {(pair.other_split, pair.other_id) for pair in self.pairs}
        for items in (self.suspected, self.outlying, self.plain):
            places |= {(item.split, item.id) for item in items}
        return places

    def tables(self) -> Iterator[CsvTable]:
        """Yield all that was found as tables, each with the name of its file."""
        for name, found in {
            "robustness.csv": self.robustness,
            "learning-curve.csv": self.learning_curve,
            "class-statistics.csv": self.statistics,
            "near-duplicates.csv": self.near_duplicates,
            "label-errors.csv": self.label_errors,
            "outliers.csv": self.outliers,
        }.items():
            if found is not None:
                yield CsvTable(name, found.COLUMNS, found.rows())
        if self.statistics is not None:
            yield CsvTable("plain-images.csv", DataStatistics.PLAIN_COLUMNS, self.statistics.plain_rows())

    def missing(self, *, images: bool) -> list[str]:
        """Return what was not measured, in words; robustness is of images alone."""
        parts = {
            "the accuracy on changed images": self.robustness is None and images,
            "near-duplicates across splits": self.near_duplicates is None,
            "labels that may be wrong": self.label_errors is None,
            "outliers": self.outliers is None,
        }
        return [name for name, absent in parts.items() if absent]
