"""One quick fit, accurate enough to compare by: for folds and learning curves, which keep scores alone."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from scoreline._typing import FloatArray
from scoreline.engine.problem.objective import block_rows, linear_scores
from scoreline.engine.problem.params import Params
from scoreline.estimators.exact_fits import ExactFits
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import assemble, draw_seed
from scoreline.estimators.validation import TrainingData
from scoreline.estimators.warm_start import WarmStart
from scoreline.rows import ArrayRows, Rows

__all__ = ["BriefFit", "fit_briefly", "widened"]

#: Numbers up to which rows of half precision are made single precision once, and not in every pass.
MOST_WIDENED = 1 << 27


class BriefFit(NamedTuple):
    """What a quick fit comes to."""

    #: For rows as they are, not standardised, with K = 1.
    params: Params
    #: For a fit to rows that begin with these; None where the solver is not the exact one.
    warm_start: WarmStart | None

    def scores(self, rows: Rows) -> FloatArray:
        """Return the scores ``(n, R)`` of rows."""
        step = block_rows(self.params.W.shape[2])
        blocks = (rows.read(first, min(first + step, len(rows))) for first in range(0, len(rows), step))
        found = [linear_scores(self.params, block)[:, 0] for block in blocks]
        return np.concatenate(found) if found else np.empty((0, self.params.W.shape[1]), self.params.W.dtype)


def fit_briefly(classifier: LinearClassifier, data: TrainingData, start: WarmStart | None = None) -> BriefFit:
    """Fit a classifier, which stays as it is, in a few iterations where its solver is the exact one.

    Parameters
    ----------
    classifier : LinearClassifier
        The settings.
    data : TrainingData
    start : WarmStart, optional
        What a fit to rows that `data` begins with has left. It is used up.

    Raises
    ------
    DivergedError
        Training diverged.
    """
    seed = draw_seed(classifier.random_state)
    problem = assemble(classifier, data, seed=seed, measured=None if start is None else start.statistics)
    fits = ExactFits.of(classifier, problem, None, np.array([float(classifier.lam)]), start=start)
    if fits is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # whether it has converged is said of the real fit
            fitted = clone(classifier).fit(data.rows, data.y, data.weight)
        return BriefFit(Params(fitted.coef_[None], fitted.intercept_[None]), None)
    if start is not None and start.params is not None:
        objective = problem.objective
        inner = (
            start.params if objective.standardization is None else objective.standardization.unfold(start.params)
        )
        dtype = fits.path.last.W.dtype
        fits.begin(Params(inner.W.astype(dtype), inner.b.astype(dtype)))
    params = fits.fit(float(classifier.lam)).params
    return BriefFit(problem.objective.folded(params), fits.warm_start(params))


def widened(rows: Rows) -> Rows:
    """Return rows of half precision in single precision, unless they are many; others as they are.

    Machines without arithmetic of half precision convert in software, which takes longer than all else in a pass.
    """
    if rows.dtype != np.float16 or math.prod(rows.shape) > MOST_WIDENED:
        return rows
    return ArrayRows(rows.read(0, len(rows)).astype(np.float32))
