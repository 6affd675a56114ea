"""The command that trains a run again with some settings changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from scoreline.engine.solvers import named_solver
from scoreline.errors import UsageError
from scoreline.runs.config import RunConfig
from scoreline.runs.preconditions import check_settings
from scoreline.runs.recorded import RecordedRun

__all__ = ["Retraining"]


@dataclass(frozen=True)
class Retraining:
    """A run's settings, from which others follow."""

    request: RunConfig

    def command(self, **changes: Any) -> str:
        """Return the command with some settings changed, and without those that do not go with them."""
        if "features" in changes:
            changes.setdefault("block_weights", None)
        for config in (self.request.changed(**changes), RunConfig(data=self.request.data).changed(**changes)):
            try:
                check_settings(config)
            except UsageError:
                continue
            return config.command()
        return self.request.command()

    @staticmethod
    def mini_batches(recorded: RecordedRun) -> bool:
        """Whether a run's solver trains on mini-batches."""
        if recorded.solver is None:
            return False
        try:
            return not named_solver(recorded.solver.name).solver.whole_data
        except UsageError:  # of another version
            return False
