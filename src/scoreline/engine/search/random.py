"""The lecture's first two ideas: random search, and random local search.

Both take W and b for one vector of weights, as the lecture does with its column of ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.events import Evaluated, Event, Reason, RunEnded, RunStarted
from scoreline.engine.problem.identity import identity
from scoreline.engine.problem.method import Method, Run, run
from scoreline.engine.problem.objective import Objective, predicted_classes
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import Labelled, all_scores, read_labels
from scoreline.engine.problem.states import generator_state, restored_generator

__all__ = ["RandomLocalSearch", "RandomSearch", "Search", "SearchState", "Tries"]


class SearchState(NamedTuple):
    """All that changes in a search."""

    #: Tries so far.
    tries: int
    #: The best weights so far, with K = 1.
    best: Params
    #: Objective, loss and accuracy there, ``(3, 1)``.
    figures: FloatArray
    #: Scores of all rows there, ``(N, R)``, where the search keeps them; else empty.
    scores: FloatArray
    #: Where the random numbers stand; see `scoreline.engine.problem.states.generator_state`.
    rng: Array


@dataclass(frozen=True)
class Search(ABC):
    """A search that needs no gradient: K = 1, its tries side by side."""

    tries: int = 1000
    scale: float = 1e-4

    #: Tries that one pass over the data evaluates.
    side_by_side: ClassVar[int]
    #: Whether the scores of all rows are kept from one pass to the next.
    keeps_scores: ClassVar[bool]

    def __post_init__(self) -> None:
        check_number("tries", self.tries, 1)
        check_number("scale", self.scale, 0, above=True)

    def run(self, objective: Objective, source: DataSource, like: Params, seed: int) -> Run[SearchState]:
        """Search, telling the best so far after each pass over the data.

        Yields `RunStarted`, `Evaluated` after each pass (its step and epoch count the tries), `RunEnded`.
        A listener ends the search by sending a `Reason`.

        Parameters
        ----------
        objective : Objective
            With K = 1.
        source : DataSource
        like : Params
            Gives shapes and dtype; its values play no part.
        seed : int
            Seed of the draws.
        """
        return run(Tries(self, objective, source, like, seed))

    @abstractmethod
    def first(self, on: Tries, rng: np.random.Generator) -> SearchState:
        """Return the state before the first try; the generator's place in it is filled in by the caller."""

    @abstractmethod
    def best_of(self, on: Tries, state: SearchState, count: int, rng: np.random.Generator) -> SearchState:
        """Return the state after so many tries in one pass over the data, its counts as they were."""


class Tries(Method[SearchState]):
    """A search on one problem; see `scoreline.engine.problem.method.Method`, and `Search.run` for parameters."""

    def __init__(self, search: Search, objective: Objective, source: DataSource, like: Params, seed: int) -> None:
        self.search, self.objective, self.source, self.like, self.seed = search, objective, source, like, seed

    @cached_property
    def labelled(self) -> Labelled:
        """Labels and weights of all rows."""
        return read_labels(self.source)

    def init(self) -> SearchState:
        """Return the state before the first try."""
        rng = np.random.default_rng(self.seed)
        first = self.search.first(self, rng)
        return first._replace(rng=generator_state(rng))

    def step(self, state: SearchState) -> tuple[SearchState, Sequence[Event]]:
        """Make as many tries as one pass over the data evaluates."""
        rng = restored_generator(state.rng)
        count = min(self.search.side_by_side, self.search.tries - state.tries)
        after = self.search.best_of(self, state, count, rng)
        done = state.tries + count
        objective, loss, accuracy = after.figures
        event = Evaluated(done, done, objective, loss, accuracy, None, None, np.zeros(1), after.best)
        return after._replace(tries=done, rng=generator_state(rng)), [event]

    def terminate(self, state: SearchState) -> Reason | None:
        """Stop after the last try."""
        return Reason.MAX_EPOCHS if state.tries >= self.search.tries else None

    def started(self, state: SearchState | None) -> RunStarted:
        """Return the event of a search that begins with a state."""
        params = self.like if state is None else state.best
        return RunStarted(1, self.search.tries, self.source.n_examples, params)

    def ended(self, state: SearchState, reason: Reason) -> RunEnded:
        """Return the event of a search that ends with a state."""
        return RunEnded(reason, state.tries, state.tries, state.best, np.ones(1, dtype=bool))

    def identity(self) -> str:
        """Return a digest of what the search follows from."""
        return identity(
            self, self.objective, self.source, self.like, type(self.search).__name__, self.search, self.seed
        )


