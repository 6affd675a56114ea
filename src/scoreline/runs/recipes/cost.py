"""What a recipe costs: seconds and memory, predicted from the sizes of data and corrected by measurements."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from scoreline.data import Dataset
from scoreline.engine.exact.constants import EIGEN_COST
from scoreline.engine.exact.moments import bytes_of_factors

__all__ = ["Calibration", "Cost", "Work", "bytes_of_folds", "fit_seconds", "peak_bytes"]

#: Cores of the machine that the constants below and those of the ladder are for, an Intel Xeon. Those of fits
#: and memory follow from ``python -m benchmarks frontier`` on a model 167. `REPORT` and recipes of 320 words and
#: more in cells without borders follow from runs on all of CIFAR-10 on a model 207, where fits took 0.87 to 1.07
#: of what is said here. `RESIZING`, what the ladder says of 100 words, of grey images and of larger ones are the
#: processor seconds of one thread (32 and 160 pixels a side), relative to those of 320 words in the same process.
CORES = 2
#: Choice of lam and last fit of the squared error, in seconds for a row times the square of the columns (moments),
#: for the cube of the columns (factors, of which a choice needs about ten), and for a row, a column and a class
#: (passes); and of any fit, however small.
MOMENTS, FACTORS, PASSES, LEAST_FIT = 8.1e-12, 1.33e-11, 3.0e-9, 0.15
#: How many times as long other losses take, whose curvature changes on the way.
ITERATIONS = {"squared-error": 1.0, "one-vs-all:squared": 1.5, "softmax": 1.6}
OTHER_LOSS = 3.0
#: Share of `fit_seconds` that is left behind the choice of lam, for the last fit.
LAST_FIT = 0.3
#: Seconds from the fitted classifier to the written report, and for each million numbers in the rows evaluated.
REPORT, EVALUATION = 3.5, 0.004
#: Nanoseconds to reduce an image, for each of its pixels.
RESIZING = 8.0
#: Images, at the most, that components are learned from; their features are extracted for that.
LEARNED_FROM = 5_000
#: Copies of the rows in float32, and of their moments, that a fit holds at its peak.
ROW_COPIES, MOMENT_COPIES = 2.0, 2.3


class Work(NamedTuple):
    """The sizes of data that costs depend on."""

    n_train: int
    n_validation: int
    n_test: int
    #: Pixels of an image, or columns of a vector.
    pixels: int
    n_classes: int

    @classmethod
    def of(cls, dataset: Dataset) -> Work:
        """Return the sizes of a data set."""
        splits = (dataset.train, dataset.validation, dataset.test)
        shape = dataset.example_shape
        pixels = int(np.prod(shape[:2])) if len(shape) == 3 else int(np.prod(shape))
        n_train, n_validation, n_test = (0 if split is None else len(split) for split in splits)
        return cls(n_train, n_validation, n_test, pixels, len(dataset.classes))

    @property
    def n_all(self) -> int:
        """Examples of all splits."""
        return self.n_train + self.n_validation + self.n_test


class Cost(NamedTuple):
    """Seconds and memory of a recipe on some data."""

    #: Seconds to learn words and components, to extract the features of all rows, and to choose `lam` and fit.
    learn: float
    features: float
    fit: float
    #: Seconds from the choice of `lam` until the report is written.
    finish: float
    #: Peak memory beside the program and its data.
    n_bytes: int

    @property
    def seconds(self) -> float:
        """Seconds to train, the choice of `lam` included."""
        return self.learn + self.features + self.fit


def fit_seconds(n_rows: int, width: int, n_classes: int, loss: str) -> float:
    """Return the predicted seconds of choosing `lam` and of the last fit, on the machine of the constants."""
    seconds = min(_primal_seconds(n_rows, width), _dual_seconds(n_rows, width))
    seconds += PASSES * float(n_rows) * width * n_classes
    return LEAST_FIT + ITERATIONS.get(loss, OTHER_LOSS) * seconds


def _primal_seconds(n_rows: int, width: int) -> float:
    return MOMENTS * n_rows * float(width) ** 2 + FACTORS * float(width) ** 3


def _dual_seconds(n_rows: int, width: int) -> float:
    """Return the seconds of second moments in the form of the rows, which is taken where these are few."""
    return MOMENTS * (float(n_rows) ** 2 * width + EIGEN_COST * float(n_rows) ** 3)


def _is_dual(n_rows: int, width: int) -> bool:
    return _dual_seconds(n_rows, width) < _primal_seconds(n_rows, width)


def peak_bytes(n_in_memory: int, n_rows: int, width: int) -> int:
    """Return the predicted peak memory of training on so many rows, beside the program and its data.

    Parameters
    ----------
    n_in_memory : int
        Rows whose features are kept in memory, those of other splits among them.
    n_rows : int
        Rows to train on.
    width : int
        Their length.
    """
    moments = 4 * MOMENT_COPIES * float(width) ** 2
    if _is_dual(n_rows, width):
        moments = float(bytes_of_factors(n_rows, width, np.dtype(np.float32)))
    return int(4 * ROW_COPIES * n_in_memory * width + moments)


def bytes_of_folds(n_rows: int, width: int, n_folds: int) -> int:
    """Return the predicted memory of fits in folds, beside that of one fit: each has its own rows and moments."""
    n = n_rows * (n_folds - 1) // n_folds
    moments = n * (n + width) if _is_dual(n, width) else width**2
    return 4 * n_folds * (n * width + moments)


@dataclass
class Calibration:
    """How much slower this machine is than that of the constants, now: measured over predicted seconds.

    Each kind of work begins as `cores` suggest, which counts like `PRIOR` seconds of measurements. Short work does
    not tell how fast the machine is, for what is loaded at first takes as long, and so do small products: what
    short fits take beyond what is predicted, any fit takes.
    """

    #: Predicted and measured seconds so far, by kind.
    predicted: dict[str, float]
    measured: dict[str, float]
    #: Seconds that each short fit took beyond what was predicted.
    excesses: list[float] = field(default_factory=list)

    #: Predicted seconds that the guess before any measurement counts for, and below which work is short.
    PRIOR: ClassVar[float] = 0.5
    SHORT: ClassVar[dict[str, float]] = {"learn": 0.5, "features": 0.5, "fit": 1.0}

    @classmethod
    def of_machine(cls, load: float, cores: int) -> Calibration:
        """Return the guess that the number of cores, and what else they do, allow."""
        slower = load * CORES / max(1, cores)
        kinds = ("learn", "features", "fit")
        return cls(dict.fromkeys(kinds, cls.PRIOR), dict.fromkeys(kinds, cls.PRIOR * slower))

    def learn_from(self, kind: str, predicted: float, measured: float) -> None:
        """Take over what a piece of work was predicted to take, and took."""
        if predicted >= self.SHORT[kind]:
            self.predicted[kind] += predicted
            self.measured[kind] += measured
        elif kind == "fit":
            self.excesses.append(max(0.0, measured - predicted))

    def factor(self, kind: str) -> float:
        """Return how many times as long as predicted this kind of work takes here, or else features do."""
        known = kind if self.predicted[kind] > self.PRIOR else "features"
        return self.measured[known] / self.predicted[known]

    @property
    def excess(self) -> float:
        """Seconds that a choice of lam takes besides."""
        return sum(self.excesses) / max(1, len(self.excesses))
