"""Many configurations for little more than the price of one: a whole grid in one pass over the data."""

from __future__ import annotations

from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scoreline._typing import Array
from scoreline.data.base import DataSource
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.minibatch.stacked import keep_state, stack
from scoreline.engine.minibatch.sweep_state import Outcomes, Reached, StackState, SweepState
from scoreline.engine.minibatch.training import Plan, pays_to_compile, train
from scoreline.engine.problem.cost import BEST_COLUMNS, BEST_WEIGHTS, fit_seconds
from scoreline.engine.problem.ending import end_reason
from scoreline.engine.problem.events import Diverged, Evaluated, Event, Reason, RunEnded
from scoreline.engine.problem.identity import identity
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.states import from_arrays
from scoreline.engine.problem.stopping import EpochListener, Listener, NoProgress, begin_job, drive
from scoreline.errors import UsageError
from scoreline.kernels.threads import threads_for
from scoreline.optimizers import Optimizer
from scoreline.rows import stored_entries

__all__ = ["Candidate", "Rules", "most_side_by_side", "sweep"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """One configuration of a sweep.

    Parameters
    ----------
    lam : float
        Strength of the penalty.
    plan : Plan
        How to train it, with one learning rate.
    """

    lam: float
    plan: Plan

    def shared(self) -> Hashable:
        """Return what configurations must have in common to see the same batches."""
        plan = self.plan
        return (plan.schedule, plan.batch_size, plan.max_epochs, plan.seed, plan.dropout)


@dataclass(frozen=True)
class Rules:
    """When a configuration has done enough.

    Parameters
    ----------
    tol : float, default 0
        An epoch that lowers a configuration's mean objective by a smaller share counts as idle; 0 counts none.
    patience : int, default 5
        Idle epochs in a row that end a configuration's run; see `scoreline.engine.problem.stopping.NoProgress`.
    halving : Halving, optional
        Which configurations are stopped early; by default none is.
    """

    tol: float = 0.0
    patience: int = 5
    halving: Halving | None = None

    def meetings(self, max_epochs: int) -> list[int]:
        """Return the epochs after which all configurations are compared, and the last."""
        return [*(self.halving.rungs(max_epochs) if self.halving else []), max_epochs]


def sweep(
    objective: Objective,
    source: DataSource,
    candidates: Sequence[Candidate],
    start: Params,
    *,
    rules: Rules,
    validation: DataSource | None = None,
    listeners: Sequence[Listener] = (),
) -> list[Outcome]:
    """Train many configurations on mini-batches, side by side where they see the same batches.

    Configurations with the same seed, batch size, schedule, dropout and number of epochs are stacked: a step
    multiplies the batch once by the weights of them all. A stack is as wide as the cache allows: beyond that, a
    step would wait for its weights. Others are trained one stack after the other. Each comes
    to what a run of its own (`scoreline.engine.minibatch.training.train`, ended by `NoProgress`) comes to, up to
    rounding: sums over a batch may be taken in another order in a wider product.

    A configuration that has converged, has run away or is dropped by `Rules.halving` leaves its stack, which goes
    on with fewer columns.

    Parameters
    ----------
    objective : Objective
        What all have in common; its `lam` is not looked at.
    source : DataSource
    candidates : sequence of Candidate
    start : Params
        Where each begins, with K = 1.
    rules : Rules
    validation : DataSource, optional
        Evaluated at the end of each epoch; halving needs it.
    listeners : sequence of callables
        Are shown the events of every stack, and may end the sweep with a `Reason`. The configurations of an event
        are those that are still in the stack.

    Returns
    -------
    list of Outcome
        In the order of `candidates`.

    Raises
    ------
    UsageError
        Halving is asked for without validation data.
    """
    if rules.halving is not None and validation is None:
        raise UsageError(
            "Halving was asked for without validation data",
            allowed="halving with data to evaluate the configurations by",
            fix="hold out a validation split, or leave halving out",
        )
    outcomes: Outcomes = {}
    problem = _Problem(objective, source, validation, rules, tuple(listeners))
    groups = _groups(problem, candidates, start)
    stacks = [_Stack(problem, candidates, places, start, outcomes) for places in groups]
    job = begin_job(listeners, lambda: problem.identity(candidates, start))
    met = 0 if job.found is None else SweepState.restore(job.found, stacks, outcomes)

    def pause() -> None:
        job.reached(SweepState(met, [one.saved() for one in stacks], outcomes).arrays)

    stop_request: Reason | None = None
    for epoch in rules.meetings(max((c.plan.max_epochs for c in candidates), default=0))[met:]:
        for one in stacks:
            stop_request = stop_request or one.advance(epoch, pause)
        if stop_request is not None:
            break
        if rules.halving is not None:
            _halve(stacks, rules.halving)
        met += 1
        pause()
    for one in stacks:
        one.leave([stop_request or Reason.MAX_EPOCHS] * len(one.places))
    return [outcomes[place] for place in range(len(candidates))]


@dataclass(frozen=True, eq=False)
class _Problem:
    """What all stacks have in common."""

    objective: Objective
    source: DataSource
    validation: DataSource | None
    rules: Rules
    listeners: tuple[Listener, ...]

    def identity(self, candidates: Sequence[Candidate], start: Params) -> str:
        """Return a digest of what the sweep follows from."""
        evaluated = self.validation and self.validation.n_examples
        return identity(self, self.objective, self.source, start, tuple(candidates), self.rules, evaluated)


def _groups(problem: _Problem, candidates: Sequence[Candidate], start: Params) -> Iterator[list[int]]:
    """Yield the places of the configurations of each stack."""
    alike: dict[Hashable, list[int]] = {}
    for place, candidate in enumerate(candidates):
        alike.setdefault(candidate.shared(), []).append(place)
    for places in alike.values():
        width = _width(problem, candidates[places[0]].plan, start)
        for first in range(0, len(places), width):
            yield places[first : first + width]


def _width(problem: _Problem, plan: Plan, start: Params) -> int:
    """Return how many configurations a stack is best made of."""
    _, R, D = start.W.shape
    compiled = max(1, BEST_COLUMNS // R)
    if pays_to_compile(problem.objective, problem.source, plan, _repeated(start, compiled)):
        return compiled
    return max(1, BEST_WEIGHTS // (R * D))


def most_side_by_side(objective: Objective, source: DataSource) -> int:
    """Return how many configurations a stack has at the most."""
    R = objective.n_rows
    return max(1, BEST_COLUMNS // R, BEST_WEIGHTS // (R * source.n_features))


def _repeated(start: Params, times: int) -> Params:
    return Params(*(np.repeat(array, times, axis=0) for array in start))


class _Stack:
    """Configurations that train side by side; those that leave put their outcome down."""

    def __init__(
        self,
        problem: _Problem,
        candidates: Sequence[Candidate],
        places: Sequence[int],
        start: Params,
        outcomes: Outcomes,
    ) -> None:
        self.problem, self.outcomes = problem, outcomes
        # Equal rules become neighbours, in the order in which they were first met.
        met = list(dict.fromkeys(candidates[place].plan.optimizer for place in places))
        ordered = sorted(places, key=lambda place: met.index(candidates[place].plan.optimizer))
        #: The configurations that are still in the stack, by their places among all.
        self.members = {place: candidates[place] for place in ordered}
        self.reached = Reached(0, _repeated(start, len(places)), np.full((4, len(places)), np.nan))
        self.state: Params | None = None
        rules = problem.rules
        self.progress = (
            NoProgress(rules.tol, rules.patience, problem.objective.value_at_zero) if rules.tol > 0 else None
        )
        self.start = start

    @property
    def places(self) -> list[int]:
        """The members' places among all configurations."""
        return list(self.members)

    def saved(self) -> StackState:
        """Return all that changes."""
        progress = None if self.progress is None else self.progress.state
        return StackState(np.array(self.places, np.int64), self.reached, self.state, progress)

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Go on from what `saved` has returned, as arrays by name."""
        self.members = {place: self.members[place] for place in arrays["places"].tolist()}
        like = self.saved()
        if any(name.startswith("optimizer.") for name in arrays):
            rule, (W, b) = stack(self._rules()), self.reached.params
            like = like._replace(optimizer=Params(rule.init(W), rule.init(b)))
        _, self.reached, self.state, progress = from_arrays(like, arrays)
        if self.progress is not None and progress is not None:
            self.progress.state = progress

    def advance(self, until: int, pause: Callable[[], None]) -> Reason | None:
        """Train to the end of epoch `until`, or of each member's own run; return a listener's stop request.

        `pause` is called whenever members have left.
        """
        source = self.problem.source
        while self.members and self.reached.epoch < until:
            rules = [] if self.progress is None else [self.progress]
            columns = len(self.members) * self.problem.objective.n_rows
            with threads_for(fit_seconds(source.n_examples, stored_entries(source.rows), columns)):
                ended = drive(self._run(), [*self.problem.listeners, *rules, _Watch(self, until)])
            self.state = ended.state
            if ended.reason not in (Reason.MAX_EPOCHS, Reason.CONVERGED, Reason.DIVERGED):
                self.leave([ended.reason if alive else Reason.DIVERGED for alive in ended.alive])
                return ended.reason
            last = self.reached.epoch == self._plan.max_epochs
            states = zip(ended.alive, self._done(), strict=True)
            self.leave([_reason(alive, done, last) for alive, done in states])
            pause()
        return None

    def leave(self, reasons: Sequence[Reason | None]) -> None:
        """Put down the outcome of every member with a reason to go, and keep the others."""
        epoch, stacked, figures = self.reached
        for column, (place, reason) in enumerate(zip(self.members, self._evaluated(reasons), strict=True)):
            if reason is not None:
                params = Params(*(array[column : column + 1].copy() for array in stacked))
                self.outcomes[place] = Outcome(params, reason, epoch, *figures[:, column].tolist())
        kept = np.array([column for column, reason in enumerate(reasons) if reason is None], dtype=np.int64)
        if 0 < len(kept) < len(reasons):
            rules = self._rules()
            if self.state is not None:
                self.state = Params(*(keep_state(rules, state, kept) for state in self.state))
            if self.progress is not None:
                self.progress.keep(kept)
        elif not len(kept):
            self.state = None
        self.reached = Reached(epoch, Params(*(array[kept] for array in stacked)), figures[:, kept])
        stay = zip(self.members.items(), reasons, strict=True)
        self.members = dict(member for member, reason in stay if reason is None)

    def _evaluated(self, reasons: Sequence[Reason | None]) -> list[Reason | None]:
        """Return the reasons of those that leave at their own end as their objective bears them out."""
        ends = [column for column, reason in enumerate(reasons) if reason in (Reason.CONVERGED, Reason.MAX_EPOCHS)]
        found, members = list(reasons), list(self.members.values())
        for column in ends:
            objective = replace(self.problem.objective, lam=np.array([members[column].lam]))
            reason, params = reasons[column] or Reason.MAX_EPOCHS, self.reached.params.one(column)
            ended = RunEnded(reason, 0, self.reached.epoch, params, np.ones(1, bool))
            found[column] = end_reason(objective, self.problem.source, self.start, ended, self.problem.rules.tol)
        return found

    def _rules(self) -> list[Optimizer]:
        return [member.plan.optimizer for member in self.members.values()]

    @property
    def _plan(self) -> Plan:
        """What the members' plans have in common."""
        return next(iter(self.members.values())).plan

    def _done(self) -> Array:
        """Return which members have converged, bool ``(K,)``."""
        done = np.zeros(1, dtype=bool) if self.progress is None else self.progress.done
        return np.broadcast_to(done, len(self.members))

    def _run(self) -> Generator[Event, Reason | None, None]:
        """Return the events of the members' run from here on."""
        objective = replace(self.problem.objective, lam=np.array([member.lam for member in self.members.values()]))
        rates = np.concatenate([member.plan.lr for member in self.members.values()])
        plan = replace(self._plan, optimizer=stack(self._rules()), lr=rates)
        return train(
            objective,
            self.problem.source,
            plan,
            self.reached.params,
            state=self.state,
            validation=self.problem.validation,
            first_epoch=self.reached.epoch,
        )

    def is_due(self, until: int) -> bool:
        """Tell whether epoch `until` has come, or a member is done."""
        return self.reached.epoch >= until or bool(self._done().any())

    def note(self, event: Evaluated) -> None:
        """Take over what an epoch came to."""
        nothing = np.full(len(event.loss), np.nan)
        evaluated = (event.validation_loss, event.validation_accuracy)
        columns = (nothing if value is None else value for value in evaluated)
        figures = np.stack([event.loss, event.accuracy, *columns])
        self.reached = Reached(int(event.epoch), event.params, figures)


class _Watch(EpochListener):
    """Keeps what each epoch of a stack came to, and pauses its run where members have to leave."""

    def __init__(self, stack: _Stack, until: int) -> None:
        self.stack, self.until, self.fallen = stack, until, False

    @property
    def state(self) -> tuple[bool, Reached]:
        """Whether a member has diverged, and where the stack stands."""
        return self.fallen, self.stack.reached

    @state.setter
    def state(self, state: tuple[bool, Reached]) -> None:
        self.fallen, self.stack.reached = state

    def __call__(self, event: Event) -> Reason | None:
        """Notice members that diverge."""
        match event:
            case Diverged():
                self.fallen = True
        return super().__call__(event)

    def epoch_ended(self, event: Evaluated) -> Reason | None:
        """Keep what an epoch came to."""
        self.stack.note(event)
        return Reason.MAX_EPOCHS if self.fallen or self.stack.is_due(self.until) else None


def _reason(alive: bool, done: bool, last: bool) -> Reason | None:
    """Return why a configuration leaves its stack; None where it stays."""
    if not alive:
        return Reason.DIVERGED
    if done:
        return Reason.CONVERGED
    return Reason.MAX_EPOCHS if last else None


def _halve(stacks: Sequence[_Stack], halving: Halving) -> None:
    """Let the configurations go that others have outdone, over all stacks."""
    _, _, loss, accuracy = np.concatenate([one.reached.figures for one in stacks], axis=1)
    kept = iter(halving.kept(accuracy, loss))
    for one in stacks:
        one.leave([None if next(kept) else Reason.OUTDONE for _ in one.places])