@dataclass(frozen=True)
class RandomSearch(Search):
    """A very bad idea: try random weights and keep the best.

    Every try draws W and b anew from a normal distribution; the one with the least objective over the whole data
    wins.

    Parameters
    ----------
    tries : int, default 1000
        Number of draws.
    scale : float, default 1e-4
        Standard deviation of the draws.

    References
    ----------
    Li, Johnson & Yeung (2017), CS231n, Lecture 3: Loss functions and optimization, Stanford.
    """

    side_by_side: ClassVar[int] = 100
    keeps_scores: ClassVar[bool] = False

    def first(self, on: Tries, rng: np.random.Generator) -> SearchState:
        """Begin with weights that anything is better than."""
        del rng
        return SearchState(0, on.like, np.array([[np.inf], [np.inf], [0.0]]), np.zeros(0), np.zeros(0))

    def best_of(self, on: Tries, state: SearchState, count: int, rng: np.random.Generator) -> SearchState:
        """Draw weights side by side; see `Search.best_of`."""
        objective = on.objective
        side_by_side = replace(objective, lam=np.repeat(objective.lam, count))
        tried = _draw(rng, count, on.like, self.scale, objective.fit_intercept)
        loss, accuracy = side_by_side.data_loss(tried, on.source)
        figures = np.stack([loss + side_by_side.penalty_value(tried), loss, accuracy])
        k = int(figures[0].argmin())
        if state.tries and not figures[0, k] < state.figures[0, 0]:
            return state
        return state._replace(best=tried.one(k), figures=figures[:, k : k + 1])


@dataclass(frozen=True)
class RandomLocalSearch(Search):
    """A less bad idea: feel for a step that leads down, and take it.

    From random weights, every try draws a random step; it is taken if it makes the objective over the whole data
    smaller. Scores are linear in the weights, so that one pass over the data gives the scores of many steps, and
    each is evaluated on top of the steps taken before it: the same walk as with one pass for every try.

    Parameters
    ----------
    tries : int, default 1000
        Number of steps tried.
    scale : float, default 1e-3
        Standard deviation of the first weights.
    step : float, default 1e-4
        Standard deviation of a step.

    References
    ----------
    Li, Johnson & Yeung (2017), CS231n, Lecture 3: Loss functions and optimization, Stanford.
    """

    scale: float = 1e-3
    step: float = 1e-4

    side_by_side: ClassVar[int] = 20
    keeps_scores: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_number("step", self.step, 0, above=True)

    def first(self, on: Tries, rng: np.random.Generator) -> SearchState:
        """Draw the weights to begin with."""
        here = _draw(rng, 1, on.like, self.scale, on.objective.fit_intercept)
        scores = all_scores(on.objective, here, on.source)[:, 0]
        return SearchState(0, here, _figures(on, here, scores), scores, np.zeros(0))

    def best_of(self, on: Tries, state: SearchState, count: int, rng: np.random.Generator) -> SearchState:
        """Draw steps and try one after the other; see `Search.best_of`."""
        steps = _draw(rng, count, on.like, self.step, on.objective.fit_intercept)
        changes = all_scores(on.objective, steps, on.source)
        for k in range(count):
            tried, scores = state.best.plus(steps.one(k)), state.scores + changes[:, k]
            figures = _figures(on, tried, scores)
            if figures[0, 0] < state.figures[0, 0]:
                state = state._replace(best=tried, figures=figures, scores=scores)
        return state


def _draw(rng: np.random.Generator, K: int, like: Params, scale: float, fit_intercept: bool) -> Params:
    _, R, D = like.W.shape
    # W and b of one try after those of another, so that the number of tries in a pass does not change them.
    drawn = scale * rng.standard_normal((K, R, D + 1))
    b = drawn[..., D] if fit_intercept else np.zeros((K, R))
    return Params(drawn[..., :D].astype(like.W.dtype), b.astype(like.b.dtype))


def _figures(on: Tries, params: Params, scores: FloatArray) -> FloatArray:
    """Return objective, loss and accuracy ``(3, 1)`` of parameters with scores ``(N, R)``."""
    objective, labelled = on.objective, on.labelled
    loss = labelled.mean(objective.loss.value(scores, labelled.y))
    accuracy = labelled.mean(predicted_classes(scores) == labelled.y)
    return np.array([loss + objective.penalty_value(params), [loss], [accuracy]])
