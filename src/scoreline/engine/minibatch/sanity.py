"""The lecture's sanity checks: what must hold before a long training is started."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from scoreline.data.base import DataSource
from scoreline.data.memory import MemorySource, RowsSource
from scoreline.engine.minibatch.training import Plan, train
from scoreline.engine.problem.events import Evaluated, Event, Reason
from scoreline.engine.problem.objective import Objective, Standardization, compute_dtype
from scoreline.engine.problem.params import random_params, zero_params
from scoreline.engine.problem.stopping import drive
from scoreline.optimizers import Adam
from scoreline.penalties import NoPenalty
from scoreline.rows import dense, rows_of
from scoreline.schedules import Cosine

__all__ = ["SanityCheck", "check_fall", "check_first_loss", "check_overfit"]

#: How far the first loss may lie from its value at W = 0, relative to it.
FIRST_LOSS_TOLERANCE = 0.01
#: Standard deviation of the scores at the first weights.
FIRST_SCORES = 1e-3
#: Full-batch steps in which a tiny subset must be fitted.
OVERFIT_STEPS = 500
#: Share of the largest eigenvalue that is no more than rounding.
NOTHING = 1e-12


@dataclass(frozen=True)
class SanityCheck:
    """A check, what it expected and found, and what to do if it did not pass."""

    name: str
    expected: str
    found: str
    passed: bool
    advice: str


def check_first_loss(objective: Objective, source: DataSource, seed: int) -> SanityCheck:
    """Compare the loss at small random weights with its value at W = 0: ln C for softmax, C - 1 for the hinge.

    The weights are so small that the scores deviate by about 0.001; a loss that is more than 1 % away means that
    scores, labels or loss do not belong together.

    Parameters
    ----------
    objective : Objective
        K = 1; its penalty plays no part.
    source : DataSource
    seed : int
        Seed of the weights.
    """
    batch = next(iter(source.batches(min(1000, source.n_examples), seed=seed)))
    sample = RowsSource(rows_of(batch.X), batch.y, source.n_classes, batch.weight)
    rng = np.random.default_rng(seed)
    dtype = compute_dtype(batch.X.dtype)
    unit = random_params(1, objective.n_rows, source.n_features, dtype, scale=1.0, rng=rng)
    spread = float(np.std(objective.scores(unit, batch.X), dtype=np.float64))
    start = unit._replace(W=unit.W * dtype.type(FIRST_SCORES / max(spread, 1e-30)))
    found = float(objective.data_loss(start, sample)[0][0])
    expected = objective.loss.value_at_zero(source.n_classes)
    return SanityCheck(
        "first loss",
        f"{expected:.4g}, the loss at W = 0 of {source.n_classes} classes",
        f"{found:.4g}",
        abs(found - expected) <= FIRST_LOSS_TOLERANCE * expected,
        "Check labels and features: some are very large or do not belong together.",
    )


def check_fall(value: float, value_at_zero: float) -> SanityCheck:
    """Compare the objective after training with that at W = 0, which training has to lower."""
    return SanityCheck(
        "the objective falls",
        f"less than {value_at_zero:.4g}, the objective at W = 0",
        f"{value:.4g}",
        value < value_at_zero,
        "The learning rate is too high, or the features are far too large: lower it, or standardize them.",
    )


def check_overfit(objective: Objective, source: DataSource, seed: int, *, n: int = 20) -> SanityCheck:
    """Fit a tiny subset without penalty: if even that fails, more data and more epochs will not help.

    Parameters
    ----------
    objective : Objective
        K = 1.
    source : DataSource
    seed : int
        Seed of the subset.
    n : int, default 20
        Examples in it; where all of these have one label, the last gives way to one with another.
    """
    few = _in_few_features(objective, _subset(source, n, seed))
    free = replace(objective, penalty=NoPenalty(), lam=np.zeros(1), n_classes=few.n_classes, standardization=None)
    plan = Plan(Adam(), Cosine(), np.array([0.1]), n, OVERFIT_STEPS, seed)
    start = zero_params(1, free.n_rows, few.n_features, few.X.dtype)
    ended = drive(train(free, few, plan, start), [_until_fitted])
    loss, accuracy = (float(values[0]) for values in free.data_loss(ended.params, few))
    return SanityCheck(
        "overfit a tiny subset",
        f"accuracy 1 on {few.n_examples} training examples without penalty",
        f"accuracy {accuracy:.3g}, loss {loss:.3g}",
        accuracy == 1.0,
        "Features may not tell the classes apart, or equal examples have different labels.",
    )


def _until_fitted(event: Event) -> Reason | None:
    match event:
        case Evaluated(accuracy=accuracy) if bool((accuracy == 1).all()):
            return Reason.CONVERGED
    return None


def _in_few_features(objective: Objective, few: MemorySource) -> MemorySource:
    """Return rows that a linear classifier tells apart just as well, of fewer features than rows, and few classes.

    They are the rows as the objective's W sees them, in other coordinates. Whatever their number, the features of
    n rows span at most n - 1 dimensions about their mean; coordinates there of unit deviation suit Adam's steps of
    0.1. Classes that no row belongs to are left out.
    """
    few = MemorySource(objective.standardized(few.X, few.X.dtype), few.y, few.n_classes)
    standard = Standardization.of(few)
    X = (few.X - standard.mean) * standard.scale
    values, vectors = np.linalg.eigh(X @ X.T)
    kept = vectors[:, values > NOTHING * max(float(values[-1]), 1e-300)]
    classes, y = np.unique(few.y, return_inverse=True)
    return MemorySource(kept * np.sqrt(few.n_examples), y, max(len(classes), 2))


def _subset(source: DataSource, n: int, seed: int) -> MemorySource:
    """Return some rows in float64, of at least two classes where the source has them."""
    batches = source.batches(min(n, source.n_examples), seed=seed)
    X, y, _ = next(batches)
    X = dense(X)
    if (y == y[0]).all():  # one class alone is fitted by its bias
        for batch in batches:
            others = np.flatnonzero(batch.y != y[0])
            if len(others):
                X, y = np.vstack([X[:-1], dense(batch.X[others[:1]])]), np.append(y[:-1], batch.y[others[0]])
                break
    return MemorySource(X.astype(np.float64), y, source.n_classes)
