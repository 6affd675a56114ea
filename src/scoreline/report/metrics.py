"""How good the predictions are: counts, rates, intervals and calibration.

Everything here takes plain arrays. Labels are indices ``0 ... C - 1``; scores and probabilities have one column a
class, or a single column for two classes, positive for class 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.report.calibration import Calibration, calibration
from scoreline.report.confused import confusion_counts, most_confused, worst_classes
from scoreline.report.intervals import wilson_interval, wilson_intervals
from scoreline.report.row_facts import RowFacts

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "ClassRow",
    "Evaluation",
    "accuracy",
    "class_rows",
    "evaluate",
    "evaluate_rows",
]

#: The k for which `evaluate` gives the top-k accuracy, where there are more than k classes.
TOP_K = (3, 5)
#: Classes up to which JSON holds the whole confusion matrix and every class's rates; beyond, the worst of them.
MOST_CLASSES, MOST_PAIRS = 100, 100


@dataclass(frozen=True)
class ClassRow:
    """One class's rates; a rate with nothing to count (0/0) is NaN.

    Parameters
    ----------
    name : str
        The class.
    precision : float
        Share of the examples predicted as this class that are of this class.
    recall : float
        Share of this class's examples that were predicted as such.
    f1 : float
        Harmonic mean of precision and recall.
    support : int
        Number of this class's examples.
    precision_interval, recall_interval : tuple of two floats
        Their 95 % intervals of Wilson (1927).
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    precision_interval: tuple[float, float]
    recall_interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The quality of the predictions on one split.

    Parameters
    ----------
    split : str
        Which examples were evaluated: ``"test"``, ``"validation"``, ...
    n : int
        How many they were.
    accuracy : float
        Share of right predictions.
    standard_error : float
        ``sqrt(a (1 - a) / n)``.
    interval : tuple of two floats
        The 95 % interval of Wilson (1927) for the accuracy.
    majority : float
        The accuracy of the majority-class baseline.
    counts : sparse array (C, C) of int64
        Counts; rows are true classes, columns predicted ones. Only the non-zero ones are stored: a dense
        matrix of 20,000 classes would take 3.2 GB.
    per_class : tuple of C ClassRow
        Precision, recall, F1 and support.
    top_k : mapping of int to float
        Share of the examples whose true class is among the k highest scores.
    calibration : Calibration or None
        None where the classifier has no probabilities.
    balanced_accuracy : float
        Mean recall of the classes that have examples: the accuracy if all classes were equally frequent.
    """

    split: str
    n: int
    accuracy: float
    standard_error: float
    interval: tuple[float, float]
    majority: float
    counts: csr_array
    per_class: tuple[ClassRow, ...]
    top_k: Mapping[int, float]
    calibration: Calibration | None
    balanced_accuracy: float

    @property
    def confusion(self) -> Labels:
        """The counts as a new dense matrix ``(C, C)``, int64."""
        return np.asarray(self.counts.toarray())

    def most_confused(self, most: int = MOST_PAIRS) -> list[tuple[int, int, int]]:
        """Return true class, predicted class and count of the commonest mistakes, the commonest first."""
        return most_confused(self.counts, most)

    def worst_classes(self, most: int = MOST_CLASSES) -> list[int]:
        """Return the classes with the most mistakes, in class order: their own, and those predicted as them."""
        return worst_classes(self.counts, most)

    def to_json(self) -> dict[str, Any]:
        """Return the evaluation as plain JSON values; NaN becomes None, as JSON has no NaN.

        Of more than 100 classes ``confusion`` is None, and ``per_class`` holds those with the most mistakes.
        """
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del values["counts"]
        names = [row.name for row in self.per_class]
        values["n_classes"] = len(names)
        values["confusion"] = self.confusion.tolist() if len(names) <= MOST_CLASSES else None
        values["most_confused"] = [
            {"true": names[true], "predicted": names[predicted], "n": count}
            for true, predicted, count in self.most_confused()
        ]
        values["interval"] = list(self.interval)
        values["per_class"] = [asdict(self.per_class[k]) for k in self.worst_classes()]
        values["top_k"] = {str(k): share for k, share in self.top_k.items()}
        values["calibration"] = None if self.calibration is None else asdict(self.calibration)
        return _without_nan(values)


def evaluate(
    y: Array,
    scores: Array,
    classes: Sequence[str],
    *,
    split: str,
    probabilities: Array | None = None,
) -> Evaluation:
    """Evaluate scores against labels.

    Parameters
    ----------
    y : array (N,) of integers
        True labels.
    scores : array (N, C), (N, 1) or (N,) of floats
        One score a class; for two classes one score may do, positive for class 1.
    classes : sequence of C str
        Class names.
    split : str
        Which examples these are, for the reader.
    probabilities : array (N, C) of floats, optional
        Class probabilities, where the classifier has them.

    Raises
    ------
    DataError
        There is no example, a score is NaN, or the shapes or labels do not fit.
    """
    return evaluate_rows(RowFacts.of(y, scores, len(classes), probabilities), classes, split=split)


def evaluate_rows(facts: RowFacts, classes: Sequence[str], *, split: str) -> Evaluation:
    """Evaluate examples from their summaries; see `evaluate`."""
    y, predicted, n = facts.y, facts.predicted, len(facts.y)
    right = int(np.count_nonzero(predicted == y))
    share = right / n
    per_class = class_rows(y, predicted, classes)
    return Evaluation(
        split=split,
        n=n,
        accuracy=share,
        standard_error=math.sqrt(share * (1 - share) / n),
        interval=wilson_interval(right, n),
        majority=float(np.bincount(y).max() / n),
        counts=confusion_counts(y, predicted, len(classes)),
        per_class=per_class,
        top_k={k: float(np.mean(facts.rank < k)) for k in TOP_K if k < len(classes)},
        calibration=None if facts.confidence is None else calibration(facts),
        balanced_accuracy=float(np.mean([row.recall for row in per_class if row.support])),
    )


def accuracy(y: Array, predicted: Array) -> float:
    """Return the share of right predictions."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(y, predicted))


def class_rows(y: Array, predicted: Array, classes: Sequence[str]) -> tuple[ClassRow, ...]:
    """Return precision, recall, F1 and support of each class, in the order of `classes`."""
    from sklearn.metrics import precision_recall_fscore_support

    n = len(classes)
    columns = precision_recall_fscore_support(
        y, predicted, labels=np.arange(n), average=None, zero_division=np.nan
    )
    right = np.bincount(y[y == predicted], minlength=n)
    intervals = (wilson_intervals(right, np.bincount(labels, minlength=n)) for labels in (predicted, y))
    rows = zip(classes, *(column.tolist() for column in columns), *map(_pairs, intervals), strict=True)
    return tuple(ClassRow(*row) for row in rows)


def _pairs(intervals: FloatArray) -> list[tuple[float, float]]:
    return [(low, high) for low, high in intervals.tolist()]


def _without_nan(value: Any) -> Any:
    """Return nested dictionaries, lists and numbers with every NaN replaced by None."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
