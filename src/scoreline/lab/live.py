"""Training runs that are shown while they train; any of their steps can be requested again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scoreline.data import RowsSource
from scoreline.engine.minibatch.loop import Loop
from scoreline.engine.problem.events import StepDone
from scoreline.lab.stepwise import gradient_steps

__all__ = ["EVALUATED_EVERY", "LiveRun"]

#: Steps between two evaluations on the validation data.
EVALUATED_EVERY = 10


class Curves(NamedTuple):
    """What a run has come to so far."""

    #: The objective on each step's rows, before it.
    seen: list[float]
    #: (step, loss, accuracy) on the validation data, at the start and after every `EVALUATED_EVERY` steps.
    evaluations: list[tuple[int, float, float]]


class LiveRun:
    """A mini-batch run that continues to a step, or restarts where it is past that step.

    It keeps all curves but only the last weights, as a model of images has many.

    Parameters
    ----------
    loop : Loop
        With K = 1; the `max_epochs` of its plan bounds the run.
    validation : RowsSource
    """

    def __init__(self, loop: Loop, validation: RowsSource) -> None:
        self.loop, self.validation = loop, validation
        self._begin()

    @property
    def step(self) -> int:
        """Steps made."""
        return len(self.curves.seen)

    def until(self, step: int) -> None:
        """Continue to a step, or to the end of the run."""
        if step < self.step:
            self._begin()
        while self.step < step and not self.diverged and next(self._steps, None) is not None:
            if self.step % EVALUATED_EVERY == 0:
                self._evaluate()

    def _begin(self) -> None:
        self.diverged, self.params, self.curves = "", self.loop.start, Curves([], [])
        self._steps = self._run()
        self._evaluate()

    def _evaluate(self) -> None:
        loss, accuracy = self.loop.objective.data_loss(self.params, self.validation)
        self.curves.evaluations.append((self.step, float(loss[0]), float(accuracy[0])))

    def _run(self) -> Iterator[StepDone]:
        for done, why in gradient_steps(self.loop):
            if why:
                self.diverged = why
                return
            self.params = done.params
            self.curves.seen.append(float(done.objective[0]))
            yield done
