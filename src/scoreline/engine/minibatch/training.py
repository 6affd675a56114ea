"""Training on mini-batches, K configurations at once, compiled where that pays."""

from __future__ import annotations

from scoreline.data.base import DataSource
from scoreline.engine.minibatch.loop import Loop, LoopState, Plan
from scoreline.engine.problem.cost import WORTH_COMPILING, numpy_seconds, suits_kernels
from scoreline.engine.problem.method import Run, run
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.rows import in_arrays

__all__ = ["Plan", "pays_to_compile", "train"]

#: Rows of a batch beyond which BLAS products are as fast as compiled ones.
MOST_ROWS = 2048
#: Seconds that NumPy spends on a step besides the arithmetic.
NUMPY_STEP = 3e-4


def train(
    objective: Objective,
    source: DataSource,
    plan: Plan,
    start: Params,
    *,
    state: Params | None = None,
    validation: DataSource | None = None,
    first_epoch: int = 0,
) -> Run[LoopState]:
    """Minimise `objective` over `source`, telling every step.

    Yields `RunStarted`, then for each step (where they are compiled, for each stretch of steps) `StepDone` and for
    each epoch `Evaluated`, `Diverged` where a configuration runs away, at last `RunEnded`. A listener that wants
    the run to end sends a `Reason` in answer to any event. Nothing here prints, draws or saves.

    Parameters
    ----------
    objective, source, plan, start, state, validation
        See `scoreline.engine.minibatch.loop.Loop`; `state` is its `optimizer`.
    first_epoch : int, default 0
        Epochs that an earlier run has done: order of the rows, schedule and dropout go on from there.
    """
    loop = _loop(objective, source, plan, start)(objective, source, plan, start, state, validation)
    return run(loop, loop.init(first_epoch))


def _loop(objective: Objective, source: DataSource, plan: Plan, start: Params) -> type[Loop]:
    """Return the compiled loop where it pays, else the plain one."""
    if not pays_to_compile(objective, source, plan, start):
        return Loop
    from scoreline.engine.minibatch.kernels.loop import CompiledLoop

    return CompiledLoop


def pays_to_compile(objective: Objective, source: DataSource, plan: Plan, start: Params) -> bool:
    """Tell whether a run can be made in compiled code, and is long enough for it.

    Compiled code takes bytes and float32 that lie in arrays, in batches of moderate size, for models of few rows,
    without dropout, and penalties of squares and absolute values. How long NumPy would take is estimated in
    `cost`.
    """
    K, R, D = start.W.shape
    rows = source.n_examples * plan.max_epochs
    seconds = numpy_seconds(rows, D, K * R) + rows / plan.batch_size * NUMPY_STEP
    return (
        seconds >= WORTH_COMPILING
        and in_arrays(source.rows)
        and suits_kernels(objective.loss, source.dtype, start.W.dtype, K * R)
        and plan.batch_size <= MOST_ROWS
        and plan.dropout == 0
        and objective.penalty.coefficients is not None
        and plan.optimizer.compiled_form() is not None
    )
