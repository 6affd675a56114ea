"""How accuracy grows with the number of training examples, and what more of them would bring."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from scoreline._typing import FloatArray, Labels
from scoreline.data import Progress
from scoreline.data.options import no_progress
from scoreline.errors import UsageError
from scoreline.estimators import LinearClassifier
from scoreline.estimators.brief_fit import fit_briefly, widened
from scoreline.estimators.validation import TrainingData, validate_training_data
from scoreline.estimators.warm_start import WarmStart
from scoreline.models.prediction import class_scores
from scoreline.report.intervals import wilson_interval
from scoreline.rows import Rows, SubsetRows

__all__ = ["Forecast", "LearningCurve", "LearningPoint", "measure_learning_curve", "nested_order"]

SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)
#: Points that a forecast follows from, the last ones.
LAST = 3
#: Gain below which more examples bring next to nothing.
NEXT_TO_NOTHING = 0.005


class LearningPoint(NamedTuple):
    """The accuracy of a classifier that was trained on a part of the examples."""

    share: float
    n_train: int
    n_right: int
    accuracy: float
    #: The 95 % interval of Wilson (1927).
    interval: tuple[float, float]


class Forecast(NamedTuple):
    """The accuracy to expect of twice the examples, if it goes on growing with the logarithm of their number."""

    n_train: int
    accuracy: float
    #: By how much it is higher, and between what and what the last doublings and their random errors let it be.
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """Accuracy by the number of training examples.

    Parameters
    ----------
    split : str
        On which examples it was evaluated.
    n : int
        How many they are.
    points : tuple of LearningPoint
        The fewest examples first; each point's are among those of the next.
    forecast : Forecast or None
        None where fewer than two points are there to go by.
    """

    split: str
    n: int
    points: tuple[LearningPoint, ...]
    forecast: Forecast | None

    #: The columns of `rows`.
    COLUMNS = ("share", "n_train", "accuracy", "low", "high", "n_right", "n")

    def statement(self) -> str:
        """Say what twice the data would bring, and how sure that is."""
        if self.forecast is None:
            return "Too few training examples to tell what more of them would bring."
        forecast = self.forecast
        if forecast.high < NEXT_TO_NOTHING:
            return (
                "More data of the same kind would bring next to nothing: twice as many training examples are "
                f"expected to change the accuracy by {100 * forecast.gain:+.1f} points. "
                "Other features may bring more."
            )
        return (
            f"With twice as many training examples ({forecast.n_train:,}) an accuracy of about "
            f"{forecast.accuracy:.3f} is to be expected, {100 * forecast.gain:+.1f} points (between "
            f"{100 * forecast.low:+.1f} and {100 * forecast.high:+.1f}), if it goes on growing as over the last "
            "doublings."
        )

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for every point."""
        for point in self.points:
            shares = (f"{share:.6g}" for share in (point.accuracy, *point.interval))
            yield f"{point.share:g}", point.n_train, *shares, point.n_right, self.n

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            **asdict(self),
            "points": [point._asdict() for point in self.points],
            "forecast": None if self.forecast is None else self.forecast._asdict(),
            "statement": self.statement(),
        }


def measure_learning_curve(
    classifier: LinearClassifier,
    train: tuple[Rows, Labels],
    held_out: tuple[Rows, Labels],
    *,
    split: str,
    shares: Sequence[float] = SHARES,
    seed: int = 0,
    progress: Progress | None = None,
) -> LearningCurve:
    """Train on growing parts of the examples, each with the last one's among its own.

    Exact fits hand moments and weights on from one part to the next: all together take about twice as long as the
    last. `lam` stays what it is, which suits all examples and is a little weak for few.

    Parameters
    ----------
    classifier : LinearClassifier
        The settings, which stay as they are.
    train : (Rows (N, D), labels (N,))
    held_out : (Rows (M, D), labels (M,))
        Examples to evaluate on, with labels numbered alike.
    split : str
        Their name: ``"validation"`` or ``"test"``.
    shares : sequence of float
        Increasing, above 0 and at most 1. Parts without two classes are left out.
    seed : int, default 0
        What the parts are drawn by; they have the classes' shares.
    progress : callable, optional
        Called as ``progress(what, done, total)``.

    Raises
    ------
    UsageError
        The shares are no increasing numbers above 0, up to 1.
    """
    if not len(shares) or shares[0] <= 0 or shares[-1] > 1 or not np.all(np.diff(shares) > 0):
        raise UsageError(
            f"A learning curve was asked for over the shares {tuple(shares)}",
            allowed="increasing numbers above 0, up to 1",
            fix="write 0.125, 0.25, 0.5, 1",
        )
    rows, y = widened(train[0]), train[1]
    test_rows, test_y = held_out
    order, n_classes = nested_order(y, seed), int(max(y.max(), test_y.max())) + 1
    points, right = [], []
    start: tuple[Labels, WarmStart | None] | None = None
    for done, share in enumerate(shares):
        (progress or no_progress)("Training on parts of the data", done, len(shares))
        part = order[: max(1, round(share * len(order)))]
        present = np.unique(y[part])
        if len(present) < 2:
            continue
        # What fewer examples have left is of no use where these have more classes.
        before = start[1] if start is not None and np.array_equal(start[0], present) else None
        fit = fit_briefly(classifier, _data(classifier, rows, y, part), before)
        start = present, fit.warm_start
        scores = np.full((len(test_y), n_classes), -np.inf, np.float32)
        scores[:, present] = class_scores(fit.scores(test_rows))
        right.append(scores.argmax(axis=1) == test_y)
        count = int(right[-1].sum())
        interval = wilson_interval(count, len(test_y))
        points.append(LearningPoint(float(share), len(part), count, count / len(test_y), interval))
    return LearningCurve(split, len(test_y), tuple(points), _forecast(points, right))


def nested_order(y: Labels, seed: int) -> Labels:
    """Return an order of which every beginning has about the classes' shares, else at random."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(y))
    labels = y[shuffled]
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    first = np.cumsum(counts) - counts
    place = np.empty(len(y))
    # The j-th of the n examples of a class comes after (j + 1/2) / n of all, or a little before or after that.
    place[order] = (np.arange(len(y)) - first[labels[order]] + rng.random(len(y))) / counts[labels[order]]
    return np.asarray(shuffled[np.argsort(place, kind="stable")])


def _data(classifier: LinearClassifier, rows: Rows, y: Labels, part: Labels) -> TrainingData:
    return validate_training_data(clone(classifier), SubsetRows(rows, part), y[part], None)


def _forecast(points: Sequence[LearningPoint], right: Sequence[FloatArray]) -> Forecast | None:
    """Go on along a line over the logarithm of the number of examples."""
    if len(points) < 2:
        return None
    last = points[-LAST:]
    doublings = np.log2([point.n_train for point in last])
    accuracies = np.array([point.accuracy for point in last])
    gain = float(np.polyfit(doublings, accuracies, 1)[0])
    steps = np.diff(accuracies) / np.diff(doublings)
    # The examples that one classifier has right and the other wrong make the random error of the difference; over
    # two doublings half of its variance.
    error = math.sqrt(np.count_nonzero(right[-1] != right[-2]) / 2) / len(right[-1])
    low, high = float(min(gain, *steps) - 1.96 * error), float(max(gain, *steps) + 1.96 * error)
    latest = points[-1]
    return Forecast(2 * latest.n_train, min(latest.accuracy + gain, 1.0), gain, low, high)
