"""How good the predictions are: counts, rates, intervals and calibration.

Everything here takes plain arrays. Labels are indices ``0 ... C - 1``; scores and probabilities have one column a
class, or a single column for two classes, positive for class 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.errors import DataError
from scoreline.report.confused import confusion_counts, most_confused, worst_classes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "Calibration",
    "CalibrationBin",
    "ClassRow",
    "Evaluation",
    "RowFacts",
    "accuracy",
    "calibration",
    "class_rows",
    "evaluate",
    "evaluate_rows",
    "wilson_interval",
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
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class CalibrationBin:
    """The examples whose highest probability is in ``(low, high]``: mean confidence and accuracy."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How well the probabilities are calibrated.

    Parameters
    ----------
    log_loss : float
        Mean of ``-ln p_y``.
    expected_calibration_error : float
        Mean over the examples of ``|accuracy - confidence|`` of their bin.
    bins : tuple of CalibrationBin
        The reliability diagram's bins, empty ones included (with NaN for the rates).
    """

    log_loss: float
    expected_calibration_error: float
    bins: tuple[CalibrationBin, ...]


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
    calibration: Calibration | None = None

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


@dataclass(frozen=True, eq=False)
class RowFacts:
    """Summary of the scores of each example, of a size that does not grow with the number of classes.

    Parameters
    ----------
    y, predicted : arrays (N,) of int64
        True label, and label with the highest score.
    rank : array (N,) of int64
        Number of classes that score higher than the true one, or the same and come before it.
    confidence, likelihood : arrays (N,) of float64, or None
        Highest probability, and probability of the true class; None where there are no probabilities.
    """

    y: Labels
    predicted: Labels
    rank: Labels
    confidence: FloatArray | None
    likelihood: FloatArray | None

    @classmethod
    def of(cls, y: Array, scores: Array, n_classes: int, probabilities: Array | None = None) -> RowFacts:
        """Summarise scores ``(N, R)`` and probabilities ``(N, C)``; see `evaluate`."""
        y, columns = _checked(y, scores, n_classes)
        confidence = likelihood = None
        if probabilities is not None:
            confidence = probabilities.max(axis=1).astype(np.float64)
            # A probability of 0 would be an infinite loss; it is replaced by the smallest distinguishable one.
            least = np.finfo(probabilities.dtype).eps
            true = np.take_along_axis(probabilities, y[:, None], axis=1)[:, 0]
            likelihood = np.clip(true.astype(np.float64), least, 1)
        return cls(y, columns.argmax(axis=1), _ranks(y, columns), confidence, likelihood)

    @classmethod
    def joined(cls, parts: Sequence[RowFacts]) -> RowFacts:
        """Return the facts of one or more blocks of examples, one after the other."""

        def column(name: str) -> Any:
            pieces = [getattr(part, name) for part in parts]
            return None if pieces[0] is None else np.concatenate(pieces)

        return cls(*(column(field.name) for field in fields(cls)))


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
    return Evaluation(
        split=split,
        n=n,
        accuracy=share,
        standard_error=math.sqrt(share * (1 - share) / n),
        interval=wilson_interval(right, n),
        majority=float(np.bincount(y).max() / n),
        counts=confusion_counts(y, predicted, len(classes)),
        per_class=class_rows(y, predicted, classes),
        top_k={k: float(np.mean(facts.rank < k)) for k in TOP_K if k < len(classes)},
        calibration=None if facts.confidence is None else calibration(facts),
    )


def accuracy(y: Array, predicted: Array) -> float:
    """Return the share of right predictions."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(y, predicted))


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % score interval for a share of `right` in `n`.

    Unlike ``a ± 1.96 s.e.`` it stays inside [0, 1] and keeps its coverage for small `n` and extreme shares.

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    from scipy.stats import binomtest

    found = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def class_rows(y: Array, predicted: Array, classes: Sequence[str]) -> tuple[ClassRow, ...]:
    """Return precision, recall, F1 and support of each class, in the order of `classes`."""
    from sklearn.metrics import precision_recall_fscore_support

    columns = precision_recall_fscore_support(
        y, predicted, labels=np.arange(len(classes)), average=None, zero_division=np.nan
    )
    return tuple(
        ClassRow(name, float(precision), float(recall), float(f1), int(support))
        for name, precision, recall, f1, support in zip(classes, *columns, strict=True)
    )


