"""A classifier's accuracy on images that are changed, challenge by challenge and grade by grade."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from scoreline._typing import Array, Labels
from scoreline.data import Progress, Split
from scoreline.data.options import no_progress
from scoreline.errors import DataError
from scoreline.models import ImageClassifier
from scoreline.report.intervals import wilson_interval
from scoreline.report.robustness import CHALLENGES
from scoreline.report.robustness.base import Challenge

__all__ = ["ChallengeResult", "Grade", "Robustness", "measure_robustness"]

#: Images that are changed, at the most: their intervals are 6 points wide, and ten times as many take ten times
#: as long.
MOST_IMAGES = 1000
#: Images, and numbers in them, that are changed together: noise and places are drawn anew for each such block.
BLOCK_IMAGES, BLOCK_NUMBERS = 100, 1 << 24


@dataclass(frozen=True)
class Grade:
    """The accuracy at one grade of a challenge.

    Parameters
    ----------
    value : float
        The grade, in the challenge's measure.
    label : str
        The same for readers.
    n_right : int
        The number of images that were classified correctly.
    accuracy : float
        Their share.
    interval : tuple of two floats
        Its 95 % interval of Wilson (1927).
    """

    value: float
    label: str
    n_right: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True, eq=False)
class ChallengeResult:
    """The accuracy at every grade of a challenge.

    Parameters
    ----------
    name, kind, measure : str
        The challenge, which of the lecture's challenges it is one of, and what its grades are measured in.
    grades : tuple of five Grade
        The first is that of the images as they are.
    pictures : array (5, H, W, ch) of uint8
        One image at each grade.
    """

    name: str
    kind: str
    measure: str
    grades: tuple[Grade, ...]
    pictures: Array

    @property
    def loss(self) -> float:
        """By how much the mean accuracy of the changed images is lower than that of the images as they are."""
        first, *changed = (grade.accuracy for grade in self.grades)
        return first - sum(changed) / len(changed)


@dataclass(frozen=True, eq=False)
class Robustness:
    """A classifier's accuracy under graded changes of images.

    Parameters
    ----------
    n : int
        The number of images that were changed and classified.
    n_available : int
        The number of images that they were drawn from, evenly.
    seed : int
        What random places and noise follow from.
    accuracy : float
        On the images as they are.
    challenges : tuple of ChallengeResult
        In the order of `CHALLENGES`.
    """

    n: int
    n_available: int
    seed: int
    accuracy: float
    challenges: tuple[ChallengeResult, ...]

    #: The columns of `rows`.
    COLUMNS = ("challenge", "kind", "grade", "value", "measure", "accuracy", "low", "high", "right", "n")

    @property
    def sample(self) -> str:
        """Which images were changed, as a sentence."""
        if self.n == self.n_available:
            return f"All {self.n:,} images were changed."
        return f"{self.n:,} of {self.n_available:,} images, evenly drawn, were changed."

    def by_loss(self) -> list[ChallengeResult]:
        """Return the challenges, that which costs the most accuracy first."""
        return sorted(self.challenges, key=lambda result: -result.loss)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for every grade of every challenge; grade 0 is the images as they are."""
        for result in self.challenges:
            for number, grade in enumerate(result.grades):
                low, high = grade.interval
                shares = (f"{share:.6g}" for share in (grade.accuracy, low, high))
                yield (
                    result.name,
                    result.kind,
                    number,
                    grade.value,
                    result.measure,
                    *shares,
                    grade.n_right,
                    self.n,
                )

    def to_json(self) -> dict[str, Any]:
        """Return the accuracies as plain JSON values, without the pictures."""
        return {
            "n": self.n,
            "n_available": self.n_available,
            "seed": self.seed,
            "accuracy": self.accuracy,
            "challenges": [
                {
                    "name": result.name,
                    "kind": result.kind,
                    "measure": result.measure,
                    "loss": result.loss,
                    "grades": [asdict(grade) for grade in result.grades],
                }
                for result in self.challenges
            ],
        }


