"""The gradient check of the objective that a run trains."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array
from scoreline.data import MemorySource, Progress, RowsSource
from scoreline.data.base import Batch
from scoreline.engine.problem.params import Params
from scoreline.gradients import GradientCheck, check_gradient
from scoreline.gradients.check import check_options
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import build_classifier, prepare, problem_of

__all__ = ["check_run_gradient"]


def check_run_gradient(
    config: RunConfig,
    *,
    examples: int = 64,
    cells: int = 100,
    h: float | None = None,
    scheme: str = "central",
    tolerance: float = 1e-5,
    progress: Progress | None = None,
) -> GradientCheck:
    """Check the gradient by W and b of the objective that is trained, on some examples, at random weights.

    Standardisation, weights of features and weights of classes are those of the whole training split; the
    arithmetic is in float64.

    Only the smooth part of a penalty is in the gradient; the rest (L1) acts by its proximal step and is left out
    on both sides.

    Parameters
    ----------
    config : RunConfig
        Gives data, features, objective and seed.
    examples, cells, h, scheme, tolerance
        See `scoreline.gradients.check_gradient`.
    progress : callable, optional
        Called while data are loaded.
    """
    check_options(h, scheme, tolerance)
    lam = config.strength  # before anything is loaded, as what it may raise costs no waiting then
    prepared = prepare(config, progress=progress)
    whole = problem_of(build_classifier(config, prepared), prepared)
    objective, penalty = whole.objective, whole.objective.penalty
    rng = np.random.default_rng(config.seed)
    chosen = rng.permutation(whole.source.n_examples)[:examples]
    source = _in_float64(whole.source, chosen)
    batch = Batch(source.X, source.y, source.weight)
    R, D = objective.n_rows, source.n_features

    def unpack(flat: Array) -> Params:
        return Params(flat[None, :, :D], flat[None, :, D])

    def value(flat: Array) -> float:
        params = unpack(flat)
        return float(objective.data_loss(params, source)[0][0] + lam * penalty.smooth_value(params.W)[0])

    def gradient(flat: Array) -> Array:
        result = objective.value_and_gradient(unpack(flat), batch).gradient
        return np.concatenate([result.W[0], result.b[0][:, None]], axis=1)

    start = rng.standard_normal((R, D + 1)) / np.sqrt(D)
    return check_gradient(
        value, gradient, start, h=h, scheme=scheme, cells=cells, tolerance=tolerance, seed=config.seed
    )


def _in_float64(source: RowsSource, chosen: Array) -> MemorySource:
    """Return some rows of a source, with their weights."""
    weight = None if source.weight is None else source.weight[chosen]
    return MemorySource(source.rows.take(chosen).astype(np.float64), source.y[chosen], source.n_classes, weight)
