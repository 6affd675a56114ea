"""What the settings of a run say to a solver."""

from __future__ import annotations

import numpy as np

from scoreline.data.budget import parse_size
from scoreline.engine.solvers import Settings
from scoreline.runs.config import RunConfig
from scoreline.schedules import SCHEDULES

__all__ = ["solver_settings"]


def solver_settings(config: RunConfig) -> Settings:
    """Return what settings say to a solver."""
    return Settings(
        lr=None if config.lr is None else np.array([config.lr]),
        schedule=SCHEDULES.build(config.schedule),
        batch_size=config.batch_size,
        max_epochs=config.max_epochs,
        tol=config.tol,
        dropout=config.dropout,
        early_stopping=config.early_stopping,
        seed=config.seed,
        memory=None if config.memory is None else parse_size(config.memory),
    )
