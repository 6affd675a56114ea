"""The prediction for one image: classes with scores and probabilities, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray, Labels

__all__ = ["Guess", "Prediction", "certainties", "class_scores", "leads", "margins", "ranked"]


@dataclass(frozen=True)
class Guess:
    """A class with its score and probability; the latter is None where the model has none."""

    label: str
    score: float
    probability: float | None


@dataclass(frozen=True)
class Prediction:
    """The best guesses for one image, or the reason why there are none."""

    #: The path of the image, printable, or ``image 3`` by its place (from 0) among those that were given.
    name: str
    guesses: tuple[Guess, ...]
    problem: str = ""
    #: In what the image is unlike those that the model was trained on, so that guesses mean little; else empty.
    remark: str = ""
    #: Why the guesses have no probabilities; empty where they have.
    no_probability: str = ""
    #: What scores were divided by before the softmax, where the loss has no probabilities of its own.
    temperature: float | None = None

    @property
    def label(self) -> str | None:
        """The best guess; None where there is none."""
        return self.guesses[0].label if self.guesses else None


def class_scores(scores: FloatArray) -> FloatArray:
    """Return one score a class ``(n, C)``: the single score of two classes is positive for the second."""
    return np.concatenate([-scores, scores], axis=1) / 2 if scores.shape[1] == 1 else scores


def leads(by_class: FloatArray) -> FloatArray:
    """Return the lead of the best score over the second, ``(n,)``, of one score a class ``(n, C)``."""
    top = np.sort(by_class, axis=1)
    return np.asarray(top[:, -1] - top[:, -2])


def certainties(by_class: FloatArray, probabilities: FloatArray | None) -> FloatArray:
    """Return how sure a model is of each prediction, ``(n,)``: its probability, its lead where there is none."""
    return leads(by_class) if probabilities is None else np.asarray(probabilities.max(axis=1))


def margins(by_class: FloatArray, y: Labels) -> FloatArray:
    """Return the score of the true class `y` minus the best other one, ``(n,)``: below 0 where that is better."""
    own = np.take_along_axis(by_class, y[:, None], axis=1)[:, 0]
    others = by_class.copy()
    np.put_along_axis(others, y[:, None], -np.inf, axis=1)
    return np.asarray(own - others.max(axis=1))


def ranked(by_class: FloatArray, k: int) -> Array:
    """Return the labels of the `k` best scores of each row ``(n, k)``, the best first; of equal ones the first."""
    return np.argsort(-by_class, axis=1, kind="stable")[:, :k]
