"""Searches without gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from scoreline.data.base import DataSource
from scoreline.data.budget import Need
from scoreline.engine.memory import Extent
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.search.random import RandomLocalSearch, RandomSearch, Search
from scoreline.engine.settings import Settings
from scoreline.engine.solvers.base import Events, Solver

__all__ = ["LocalTries", "RandomTries"]


@dataclass(frozen=True)
class RandomTries(Solver):
    """The best of many random weights."""

    search: ClassVar[Search] = RandomSearch()

    default_epochs: ClassVar[int] = 1000
    unit: ClassVar[str] = "tries"

    def completed(self, objective: Objective, source: DataSource, settings: Settings) -> Settings:
        """Return the settings with the number of tries; there are no learning rates."""
        del objective, source
        return replace(settings, lr=None, max_epochs=settings.max_epochs or self.search.tries)

    def needs(self, extent: Extent, settings: Settings) -> list[Need]:
        """Return the tries of a pass, side by side, and their scores where the search keeps them."""
        del settings
        tried = replace(extent, K=self.search.side_by_side)
        scores = [tried.scores(2)] if self.search.keeps_scores else []
        return [extent.examples(), *scores, tried.weights(4), tried.blocks()]

    def run(
        self,
        objective: Objective,
        source: DataSource,
        start: Params,
        settings: Settings,
        validation: DataSource | None = None,
    ) -> Events:
        """Search; `Settings.max_epochs` sets the number of tries."""
        del validation
        tries = settings.max_epochs or self.search.tries
        like = zero_params(1, start.W.shape[1], start.W.shape[2], start.W.dtype)
        return replace(self.search, tries=tries).run(objective, source, like, settings.seed)


@dataclass(frozen=True)
class LocalTries(RandomTries):
    """Random steps of which those are kept that lower the objective."""

    search: ClassVar[Search] = RandomLocalSearch()
