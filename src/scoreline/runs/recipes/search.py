"""The race of recipes: successive halving over training rows, within a budget of time and memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scoreline.data import Dataset, Progress
from scoreline.data.budget import available_memory, free_memory, parse_size, show_size
from scoreline.engine.problem.events import Event, Reason
from scoreline.engine.problem.stopping import Listener
from scoreline.errors import DataError, ScorelineError, UsageError
from scoreline.estimators.warm_start import WarmStart
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import in_place
from scoreline.runs.recipes.candidates import Candidate, Costs
from scoreline.runs.recipes.found import Found, Told, Upcoming
from scoreline.runs.recipes.ladder import ladder
from scoreline.runs.recipes.leaderboard import NEAR, best_of, margin
from scoreline.runs.recipes.trial import Materials, Trial, try_recipe
from scoreline.runs.resolution import Resolution
from scoreline.runs.time_budget import Clock

__all__ = ["search_recipes"]

#: Training rows of the first round, at least so many of a class, and how many times as many the next round has.
FIRST_ROWS, ROWS_A_CLASS, GROWTH = 2_000, 10, 5
#: A round is worth its while where all rows are more than so many times as many: words are learned for either.
WORTH = 4
#: Validation rows of a round that is not the last.
JUDGES = 2_000


def search_recipes(
    asked: RunConfig, dataset: Dataset, clock: Clock, listeners: Sequence[Listener], progress: Progress
) -> tuple[Resolution, WarmStart, Found]:
    """Find the best recipe for data within the budget, by validation rows alone.

    With what was found come the fit that follows from it, and what the choices leave to that fit.

    Parameters
    ----------
    asked : RunConfig
        Settings with features ``auto``; what they give is held fixed.
    dataset : Dataset
    clock : Clock
        Says when the budget began.
    listeners : sequence of callables
        Are shown the events of all fits; one that ends a fit ends the search, and what is best by then is taken.
    progress : callable

    Raises
    ------
    DataError
        There is no validation split.
    ScorelineError
        No recipe could be trained.
    KeyboardInterrupt
        The search was ended before anything was evaluated.
    """
    if dataset.validation is None:
        raise DataError(
            f"{dataset.name} has no validation split to choose a recipe by",
            allowed="data that hold one out, or a share to hold out",
            fix="leave --validation at 0.1, or name the features, such as --features pixels",
        )
    return _Race(asked, in_place(dataset, asked), clock, listeners, progress).run()


class _Race:
    def __init__(
        self, asked: RunConfig, dataset: Dataset, clock: Clock, listeners: Sequence[Listener], progress: Progress
    ) -> None:
        assert dataset.validation is not None  # noqa: S101 - the search has looked
        self._asked, self._clock, self._progress = asked, clock, progress
        self._listeners: list[Listener] = [*listeners, self._watch]
        self._budget, self._n, self._n_judged = asked.seconds, len(dataset.train), len(dataset.validation)
        self._materials = Materials(dataset, asked.seed, clock, progress)
        self._costs = Costs(dataset, clock, on_disk=asked.memory is not None)
        self._all: list[Candidate] = []
        self._best: tuple[Candidate, Trial] | None = None
        self._steps: list[str] = []
        self._late: list[Candidate] = []
        self._error: ScorelineError | None = None
        self._stopped, self._forced, self._loaded = False, False, clock.elapsed
        self._first = min(self._n, max(FIRST_ROWS, ROWS_A_CLASS * len(dataset.classes)))

    def _watch(self, event: Event) -> Reason | None:
        """Notice that another listener has ended a fit."""
        self._stopped |= getattr(event, "reason", None) is Reason.INTERRUPTED
        return None

    def run(self) -> tuple[Resolution, WarmStart, Found]:
        """Run all rounds, and return what they came to."""
        try:
            running = self._within_memory(self._candidates())
            for n_rows in self._sizes():
                running = self._round(running, n_rows)
            self._last_round(running)
        except KeyboardInterrupt:
            if self._best is None:
                raise
            self._stopped = True
            self._steps.append("interrupted")
        if self._best is None:
            raise self._error or self._no_room()
        return self._found()

    def _candidates(self) -> list[Candidate]:
        """Return the ladder, the cheapest first; the user's own recipes are tried on a few images."""
        for recipe in ladder(self._asked, self._materials.dataset.example_shape):
            config = recipe.settings(self._asked)
            if recipe.work is None:
                self._progress(f"Timing {recipe.features}", 0, 0)
            try:
                self._all.append(self._costs.candidate(recipe, config))
            except ScorelineError as error:
                self._error = error
                self._steps.append(f"{recipe.features}: left out, {error.given}")
        self._all.sort(key=lambda one: self._costs.of(one, self._n, self._n_judged).seconds)
        return list(self._all)

    def _within_memory(self, running: list[Candidate]) -> list[Candidate]:
        """Leave out recipes that take more memory than there is; with a bound, features lie on the disk."""
        bound = self._free_memory()
        needs = {one: self._costs.of(one, self._n, self._n_judged).n_bytes for one in running}
        for one in running:
            if needs[one] > bound:
                self._leave_out(
                    one, f"needs {show_size(needs[one])} of memory, and {show_size(int(bound))} are left"
                )
        return [one for one in running if needs[one] <= bound]

    def _no_room(self) -> UsageError:
        least = self._all[0]
        return UsageError(
            f"No recipe fits into memory: {least.name} {least.row.remark}",
            allowed="memory for the cheapest recipe, or more",
            fix="raise --memory, take smaller images (--image-size), or name features, such as --features pixels",
        )

    def _free_memory(self) -> float:
        memory = self._asked.memory
        return available_memory() if memory is None else free_memory(parse_size(memory))

    def _sizes(self) -> list[int]:
        """Return the training rows of all rounds but the last, which has them all."""
        sizes, n_rows = [], self._first
        while WORTH * n_rows < self._n:
            sizes.append(n_rows)
            n_rows *= GROWTH
        return sizes

    def _round(self, running: list[Candidate], n_rows: int) -> list[Candidate]:
        """Try candidates on some rows, and return those that go on."""
        tried: list[Candidate] = []
        left = running
        while left := self._affordable(left, n_rows, begun=bool(tried)):
            one, *left = left
            if not left and not tried:  # alone, it need not race
                return [one]
            if self._try(one, n_rows, min(JUDGES, self._n_judged)):
                tried.append(one)
        if not tried:
            return tried
        top = max(one.row.accuracy or 0.0 for one in tried)
        near = 2 * margin(top, tried[0].row.n_judged)  # a whole standard error: there are more rows to come
        near = near if self._asked.prefer == "accurate" else near + NEAR
        by_accuracy = sorted(tried, key=lambda one: -(one.row.accuracy or 0.0))
        half = by_accuracy[: math.ceil(len(tried) / 2)]
        kept = [one for one in tried if (one.row.accuracy or 0.0) >= top - (2 * near if one in half else near)]
        for one in tried:
            if one not in kept:
                one.row = replace(one.row, remark=f"out after {n_rows:,} rows")
        return kept

    def _affordable(self, running: list[Candidate], n_rows: int, *, begun: bool) -> list[Candidate]:
        """Return the most candidates, the cheapest first, whose race leaves time to train the last of them.

        Before the race has begun there is one at least.
        """
        left = self._budget - self._clock.elapsed
        judges = min(JUDGES, self._n_judged)
        race = 0.0
        found = [] if begun else running[:1]
        for place, one in enumerate(running):
            race += self._costs.of(one, n_rows, judges).seconds
            last = self._costs.of(one, self._n, self._n_judged)
            if race + last.seconds + last.finish <= left:
                found = running[: place + 1]
        for one in running[len(found) :]:
            self._has_no_time(one)
        return found

    def _last_round(self, running: list[Candidate]) -> None:
        """Try the candidates that are left on all rows: the most promising first, for as long as there is time."""
        raced = bool(running) and all(one.row.accuracy is not None for one in running)
        order = sorted(running, key=lambda one: -(one.row.accuracy or 0.0)) if raced else running
        if order and not any(self._has_time(one) for one in order):  # the cheapest is trained whatever it takes
            self._forced = True
            for one in running[1:]:
                self._has_no_time(one)
            order = running[:1]
        for one in order:
            if (self._has_last() or len(order) > 1) and not self._has_time(one):
                self._has_no_time(one)
                continue
            if self._has_last() and self._costs.of(one, self._n, self._n_judged).n_bytes > self._free_memory():
                self._leave_out(one, "needs more memory than there is beside the best so far")
                continue
            self._try(one, self._n, self._n_judged)
        if not self._forced:
            self._use_the_rest()

    def _use_the_rest(self) -> None:
        """Try what seemed to have no time, where trials took less than they were expected to."""
        late, self._late = self._late, []
        for one in late:
            room = self._costs.of(one, self._n, self._n_judged).n_bytes <= self._free_memory()
            if room and self._has_time(one):
                one.row = replace(one.row, remark="")
                self._try(one, self._n, self._n_judged)
            else:
                self._late.append(one)

    def _has_time(self, one: Candidate) -> bool:
        """Tell whether a candidate can be tried on all rows, with time to finish it or the best so far."""
        cost = self._costs.of(one, self._n, self._n_judged)
        finish = cost.finish
        if self._best is not None and self._has_last():
            finish = max(finish, self._costs.of(self._best[0], self._n, self._n_judged).finish)
        return self._clock.elapsed + cost.seconds + finish <= self._budget

    def _has_last(self) -> bool:
        return self._best is not None and self._best[1].n_rows == self._n

    def _try(self, one: Candidate, n_rows: int, n_judged: int) -> bool:
        """Try a candidate, and say whether that went well; the best so far is kept."""
        so_far = "" if self._best is None else f"; best so far {self._best[1].accuracy:.3f}, {self._best[0].name}"
        self._progress(f"Trying {one.name} on {n_rows:,} rows{so_far}", 0, 0)
        try:
            trial = try_recipe(one.config, self._materials, n_rows, n_judged, self._listeners, self._clock)
        except ScorelineError as error:
            self._error = error
            self._leave_out(one, error.given)
            return False
        self._costs.learn_from(one, trial)
        seconds = trial.learn + trial.features + trial.choice
        one.row = replace(
            one.row,
            n_rows=n_rows,
            accuracy=trial.accuracy,
            n_judged=trial.n_judged,
            seconds=seconds,
            microseconds=1e6 * trial.an_image,
            n_bytes=trial.n_bytes,
        )
        self._steps.append(
            f"{one.name}, {n_rows:,} rows: {trial.accuracy:.4f} on {trial.n_judged:,}, {seconds:.1f} s"
        )
        self._keep(one, trial)
        if self._stopped:
            raise KeyboardInterrupt("recipes were being tried")
        return True

    def _keep(self, one: Candidate, trial: Trial) -> None:
        """Keep a trial if it is the one to choose so far: more rows count first."""
        if self._best is None or self._best[1].n_rows != trial.n_rows:
            self._best = one, trial
            return
        rivals = [other for other in self._all if other.row.n_rows == trial.n_rows]
        chosen = best_of([other.row for other in rivals], self._asked.prefer)
        if chosen not in (self._best[0].row, one.row):  # its rows are gone
            two = [other.row for other in self._all if other in (self._best[0], one)]
            chosen = best_of(two, self._asked.prefer)
        if chosen is one.row:
            self._best = one, trial

    def _leave_out(self, one: Candidate, why: str) -> None:
        one.row = replace(one.row, remark=why)
        self._steps.append(f"{one.name}: left out, {why}")

    def _has_no_time(self, one: Candidate) -> None:
        seconds = self._total(one)
        self._late.append(one)
        self._leave_out(one, f"no time: a run of it takes about {seconds:.0f} s")

    def _total(self, one: Candidate) -> float:
        """Predict the seconds of a run that trains a recipe, loading included."""
        cost = self._costs.of(one, self._n, self._n_judged)
        return self._loaded + cost.seconds + cost.finish

    def _found(self) -> tuple[Resolution, WarmStart, Found]:
        assert self._best is not None  # noqa: S101 - else an error was raised
        one, trial = self._best
        self._materials.release()
        one.row = replace(one.row, chosen=True)
        prepared = self._materials.with_test(one.config, trial.resolution.prepared)
        rows = tuple(candidate.row for candidate in self._all)
        told = Told(self._asked, one.row, rows, tuple(self._steps), stopped=self._stopped, forced=self._forced)
        resolved = trial.resolution.resolved.model_copy(update=told.decisions())
        resolution = replace(trial.resolution, request=self._asked, resolved=resolved, prepared=prepared)
        return resolution, trial.start, Found(rows, self._upcoming(), tuple(told.notes(self._n)))

    def _upcoming(self) -> tuple[Upcoming, ...]:
        """Return the recipes that there was no time for, and that twice the time would be enough for."""
        found = [Upcoming(one.name, self._total(one), one.config.command()) for one in self._late]
        return tuple(sorted((one for one in found), key=lambda one: one.seconds))
