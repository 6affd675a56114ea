"""Training runs that are shown while they train; any of their steps can be requested again."""

from __future__ import annotations

from collections.abc import Iterator

from scoreline.data import RowsSource
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.problem.events import StepDone
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.lab.stepwise import gradient_steps

__all__ = ["EVALUATED_EVERY", "LiveRun"]

#: Steps between two evaluations on the validation data.
EVALUATED_EVERY = 10


class LiveRun:
    """A mini-batch run that continues to a step, or restarts where it is past that step.

    It keeps all curves but only the last weights, as a model of images has many.

    Parameters
    ----------
    objective : Objective
        With K = 1.
    train, validation : RowsSource
    plan : Plan
        Its `max_epochs` bounds the run.
    start : Params
    """

    def __init__(
        self, objective: Objective, train: RowsSource, validation: RowsSource, plan: Plan, start: Params
    ) -> None:
        self.objective, self.train, self.validation = objective, train, validation
        self.plan, self.start = plan, start
        #: The objective on each step's rows, before it.
        self.seen: list[float] = []
        #: (step, loss, accuracy) on the validation data, at the start and after every `EVALUATED_EVERY` steps.
        self.evaluations: list[tuple[int, float, float]] = []
        self._begin()

    def until(self, step: int) -> None:
        """Continue to a step, or to the end of the run."""
        if step < self.step:
            self._begin()
        while self.step < step and not self.diverged and next(self._steps, None) is not None:
            self.step += 1
            if self.step % EVALUATED_EVERY == 0:
                self._evaluate()

    def _begin(self) -> None:
        self.step, self.diverged = 0, ""
        self.params = self.start
        self._steps = self._run(Loop(self.objective, self.train, self.plan, self.start))
        self.evaluations.clear()
        self.seen.clear()
        self._evaluate()

    def _evaluate(self) -> None:
        loss, accuracy = self.objective.data_loss(self.params, self.validation)
        self.evaluations.append((self.step, float(loss[0]), float(accuracy[0])))

    def _run(self, loop: Loop) -> Iterator[StepDone]:
        for done, why in gradient_steps(loop):
            if why:
                self.diverged = why
                return
            self.params = done.params
            self.seen.append(float(done.objective[0]))
            yield done
