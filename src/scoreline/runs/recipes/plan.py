"""What a budget of time and memory allows: the rows of each round, and the candidates that can be tried."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scoreline.data import Dataset
from scoreline.data.budget import available_memory, free_memory, parse_size
from scoreline.kernels.threads import thread_count
from scoreline.runs.config import RunConfig
from scoreline.runs.lam_folds import N_FOLDS
from scoreline.runs.recipes.candidates import Candidate, Costs
from scoreline.runs.recipes.cost import Cost
from scoreline.runs.time_budget import Clock

__all__ = ["Plan"]

#: Training rows of the first round, at least so many of a class, and how many times as many the next round has.
FIRST_ROWS, ROWS_A_CLASS, GROWTH = 2_000, 10, 5
#: Times as many rows as a round has that there must be in all: words are learned for either.
FEWEST_TIMES = 4
#: How many times the budget a trial on all rows may come to. A budget is kept within 15 %, and one that is passed
#: by a few seconds is better kept than one of which half is left.
TOLERANCE = 1.1
#: Validation rows of a round that is not the last.
VALIDATION_ROWS = 2_000


class Plan:
    """Predicts what candidates cost, and compares it with the time and the memory that are left.

    Parameters
    ----------
    asked : RunConfig
        Has the budget and the bound on memory.
    dataset : Dataset
        With a validation split.
    clock : Clock
    """

    def __init__(self, asked: RunConfig, dataset: Dataset, clock: Clock) -> None:
        assert dataset.validation is not None  # noqa: S101 - the search has looked
        #: Threads that the machine has room for, where the search began: one that goes on elsewhere decides alike.
        self.cores = int(clock.measured(thread_count))
        self.clock = clock
        self.costs = Costs(dataset, clock, on_disk=asked.memory is not None, cores=self.cores)
        self.n_rows, self.n_validation = len(dataset.train), len(dataset.validation)
        self._budget, self._memory, self._loaded = asked.seconds, asked.memory, clock.elapsed
        self._dataset = dataset
        #: In how many folds of all rows recipes are judged; 0 as long as validation rows do.
        self.n_folds = 0

    def rounds(self) -> list[tuple[int, int]]:
        """Return the training and validation rows of all rounds but the last, which has them all."""
        rounds: list[tuple[int, int]] = []
        n_rows = min(self.n_rows, max(FIRST_ROWS, ROWS_A_CLASS * len(self._dataset.classes)))
        while FEWEST_TIMES * n_rows < self.n_rows:
            rounds.append((n_rows, min(VALIDATION_ROWS, self.n_validation)))
            n_rows *= GROWTH
        return rounds

    def judge_last_round(self, running: Sequence[Candidate]) -> None:
        """Decide by what the recipes of the last round, the cheapest first, are judged: all by the same.

        Where validation rows were drawn from the training rows and are few, luck says which recipe is best on
        them. Folds score all rows, then, if there is memory, and time for half of the recipes at least for which
        there is time without.
        """
        if not all(one.folds_help(self._dataset) for one in running):
            return
        elapsed = self.clock.elapsed
        costs = [self._cost(one, N_FOLDS) for one in running]
        n, without = self._n_in_time(costs, elapsed), self._n_in_time(map(self.cost, running), elapsed)
        if n > 0 and 2 * n >= without and max(cost.n_bytes for cost in costs) <= self.free_memory():
            self.n_folds = N_FOLDS

    def can_judge(self, one: Candidate) -> bool:
        """Tell whether a candidate can be judged by what the others are judged by."""
        return not self.n_folds or one.folds_help(self._dataset)

    def _n_in_time(self, costs: Iterable[Cost], elapsed: float) -> int:
        """Return how many of some trials there is time for, one after another, with time to finish any."""
        n_found, finish = 0, 0.0
        for cost in costs:
            last = max(finish, cost.finish)
            if elapsed + cost.seconds + last <= TOLERANCE * self._budget:
                n_found, elapsed, finish = n_found + 1, elapsed + cost.seconds, last
        return n_found

    def cost(self, one: Candidate) -> Cost:
        """Return what a candidate costs on all rows, judged as is decided."""
        return self._cost(one, self.n_folds)

    def _cost(self, one: Candidate, n_folds: int) -> Cost:
        return self.costs.of(one, self.n_rows, self.n_validation, n_folds)

    def seconds_of_run(self, one: Candidate) -> float:
        """Predict the seconds of a run that trains a recipe, loading included."""
        cost = self.cost(one)
        return self._loaded + cost.seconds + cost.finish

    def free_memory(self) -> float:
        """Return the bytes that may still be taken; with a bound, features lie on the disk."""
        bound = self._memory
        return self.clock.measured(available_memory if bound is None else lambda: free_memory(parse_size(bound)))

    def has_memory(self, one: Candidate) -> bool:
        """Tell whether a candidate can be tried on all rows, beside what is in memory."""
        return self.cost(one).n_bytes <= self.free_memory()

    def has_time(self, one: Candidate, best: Candidate | None) -> bool:
        """Tell whether a candidate can be tried on all rows, with time to finish it or the best so far."""
        cost = self.cost(one)
        finish = cost.finish if best is None else max(cost.finish, self.cost(best).finish)
        return self.clock.elapsed + cost.seconds + finish <= TOLERANCE * self._budget

    def has_time_for_folds(self, one: Candidate) -> bool:
        """Tell whether there is time to choose `lam` of a candidate by folds in the end, and to finish it."""
        cost = self.cost(one)
        return self.clock.elapsed + (1 + N_FOLDS) * cost.fit + cost.finish <= self._budget

    def n_affordable(self, running: list[Candidate], n_rows: int, n_validation: int) -> int:
        """Return how many candidates, the cheapest first, can race with time left to train the last of them."""
        left, race, n_found = self._budget - self.clock.elapsed, 0.0, 0
        for n_raced, one in enumerate(running, 1):
            race += self.costs.of(one, n_rows, n_validation).seconds
            last = self.cost(one)
            if race + last.seconds + last.finish <= left:
                n_found = n_raced
        return n_found
