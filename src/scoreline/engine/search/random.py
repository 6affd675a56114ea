"""The lecture's first two ideas: random search, and random local search.

Both take W and b for one vector of weights, as the lecture does with its column of ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import FloatArray
from scoreline.data.base import DataSource
from scoreline.engine.problem.events import Evaluated, Event, Reason, RunEnded, RunStarted
from scoreline.engine.problem.objective import Objective, predicted_classes
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import Labelled, all_scores, read_labels

__all__ = ["RandomLocalSearch", "RandomSearch", "Search"]


@dataclass(frozen=True, eq=False)
class _Best:
    """The best weights so far and what they are worth, each ``(1,)``."""

    params: Params
    objective: FloatArray
    loss: FloatArray
    accuracy: FloatArray


@dataclass(frozen=True)
class Search(ABC):
    """A search that needs no gradient: K = 1, its tries side by side."""

    tries: int = 1000
    scale: float = 1e-4

    #: Tries that one pass over the data judges.
    side_by_side: ClassVar[int]
    #: Whether the scores of all rows are kept from one pass to the next.
    keeps_scores: ClassVar[bool]

    def __post_init__(self) -> None:
        check_number("tries", self.tries, 1)
        check_number("scale", self.scale, 0, above=True)

    def run(
        self, objective: Objective, source: DataSource, like: Params, seed: int
    ) -> Generator[Event, Reason | None, None]:
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
        rng = np.random.default_rng(seed)
        wish = yield RunStarted(1, self.tries, source.n_examples, like)
        done, best = 0, None
        for count, best in self._passes(objective, source, like, rng):
            done += count
            wish = yield Evaluated(
                done, done, best.objective, best.loss, best.accuracy, None, None, np.zeros(1), best.params
            )
            if wish is not None:
                break
        params = like if best is None else best.params
        yield RunEnded(wish or Reason.MAX_EPOCHS, done, done, params, np.ones(1, dtype=bool))

    @abstractmethod
    def _passes(
        self, objective: Objective, source: DataSource, like: Params, rng: np.random.Generator
    ) -> Iterator[tuple[int, _Best]]:
        """Yield after each pass over the data the number of tries in it and the best so far."""


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

    def _passes(
        self, objective: Objective, source: DataSource, like: Params, rng: np.random.Generator
    ) -> Iterator[tuple[int, _Best]]:
        best: _Best | None = None
        for count in _portions(self.tries, self.side_by_side):
            side_by_side = replace(objective, lam=np.repeat(objective.lam, count))
            tried = _draw(rng, count, like, self.scale, objective.fit_intercept)
            loss, accuracy = side_by_side.data_loss(tried, source)
            value = loss + side_by_side.penalty_value(tried)
            k = int(value.argmin())
            if best is None or value[k] < best.objective[0]:
                best = _Best(tried.one(k), value[k : k + 1], loss[k : k + 1], accuracy[k : k + 1])
            yield count, best


@dataclass(frozen=True)
class RandomLocalSearch(Search):
    """A less bad idea: feel for a step that leads down, and take it.

    From random weights, every try draws a random step; it is taken if it makes the objective over the whole data
    smaller. Scores are linear in the weights, so that one pass over the data gives the scores of many steps, and
    each is judged on top of the steps taken before it: the same walk as with one pass for every try.

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

    def _passes(
        self, objective: Objective, source: DataSource, like: Params, rng: np.random.Generator
    ) -> Iterator[tuple[int, _Best]]:
        labelled = read_labels(source)
        here = _draw(rng, 1, like, self.scale, objective.fit_intercept)
        scores = all_scores(objective, here, source)[:, 0]
        best = _judge(objective, here, scores, labelled)
        for count in _portions(self.tries, self.side_by_side):
            steps = _draw(rng, count, like, self.step, objective.fit_intercept)
            changes = all_scores(objective, steps, source)
            for k in range(count):
                tried = _judge(objective, best.params.plus(steps.one(k)), scores + changes[:, k], labelled)
                if tried.objective[0] < best.objective[0]:
                    best, scores = tried, scores + changes[:, k]
            yield count, best


def _portions(total: int, largest: int) -> Iterator[int]:
    for done in range(0, total, largest):
        yield min(largest, total - done)


def _draw(rng: np.random.Generator, K: int, like: Params, scale: float, fit_intercept: bool) -> Params:
    _, R, D = like.W.shape
    # W and b of one try after those of another, so that the number of tries in a pass does not change them.
    drawn = scale * rng.standard_normal((K, R, D + 1))
    b = drawn[..., D] if fit_intercept else np.zeros((K, R))
    return Params(drawn[..., :D].astype(like.W.dtype), b.astype(like.b.dtype))


def _judge(objective: Objective, params: Params, scores: FloatArray, labelled: Labelled) -> _Best:
    """Judge one configuration by its scores ``(N, R)``."""
    loss = np.array([labelled.mean(objective.loss.value(scores, labelled.y))])
    accuracy = np.array([labelled.mean(predicted_classes(scores) == labelled.y)])
    return _Best(params, loss + objective.penalty_value(params), loss, accuracy)
