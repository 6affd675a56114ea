"""The race of recipes: successive halving over training rows, within a budget of time and memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scoreline.data import Dataset, Progress
from scoreline.engine.problem.events import Event, Reason
from scoreline.engine.problem.stopping import Listener
from scoreline.errors import ScorelineError, UsageError
from scoreline.estimators.warm_start import WarmStart
from scoreline.kernels.free_cores import FreeCores
from scoreline.kernels.threads import WORTH_THREADS, waiting_limited
from scoreline.runs.config import AUTO, RunConfig
from scoreline.runs.lam_choice import folds_help
from scoreline.runs.lam_search import standard_error
from scoreline.runs.no_validation import no_validation
from scoreline.runs.pipeline import in_place
from scoreline.runs.recipes.candidates import Candidate
from scoreline.runs.recipes.forms import most_promising_first, racers, smallest_form
from scoreline.runs.recipes.found import Found, Summary, Upcoming
from scoreline.runs.recipes.journal import Journal
from scoreline.runs.recipes.ladder import ladder
from scoreline.runs.recipes.leaderboard import NEAR, best_of
from scoreline.runs.recipes.plan import Plan
from scoreline.runs.recipes.remarks import no_memory
from scoreline.runs.recipes.trial import RecipeFeatures, Trial, try_recipe
from scoreline.runs.resolution import Resolution, resolve
from scoreline.runs.time_budget import Clock

__all__ = ["search_recipes"]


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
        otherwise = "name the features, such as --features pixels"
        raise no_validation(dataset, asked.validation, "to choose a recipe by", otherwise)
    return _Race(asked, in_place(dataset, asked), clock, listeners, progress).run()


class _Race:
    """Tries candidates round by round, and keeps the best."""

    def __init__(
        self, asked: RunConfig, dataset: Dataset, clock: Clock, listeners: Sequence[Listener], progress: Progress
    ) -> None:
        self._asked, self._progress = asked, progress
        self._listeners: list[Listener] = [*listeners, self._watch]
        self._plan = Plan(asked, dataset, clock)
        self._features = RecipeFeatures(dataset, asked.seed, clock, progress)
        self._journal, self._cores = Journal(), FreeCores()
        self._all: list[Candidate] = []
        self._best: tuple[Candidate, Trial] | None = None

    def _watch(self, event: Event) -> Reason | None:
        """Notice that another listener has ended a fit."""
        self._journal.stopped |= getattr(event, "reason", None) is Reason.INTERRUPTED
        return None

    def run(self) -> tuple[Resolution, WarmStart, Found]:
        """Run all rounds, and return what they came to."""
        try:
            running = self._within_memory(self._candidates())
            racing = racers(running)
            for n_rows, n_validation in self._plan.rounds():
                racing = self._round(racing, n_rows, n_validation)
            self._last_round(self._with_larger_forms(racing, running))
        except KeyboardInterrupt:
            if self._best is None:
                raise
            self._journal.stopped = True
            self._journal.steps.append("interrupted")
        if self._best is None:
            raise self._journal.error or self._no_room()
        return self._found()

    def _candidates(self) -> list[Candidate]:
        """Return the ladder, the cheapest first; the user's own recipes are tried on a few images."""
        for recipe in ladder(self._asked, self._features.dataset.example_shape):
            config = recipe.settings(self._asked)
            if recipe.work is None:
                self._progress(f"Timing {recipe.features}", 0, 0)
            try:
                self._all.append(self._plan.costs.candidate(recipe, config))
            except ScorelineError as error:
                self._journal.error = error
                self._journal.steps.append(f"{recipe.features}: left out, {error.given}")
        self._all.sort(key=lambda one: self._plan.cost(one).seconds)
        return list(self._all)

    def _within_memory(self, running: list[Candidate]) -> list[Candidate]:
        """Leave out recipes that take more memory than there is."""
        bound = self._plan.free_memory()
        needs = {one: self._plan.cost(one).n_bytes for one in running}
        for one in running:
            if needs[one] > bound:
                self._journal.leave_out(one, no_memory(needs[one], int(max(bound, 1))))
        return [one for one in running if needs[one] <= bound]

    def _no_room(self) -> UsageError:
        least = self._all[0]
        return UsageError(
            f"No recipe fits into memory: {least.name} {least.row.remark}",
            allowed="memory for the cheapest recipe, or more",
            fix="raise --memory, take smaller images (--image-size), or name features, such as --features pixels",
        )

    def _round(self, running: list[Candidate], n_rows: int, n_validation: int) -> list[Candidate]:
        """Try candidates on some rows, and return those that go on."""
        tried: list[Candidate] = []
        left = running
        while left := self._affordable(left, n_rows, n_validation, begun=bool(tried)):
            one, *left = left
            if not left and not tried:  # alone, it need not race
                return [one]
            if self._try(one, n_rows, n_validation):
                tried.append(one)
        kept = self._promising(tried)
        for one in tried:
            if one not in kept:
                one.row = replace(one.row, remark=f"out after {n_rows:,} rows")
        return kept

    def _promising(self, tried: list[Candidate]) -> list[Candidate]:
        """Return those of some candidates, tried on the same rows, that chance alone may have put behind."""
        if not tried:
            return tried
        top = max(one.row.accuracy or 0.0 for one in tried)
        near = standard_error(top, tried[0].row.n_validation)
        near = near if self._asked.prefer == "accurate" else near + NEAR
        by_accuracy = sorted(tried, key=lambda one: -(one.row.accuracy or 0.0))
        half = by_accuracy[: math.ceil(len(tried) / 2)]
        chosen = best_of([one.row for one in tried], self._asked.prefer)
        return [
            one
            for one in tried
            if one.row is chosen or (one.row.accuracy or 0.0) >= top - (2 * near if one in half else near)
        ]

    def _with_larger_forms(self, racing: list[Candidate], running: list[Candidate]) -> list[Candidate]:
        """Return the candidates that are still in the race with their larger forms, the cheapest first."""
        kept = []
        for one in running:
            smallest = smallest_form(one, running)
            if smallest in racing:
                kept.append(one)
            elif one is smallest:
                continue  # its own remark says why it is out
            elif smallest in self._journal.late:
                self._has_no_time(one)
            else:
                one.row = replace(one.row, remark=f"as its smaller form: {smallest.row.remark or 'far behind'}")
        return kept

    def _affordable(
        self, running: list[Candidate], n_rows: int, n_validation: int, *, begun: bool
    ) -> list[Candidate]:
        """Return the candidates that can race; before the race has begun there is one at least."""
        n_found = max(self._plan.n_affordable(running, n_rows, n_validation), 0 if begun else 1)
        for one in running[n_found:]:
            self._has_no_time(one)
        return running[:n_found]

    def _last_round(self, running: list[Candidate]) -> None:
        """Try the candidates that are left on all rows: the most promising first, for as long as there is time."""
        if running and not any(self._has_time(one) for one in running):
            self._journal.forced = True  # the cheapest is trained whatever it takes
            for one in running[1:]:
                self._has_no_time(one)
            running = running[:1]
        else:
            self._plan.judge_last_round(running)
        racing, alone = racers(running), len(running) == 1
        if any(one.row.accuracy is None for one in racing):  # there was no round before
            self._try_on_all(racing, alone=alone)
            kept = self._promising([one for one in racing if one.row.accuracy is not None])
            rest = [one for one in self._with_larger_forms(kept, running) if one not in racing]
        else:
            rest = running
        order = most_promising_first(rest, running, self._asked.prefer, self._plan.n_rows)
        self._try_on_all(order, alone=alone)
        if not self._journal.forced:
            self._use_the_rest()

    def _try_on_all(self, order: list[Candidate], *, alone: bool) -> None:
        """Try candidates on all rows, but for those that have no time; one alone is tried whatever it takes."""
        for one in order:
            if (self._best_on_all() or not alone) and not self._has_time(one):
                self._has_no_time(one)
            elif self._best_on_all() and not self._plan.has_memory(one):
                left = int(max(self._plan.free_memory(), 1))
                self._journal.leave_out(one, no_memory(self._plan.cost(one).n_bytes, left))
            else:
                self._try(one, self._plan.n_rows, self._plan.n_validation)

    def _use_the_rest(self) -> None:
        """Try what seemed to have no time, where trials took less than they were expected to."""
        late, self._journal.late = self._journal.late, []
        for one in late:
            if self._plan.can_judge(one) and self._plan.has_memory(one) and self._has_time(one):
                one.row = replace(one.row, remark="")
                self._try(one, self._plan.n_rows, self._plan.n_validation)
            else:
                self._journal.late.append(one)

    def _best_on_all(self) -> Candidate | None:
        """Return the best so far, if it was tried on all rows."""
        if self._best is None or self._best[1].n_rows != self._plan.n_rows:
            return None
        return self._best[0]

    def _has_time(self, one: Candidate) -> bool:
        return self._plan.has_time(one, self._best_on_all())

    def _has_no_time(self, one: Candidate) -> None:
        self._journal.have_no_time(one, self._plan.seconds_of_run(one))

    def _try(self, one: Candidate, n_rows: int, n_validation: int) -> bool:
        """Try a candidate, and say whether that went well; the best so far is kept."""
        so_far = "" if self._best is None else f"; best so far {self._best[1].accuracy:.3f}, {self._best[0].name}"
        self._progress(f"Trying {one.name} on {n_rows:,} rows{so_far}", 0, 0)
        config = one.config.changed(threads=self._threads(one, n_rows, n_validation))
        try:
            trial = try_recipe(
                config,
                self._features,
                n_rows,
                n_validation,
                self._listeners,
                self._plan.clock,
                by_folds=self._plan.n_folds > 0,
            )
        except ScorelineError as error:
            self._journal.fail(one, error)
            return False
        self._plan.costs.learn_from(one, trial)
        seconds = trial.learn + trial.features + trial.choice
        one.row = replace(
            one.row,
            n_rows=n_rows,
            accuracy=trial.accuracy,
            log_loss=trial.log_loss,
            n_validation=trial.n_validation,
            n_folds=trial.n_folds,
            seconds=seconds,
            microseconds=1e6 * trial.an_image,
            n_bytes=trial.n_bytes,
        )
        self._journal.steps.append(
            f"{one.name}, {n_rows:,} rows: {trial.accuracy:.4f} {one.row.judged}, {seconds:.1f} s"
            + ("" if trial.threads == self._asked.threads else f", {trial.threads} waiting threads")
        )
        self._keep(one, trial)
        if self._journal.stopped:
            raise KeyboardInterrupt("recipes were being tried")
        return True

    def _threads(self, one: Candidate, n_rows: int, n_validation: int) -> int | None:
        """Return how many threads a trial may have that wait for one another; None for all that there are.

        Their number is part of what a search decides, as the last digits depend on it.
        """
        if self._plan.costs.of(one, n_rows, n_validation, self._plan.n_folds).seconds < WORTH_THREADS:
            return self._asked.threads
        found = int(self._plan.clock.measured(self._cores.waiting_threads))
        return self._asked.threads if found >= self._plan.cores else found

    def _keep(self, one: Candidate, trial: Trial) -> None:
        """Keep a trial if it is the one to choose so far: more training rows count first, then more held-out ones.

        A trial whose folds an interrupt has ended was evaluated on the few validation rows instead.
        """
        if self._best is None or self._best[1].n_judged < trial.n_judged:
            self._best = one, trial
            return
        if trial.n_judged < self._best[1].n_judged:
            return
        rivals = [other for other in self._all if (other.row.n_rows, other.row.n_validation) == trial.n_judged]
        chosen = best_of([other.row for other in rivals], self._asked.prefer)
        if chosen not in (self._best[0].row, one.row):  # its rows are gone
            two = [other.row for other in self._all if other in (self._best[0], one)]
            chosen = best_of(two, self._asked.prefer)
        if chosen is one.row:
            self._best = one, trial

    def _found(self) -> tuple[Resolution, WarmStart, Found]:
        assert self._best is not None  # noqa: S101 - else an error was raised
        one, trial = self._best
        self._features.release()
        resolution, start = self._settled(one, trial)
        one.row = replace(one.row, chosen=True)
        prepared = self._features.with_test(one.config, resolution.prepared)
        rows = tuple(candidate.row for candidate in self._all)
        journal = self._journal
        summary = Summary(
            self._asked, one.row, rows, tuple(journal.steps), trial.threads, journal.stopped, journal.forced
        )
        resolved = resolution.resolved.model_copy(update=summary.decisions())
        resolution = replace(resolution, request=self._asked, resolved=resolved, prepared=prepared)
        notes = tuple(summary.notes(self._plan.n_rows))
        return resolution, start, Found(rows, self._upcoming(), notes)

    def _settled(self, one: Candidate, trial: Trial) -> tuple[Resolution, WarmStart]:
        """Return the fit of the best trial; where folds could not judge it, they choose `lam` if there is time."""
        as_tried = trial.resolution, trial.start
        whole = trial.n_rows == self._plan.n_rows and not self._journal.stopped
        if not whole or trial.n_folds or one.config.lam != AUTO or not folds_help(trial.prepared):
            return as_tried
        if not self._plan.has_time_for_folds(one):
            self._journal.steps.append("lam is that of the last trial: no time for cross-validation")
            return as_tried
        self._progress(f"Choosing lam for {one.name} by cross-validation", 0, 0)
        try:
            with waiting_limited(trial.threads):
                return resolve(trial.resolution.request, trial.prepared, self._listeners, chosen=True)
        except KeyboardInterrupt:
            self._journal.stopped = True
            return as_tried

    def _upcoming(self) -> tuple[Upcoming, ...]:
        """Return the recipes that there was no time for, the cheapest first."""
        found = [
            Upcoming(one.name, self._plan.seconds_of_run(one), one.config.command()) for one in self._journal.late
        ]
        return tuple(sorted(found, key=lambda one: one.seconds))
