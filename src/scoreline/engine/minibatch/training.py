"""The loop of all iterative methods: batch, gradient, step, K configurations at once."""

from __future__ import annotations

import math
from collections.abc import Generator

from scoreline.data.base import DataSource
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.problem.cost import WORTH_COMPILING, numpy_seconds, suits_kernels
from scoreline.engine.problem.events import Compiling, Event, Reason, RunEnded, RunStarted
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.optimizers import OPTIMIZERS

__all__ = ["Plan", "pays_to_compile", "train"]

#: Seconds that a compiled loop may take to load before a listener is told that it is being compiled.
PATIENCE = 1.0
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
) -> Generator[Event, Reason | None, None]:
    """Minimise `objective` over `source`, telling every step.

    Yields `RunStarted`, then for each step (where they are compiled, for each stretch of steps) `StepDone` and for
    each epoch `Evaluated`, `Diverged` where a configuration runs away, at last `RunEnded`. A listener that wants
    the run to end sends a `Reason` in answer to any event. Nothing here prints, draws or saves.

    Parameters
    ----------
    objective : Objective
    source : DataSource
    plan : Plan
    start : Params
        Where to begin.
    state : Params of optimiser states, optional
        The optimiser's memory from an earlier run (`RunEnded.state`); by default it begins anew.
    validation : DataSource, optional
        Judged at the end of each epoch.
    first_epoch : int, default 0
        Epochs that an earlier run has done: order of the rows, schedule and dropout go on from there.
    """
    steps_per_epoch = math.ceil(source.n_examples / plan.batch_size)
    wish = yield RunStarted(steps_per_epoch, plan.max_epochs, source.n_examples, start)
    loop = yield from _ready_loop(objective, source, plan, start, state)
    loop.step = first_epoch * steps_per_epoch
    for epoch in range(first_epoch, plan.max_epochs):
        if wish is not None:
            break
        loop.begin_epoch()
        for done, diverged in loop.steps(epoch):
            for event in diverged:
                wish = (yield event) or wish
            wish = (yield done) or wish
            if wish is not None or not loop.alive.any():
                break
        else:
            wish = (yield loop.end_epoch(epoch + 1, validation)) or wish
        if not loop.alive.any():
            wish = wish or Reason.DIVERGED
    yield RunEnded(wish or Reason.MAX_EPOCHS, loop.step, loop.epoch, loop.params, loop.alive, loop.state)


def _ready_loop(
    objective: Objective, source: DataSource, plan: Plan, start: Params, state: Params | None
) -> Generator[Event, Reason | None, Loop]:
    """Return the compiled loop where it pays, else the plain one; tell of a compilation that takes its time."""
    if not pays_to_compile(objective, source, plan, start):
        return Loop(objective, source, plan, start, state)
    from scoreline.engine.minibatch.kernels.loop import CompiledLoop

    loop = CompiledLoop(objective, source, plan, start, state)
    if not loop.ready_within(PATIENCE):
        yield Compiling()
    return loop


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
        and all(part.array is not None for part in source.rows.parts())
        and suits_kernels(objective.loss, source.dtype, start.W.dtype, K * R)
        and plan.batch_size <= MOST_ROWS
        and plan.dropout == 0
        and objective.penalty.coefficients is not None
        and type(plan.optimizer) in OPTIMIZERS.values()
    )
