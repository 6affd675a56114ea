"""The gradient check of an objective as a run would train it."""

from __future__ import annotations

import numpy as np

from scoreline._typing import Array
from scoreline.data import MemorySource, Progress
from scoreline.data.base import Batch
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import Params
from scoreline.gradients import GradientCheck, check_gradient
from scoreline.gradients.check import check_options
from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import prepare

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
    """Check the gradient by W and b of the objective on some examples, in float64, at random weights.

    Only the smooth part of a penalty is in the gradient; the rest (L1) acts by its proximal step and is left out
    on both sides.

    Parameters
    ----------
    config : RunConfig
        Gives data, features, loss, penalty, `lam` and seed.
    examples, cells, h, scheme, tolerance
        See `scoreline.gradients.check_gradient`.
    progress : callable, optional
        Called while data are loaded.
    """
    check_options(h, scheme, tolerance)
    lam = config.strength  # before anything is loaded, as what it may raise costs no waiting then
    prepared = prepare(config, progress=progress)
    rng = np.random.default_rng(config.seed)
    chosen = rng.permutation(len(prepared.dataset.train))[:examples]
    X = prepared.rows["train"][chosen].astype(np.float64)
    source = MemorySource(X, prepared.labels("train")[chosen], len(prepared.dataset.classes))
    penalty = PENALTIES.build(config.penalty)
    objective = Objective(
        LOSSES.build(config.loss),
        penalty,
        np.array([lam]),
        source.n_classes,
        standardization=Standardization.of(source) if config.standardize else None,
    )
    batch = Batch(source.X, source.y, None)
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