def measure_robustness(
    classifier: ImageClassifier,
    images: Split,
    *,
    challenges: Sequence[str] | None = None,
    most: int = MOST_IMAGES,
    seed: int = 0,
    progress: Progress | None = None,
) -> Robustness:
    """Measure a classifier's accuracy on images that are changed.

    Parameters
    ----------
    classifier : ImageClassifier
    images : Split
        Images ``(N, H, W, ch)`` of uint8 that have the classifier's size, and labels: indices into its classes.
    challenges : sequence of str, optional
        Names in `CHALLENGES`; by default all.
    most : int, default 1000
        Of more images so many are taken, evenly spaced, and so evenly from classes that lie one after the other.
    seed : int, default 0
        What random places and noise follow from; they do not depend on the classifier.
    progress : callable, optional
        Called as ``progress(what, done, total)``.

    Raises
    ------
    DataError
        There is no image, or the examples are no images of 8 bits.
    UnknownNameError
        There is no such challenge.
    """
    _check(images)
    named = {name: CHALLENGES.build(name) for name in (CHALLENGES if challenges is None else challenges)}
    sample = images
    if len(images) > most:
        sample = images.take(np.linspace(0, len(images) - 1, most).round().astype(np.int64))
    measured = _Measured(classifier, sample, seed)
    unchanged = measured.count_right(None, 0.0)
    results: list[ChallengeResult] = []
    for name, challenge in named.items():
        (progress or no_progress)("Changing images", len(results), len(named))
        right = [unchanged, *(measured.count_right(challenge, grade) for grade in challenge.grades[1:])]
        grades = tuple(
            Grade(value, challenge.label(value), count, count / len(sample), wilson_interval(count, len(sample)))
            for value, count in zip(challenge.grades, right, strict=True)
        )
        pictures = measured.pictures(challenge)
        results.append(ChallengeResult(name, challenge.kind, challenge.measure, grades, pictures))
    (progress or no_progress)("Changing images", len(results), len(named))
    return Robustness(len(sample), len(images), seed, unchanged / len(sample), tuple(results))


@dataclass(frozen=True, eq=False)
class _Measured:
    """Images, changed a block at a time, as a classifier sees them."""

    classifier: ImageClassifier
    sample: Split
    seed: int

    def count_right(self, challenge: Challenge | None, grade: float) -> int:
        """Return how many images are classified correctly at a grade; as they are where there is no challenge."""
        right = 0
        for number, block in enumerate(self._blocks()):
            images = self.sample.rows.read(block.start, min(block.stop, len(self.sample)))
            changed = images if challenge is None else challenge.apply(images, grade, self._rng(number))
            right += int(np.count_nonzero(self._predicted(changed) == self.sample.y[block]))
        return right

    def pictures(self, challenge: Challenge) -> Array:
        """Return the first image of the last block at each grade, among its neighbours: clutter is one of them."""
        *_, block = self._blocks()
        images = self.sample.rows.read(block.start, len(self.sample))
        number = block.start // max(block.stop - block.start, 1)
        changed = (challenge.apply(images, grade, self._rng(number))[0] for grade in challenge.grades[1:])
        return np.stack([images[0], *changed])

    def _blocks(self) -> Iterator[slice]:
        size = max(1, min(BLOCK_IMAGES, BLOCK_NUMBERS // math.prod(self.sample.rows.shape[1:])))
        for first in range(0, len(self.sample), size):
            yield slice(first, first + size)

    def _rng(self, block: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, block])

    def _predicted(self, images: Array) -> Labels:
        return np.asarray(self.classifier.scores_of_pixels(images).argmax(axis=1))


def _check(images: Split) -> None:
    shape, dtype = images.rows.shape, images.rows.dtype
    if len(shape) != 4 or shape[3] not in (1, 3) or dtype != np.uint8 or not len(images):
        raise DataError(
            f"{len(images):,} examples of shape {shape[1:]} and dtype {dtype} came to be changed like images",
            allowed="one image or more, (height, width, 1 or 3 channels) of uint8",
            fix="measure robustness of models that were trained on images, with images",
        )
