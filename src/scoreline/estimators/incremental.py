"""Learning in parts: what one call of `partial_fit` takes over from the last."""

from __future__ import annotations

from typing import Any

import numpy as np

from scoreline.engine.problem.params import Params
from scoreline.engine.solvers import Choice, MiniBatch, Solver, named_solver
from scoreline.optimizers import OPTIMIZERS, Optimizer

__all__ = ["continued_state", "mini_batches"]


def mini_batches(spec: str | Optimizer | Solver) -> Choice:
    """Return the solver for rows that come in parts: the one that was asked for, momentum for ``"auto"``."""
    if spec == "auto":
        return Choice(
            MiniBatch(OPTIMIZERS.build("momentum")), "momentum", "chosen, as partial_fit learns in parts"
        )
    return named_solver(spec)


def continued_state(state: Params | None, dtype: np.dtype[np.floating]) -> Params | None:
    """Return the optimiser's memory in the dtype that the next rows are trained in."""
    if state is None:
        return None
    return Params(_cast(state.W, dtype), _cast(state.b, dtype))


def _cast(part: Any, dtype: np.dtype[np.floating]) -> Any:
    return type(part)(*(array.astype(dtype) if array.dtype.kind == "f" else array for array in part))
