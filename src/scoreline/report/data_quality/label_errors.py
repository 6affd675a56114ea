"""Labels that may be wrong: those that classifiers trained on other examples contradict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import FloatArray
from scoreline.data import Split
from scoreline.report.calibration import fit_temperature
from scoreline.report.data_quality.label_noise import estimate_label_noise
from scoreline.report.data_quality.out_of_fold import OutOfFold

__all__ = ["LabelErrors", "LabelSuspicion", "find_label_errors"]

#: An example is suspected where another class is as probable as it commonly is for its own examples, and its label
#: is less probable than to be there by mistake, if so many of all labels were drawn at random, or wrong with this
#: probability by the share that seems to be wrong. The first finds single ones, the second what many hide.
WRONG_AT_RANDOM, WRONG = 0.05, 0.7


class LabelSuspicion(NamedTuple):
    """An example whose label is contradicted."""

    split: str
    id: str
    label: str
    #: The class that is the most probable.
    suggested: str
    #: Probability of the label, and of the suggested class, by classifiers that were trained on other examples.
    confidence: float
    suggested_confidence: float
    #: Whether so little is said for the label, and so much for the other class, that it is probably wrong.
    suspected: bool


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Labels that are contradicted, the least probable first.

    Parameters
    ----------
    ranked : tuple of LabelSuspicion
        A part of them where they are many.
    n_contradicted, n_suspected, n_scored : int
        How many labels are not the most probable class, how many of these are suspected, and of how many.
    accuracy : float
        Share of the labels that are the most probable class.
    temperature : float
        By which scores were divided to become probabilities; see `scoreline.report.calibration`.
    """

    ranked: tuple[LabelSuspicion, ...]
    n_contradicted: int
    n_suspected: int
    n_scored: int
    accuracy: float
    temperature: float

    #: The columns of `rows`.
    COLUMNS = LabelSuspicion._fields

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for every ranked label."""
        for *named, confidence, suggested, suspected in self.ranked:
            yield *named, f"{confidence:.6g}", f"{suggested:.6g}", int(suspected)


def find_label_errors(
    found: OutOfFold, examples: Split, classes: Sequence[str], *, split: str = "train", most: int = 1000
) -> LabelErrors:
    """Rank labels by how little out-of-fold scores say for them.

    Parameters
    ----------
    found : OutOfFold
        Of the examples.
    examples : Split
    classes : sequence of str
        Names of the classes.
    split : str, default "train"
        Name of the split.
    most : int, default 1000
        Labels that are listed at the most.

    References
    ----------
    Northcutt, Jiang & Chuang (2021), Confident learning: estimating uncertainty in dataset labels, JAIR 70.
    """
    judged = np.flatnonzero(found.scored)
    y = examples.y[judged]
    if not len(judged):
        return LabelErrors((), 0, 0, 0, float("nan"), 1.0)
    temperature = fit_temperature(found.scores[judged], y)
    own, best, best_own = _confidences(found.scores[judged], y, temperature)
    usual = _usual(own, y, len(classes))
    contradicted = best != y
    wrong = estimate_label_noise(found.scores[judged], y, temperature).wrong(found.scores[judged], y)
    improbable = (own < WRONG_AT_RANDOM / (len(classes) - 1)) | (wrong > WRONG)
    suspected = contradicted & improbable & (best_own >= usual[best])
    order = np.flatnonzero(contradicted)
    order = order[np.argsort(own[order], kind="stable")][:most]
    ranked = tuple(
        LabelSuspicion(
            split,
            examples.ids[int(judged[i])],
            classes[y[i]],
            classes[best[i]],
            float(own[i]),
            float(best_own[i]),
            bool(suspected[i]),
        )
        for i in order
    )
    return LabelErrors(
        ranked,
        int(contradicted.sum()),
        int(suspected.sum()),
        len(judged),
        float(1 - contradicted.mean()),
        temperature,
    )


def _confidences(scores: FloatArray, y: Any, temperature: float, step: int = 4096) -> tuple[Any, Any, Any]:
    """Return the probability of each label, the most probable class, and the probability of that."""
    from scipy.special import softmax

    own, best, best_own = [], [], []
    for first in range(0, len(y), step):
        block = slice(first, first + step)
        probabilities = softmax(scores[block].astype(np.float64) / temperature, axis=1)
        own.append(np.take_along_axis(probabilities, y[block, None], axis=1)[:, 0])
        best.append(probabilities.argmax(axis=1))
        best_own.append(probabilities.max(axis=1))
    return np.concatenate(own), np.concatenate(best), np.concatenate(best_own)


def _usual(own: FloatArray, y: Any, n_classes: int) -> FloatArray:
    """Return the mean probability of its label over each class's examples; 1 for classes without any."""
    count = np.bincount(y, minlength=n_classes)
    return np.where(count > 0, np.bincount(y, own, n_classes) / np.maximum(count, 1), 1.0)