def calibration(facts: RowFacts, n_bins: int = 15) -> Calibration:
    r"""Compare the confidence of the classifier with its accuracy.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{N} \, |\mathrm{acc}_b - \mathrm{conf}_b|

    over bins of equal width of the highest probability.

    Parameters
    ----------
    facts : RowFacts
        With probabilities.
    n_bins : int, default 15
        Number of bins.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks, arXiv:1706.04599.
    """
    confidence, likelihood = facts.confidence, facts.likelihood
    assert confidence is not None  # noqa: S101 - as the parameter says
    assert likelihood is not None  # noqa: S101
    right = facts.predicted == facts.y
    # Bins are (low, high]; a rounded 1 + 1e-7 still belongs to the last one.
    index = np.clip(np.ceil(confidence * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    count = np.bincount(index, minlength=n_bins)
    filled = np.maximum(count, 1)
    mean_confidence = np.bincount(index, confidence, n_bins) / filled
    mean_right = np.bincount(index, right, n_bins) / filled
    bins = tuple(
        CalibrationBin(
            low=b / n_bins,
            high=(b + 1) / n_bins,
            n=int(count[b]),
            confidence=float(mean_confidence[b]) if count[b] else math.nan,
            accuracy=float(mean_right[b]) if count[b] else math.nan,
        )
        for b in range(n_bins)
    )
    gap = np.abs(mean_right - mean_confidence)
    return Calibration(
        log_loss=float(-np.log(likelihood).mean()),
        expected_calibration_error=float(np.average(gap, weights=count)),
        bins=bins,
    )


def _ranks(y: Labels, scores: FloatArray) -> Labels:
    """Return how many classes rank before the true one, by scores ``(N, C)``.

    Equal scores count in the order of the classes, as ``argmax`` counts them, so that a rank of 0 is a right
    prediction; scikit-learn's top-k accuracy breaks ties the other way round.
    """
    true = np.take_along_axis(scores, y[:, None], axis=1)
    earlier = np.arange(scores.shape[1]) < y[:, None]
    ahead = (scores > true) | ((scores == true) & earlier)
    return ahead.sum(axis=1)


def _checked(y: Array, scores: Array, n_classes: int) -> tuple[Labels, FloatArray]:
    """Return labels and one column of scores a class, or raise DataError where they do not fit."""
    scores = np.asarray(scores)
    columns = scores[:, None] if scores.ndim == 1 else scores
    if columns.shape[1] == 1:
        columns = np.concatenate([-columns, columns], axis=1)
    y = np.asarray(y)
    if columns.shape != (len(y), n_classes) or not len(y):
        raise DataError(
            f"{len(y)} labels of {n_classes} classes came with scores of shape {scores.shape}",
            allowed="at least one example, with one score a class (or one score for two classes)",
            fix="pass the scores of exactly the examples whose labels you pass",
        )
    if y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= n_classes:
        raise DataError(
            f"Labels of dtype {y.dtype} run from {y.min()} to {y.max()}",
            allowed=f"integers 0 to {n_classes - 1}",
            fix="pass indices into the class names",
        )
    if np.isnan(columns).any():
        raise DataError(
            "Some scores are not a number",
            allowed="numbers",
            fix="train again with a lower learning rate; the weights have diverged",
        )
    return y.astype(np.int64, copy=False), columns


def _without_nan(value: Any) -> Any:
    """Return nested dictionaries, lists and numbers with every NaN replaced by None."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
