"""The strength of the penalty that the validation split speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Labels
from scoreline.data import MemorySource
from scoreline.engine.stopping import Listener
from scoreline.engine.sweep import Outcome
from scoreline.errors import DataError
from scoreline.estimators.grid import grid_points, sweep_grid
from scoreline.estimators.validation import encode_labels, validate_training_data
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import Prepared, build_classifier

__all__ = ["LamChoice", "choose_lam", "with_lam"]

#: Strengths that are tried, from the strongest down, and how close to its optimum each is brought.
TRIED, ROUGHLY = np.geomspace(10, 1e-7, 17), 1e-2
#: Strengths in a row that are no better, after which weaker ones are not tried.
PATIENCE = 2
#: Standard errors by which an accuracy must pass another to be better.
MARGIN = 0.5


@dataclass(frozen=True)
class LamChoice:
    """A strength, and what led to it."""

    lam: float
    #: Validation accuracy by strength, of all that were tried.
    accuracy: dict[float, float]

    @property
    def validation_accuracy(self) -> float:
        """That of the strength chosen, of a classifier trained on the training split alone."""
        return self.accuracy[self.lam]


def choose_lam(config: RunConfig, prepared: Prepared, listeners: Sequence[Listener] = ()) -> LamChoice:
    """Return the strongest penalty whose classifier is as good as the best on the validation split.

    Half powers of ten are tried from 10 down, each roughly (`tol` at least 0.01), until two in a row are not
    better than the best so far by half a standard error of it; exact solvers go along one path. Of those within
    half a standard error of the best, the strongest is chosen: weaker penalties cost more time, and what they gain
    within that error is chance.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
        The data and their features.
    listeners : sequence of callables
        Are shown the events of all fits.

    References
    ----------
    Breiman, Friedman, Olshen & Stone (1984), Classification and regression trees, section 3.4.3, for the rule
    (with one standard error, for the size of a tree).

    Raises
    ------
    DataError
        There is no validation split, or nothing on it can be judged.
    """
    if "validation" not in prepared.rows:
        raise DataError(
            f"{prepared.dataset.name} has no validation split to choose lam by",
            allowed="data that hold one out, or a share to hold out",
            fix="leave --validation at 0.1, or give lam as a number",
        )
    rough = config.model_copy(update={"lam": 1.0, "tol": max(config.tol, ROUGHLY)})
    classifier = build_classifier(rough, prepared)
    data = validate_training_data(classifier, prepared.rows["train"], prepared.labels("train"), None)
    labels = encode_labels(prepared.labels("validation"), data.classes)
    held_out = MemorySource(prepared.rows["validation"], labels, len(data.classes))
    patience = _Patience(labels)
    points = grid_points([config.solver], TRIED, None if config.lr is None else np.array([config.lr]))
    trials = sweep_grid(classifier, data, held_out, points, listeners=listeners, enough=patience)
    accuracy = {
        trial.point.lam: trial.outcome.validation_accuracy
        for trial in trials
        if np.isfinite(trial.outcome.validation_accuracy)
    }
    if not accuracy:
        raise DataError(
            "No strength of the penalty could be judged",
            allowed="data that a classifier can be trained on",
            fix="give lam as a number, and see what training says",
        )
    best = max(accuracy.values())
    enough = best - MARGIN * _standard_error(best, len(labels))
    return LamChoice(max(lam for lam, found in accuracy.items() if found >= enough), accuracy)


def with_lam(
    config: RunConfig, prepared: Prepared, listeners: Sequence[Listener] = ()
) -> tuple[RunConfig, LamChoice | None]:
    """Return settings whose `lam` is a number, and how it was chosen where ``"auto"`` asked for that."""
    if config.lam != "auto":
        return config, None
    choice = choose_lam(config, prepared, listeners)
    return config.model_copy(update={"lam": choice.lam}), choice


class _Patience:
    """Says that it is enough when the last few outcomes were no better than one before them.

    Saying the same class of everything, as under an L1 penalty that leaves no weight, is not better than nothing.
    """

    def __init__(self, labels: Labels) -> None:
        self.n_examples = len(labels)
        self.best, self.since = np.bincount(labels).max() / len(labels), 0
        self.found = False

    def __call__(self, outcome: Outcome) -> bool:
        accuracy = outcome.validation_accuracy
        if accuracy > self.best + MARGIN * _standard_error(self.best, self.n_examples):
            self.best, self.since, self.found = accuracy, 0, True
        else:
            self.since += self.found
        return self.since >= PATIENCE


def _standard_error(accuracy: float, n_examples: int) -> float:
    return float(np.sqrt(accuracy * (1 - accuracy) / n_examples))
