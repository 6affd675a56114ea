"""The strengths of the penalty that get an exact fit, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scoreline._typing import Labels
from scoreline.engine.exact.path import UNFINISHED
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params
from scoreline.estimators.exact_fits import ExactFits

__all__ = [
    "STRONGER",
    "TRIED",
    "follow",
    "search_exactly",
    "standard_error",
    "strongest_as_good",
    "strongest_is_best",
]

#: Strengths that may be tried, from the strongest down.
TRIED = np.geomspace(10, 1e-7, 17)
#: Those beyond, from the weakest up, for as long as the strongest so far is the best: few rows with many features
#: want them (20 images a class, as pixels, are best at 100), and elsewhere none of them is fitted.
STRONGER = np.geomspace(10, 1e3, 5)[1:]
#: Of them, those at which a first step is looked at, each of which costs a factor: full powers of ten, and the one
#: to begin with.
EVERY, MIDDLE = 2, 4
#: Standard errors by which an accuracy must pass another to be better.
MARGIN = 0.5
#: Strengths in a row that are no better, after which weaker ones are not tried.
PATIENCE = 2
#: From where first steps have led, one is enough that gains less than so many standard errors: neighbours err on
#: nearly the same examples, so that their difference is surer than they are.
NEARBY, GAIN = 1, 0.25


def strongest_is_best(accuracy: Mapping[float, float]) -> bool:
    """Tell whether the strongest penalty is better than all others: a stronger one may be better still.

    One that is merely as good gives no reason to go on, as of very strong ones all may be equal.
    """
    strongest = max(accuracy)
    return all(found < accuracy[strongest] for lam, found in accuracy.items() if lam != strongest)


def strongest_as_good(accuracy: dict[float, float], n_examples: int) -> float:
    """Return the strongest penalty whose accuracy on so many examples is as good as the best, up to chance."""
    best = max(accuracy.values())
    enough = best - MARGIN * standard_error(best, n_examples)
    return max(lam for lam, found in accuracy.items() if found >= enough)


def search_exactly(fits: ExactFits, labels: Labels) -> dict[float, Outcome]:
    """Fit at as many strengths as the choice among them needs, and return what each came to.

    One Newton step from W = 0 for each power of ten, from 0.1 down until one is not better, and up for as long as
    the strongest would be chosen, tells roughly where the best strength lies. Fits begin there, go down until one
    gains next to nothing, and then up for as long as the strongest one would be chosen, so that what is chosen
    lies between others. Where a step tells nothing, as with an L1 penalty or a loss with corners, they go from 10
    down until two in a row are not better. Where 10 is the best of all, they go on to stronger ones.

    Parameters
    ----------
    fits : ExactFits
    labels : array (n,)
        Of the held-out rows.

    Returns
    -------
    dict of float to Outcome
        By strength; nothing follows upon a fit that was interrupted.
    """
    begin = _led_to(fits, labels)
    outcomes: dict[float, Outcome] = {}

    def goes_on(lam: float) -> bool:
        outcomes[lam] = fits.fit(lam)
        return outcomes[lam].reason not in UNFINISHED

    patience = _Patience(labels, PATIENCE, MARGIN) if begin is None else _Patience(labels, NEARBY, GAIN)
    for lam in TRIED[begin:].tolist():
        if not goes_on(lam):
            return outcomes
        if patience(outcomes[lam].validation_accuracy):
            break
    for lam in TRIED[: begin or 0][::-1].tolist():
        if strongest_as_good(_accuracies(outcomes), len(labels)) < max(outcomes) or not goes_on(lam):
            return outcomes
    for lam in STRONGER.tolist():
        if not strongest_is_best(_accuracies(outcomes)) or not goes_on(lam):
            break
    return outcomes


def _accuracies(outcomes: Mapping[float, Outcome]) -> dict[float, float]:
    return {lam: outcome.validation_accuracy for lam, outcome in outcomes.items()}


def follow(fits: ExactFits, lams: Sequence[float]) -> dict[float, Outcome]:
    """Fit at these strengths in order; nothing follows upon a fit that was interrupted."""
    outcomes: dict[float, Outcome] = {}
    for lam in lams:
        outcomes[lam] = fits.fit(lam)
        if outcomes[lam].reason in UNFINISHED:
            break
    return outcomes


def _led_to(fits: ExactFits, labels: Labels) -> int | None:
    """Return the place of the strength that first steps favour; let the first fit begin where its own led."""
    accuracy: dict[float, float] = {}
    params: dict[float, Params] = {}

    def chosen() -> float:
        return strongest_as_good(accuracy, len(labels))

    patience = _Patience(labels, NEARBY, GAIN)
    for lam, found, step in fits.first_steps(TRIED[MIDDLE::EVERY].tolist()):
        accuracy[lam], params[lam] = found, step
        if patience(found):
            break
    if not accuracy:
        return None
    if chosen() == max(accuracy):
        for lam, found, step in fits.first_steps(TRIED[:MIDDLE:EVERY][::-1].tolist()):
            accuracy[lam], params[lam] = found, step
            if chosen() < lam:
                break
    place = TRIED.tolist().index(chosen())
    # Fits at weak strengths take longest: where the half power above is as good, they begin there.
    for lam, found, step in fits.first_steps(TRIED[max(place - 1, 0) : place].tolist()):
        accuracy[lam], params[lam] = found, step
    fits.begin_at_steps(params, chosen())
    return TRIED.tolist().index(chosen())


class _Patience:
    """Says that it is enough when the last few accuracies were no better than one before them.

    Saying the same class of everything, as under an L1 penalty that leaves no weight, is not better than nothing.
    """

    def __init__(self, labels: Labels, patience: int, margin: float) -> None:
        self.n_examples, self.patience, self.margin = len(labels), patience, margin
        self.best, self.since = np.bincount(labels).max() / len(labels), 0
        self.found = False

    def __call__(self, accuracy: float) -> bool:
        if accuracy > self.best + self.margin * standard_error(self.best, self.n_examples):
            self.best, self.since, self.found = accuracy, 0, True
        else:
            self.since += self.found
        return self.since >= self.patience


def standard_error(accuracy: float, n_examples: int) -> float:
    """Return the standard error of an accuracy on so many examples."""
    return float(np.sqrt(accuracy * (1 - accuracy) / n_examples))
