"""Schedules: how the learning rate changes during a run.

To add one: a file here with one frozen dataclass, a line in `SCHEDULES`, a line in ``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.registry import Registry
from scoreline.schedules.base import Schedule
from scoreline.schedules.constant import Constant
from scoreline.schedules.cosine import Cosine
from scoreline.schedules.exponential import Exponential
from scoreline.schedules.step import Step
from scoreline.schedules.warmup import Warmup

__all__ = ["SCHEDULES", "Constant", "Cosine", "Exponential", "Schedule", "Step", "Warmup"]

#: All schedules by the names that the estimators and the command line take.
SCHEDULES: Registry[Schedule] = Registry(
    "schedule",
    {
        "constant": Constant,
        "step": Step,
        "exponential": Exponential,
        "cosine": Cosine,
        "warmup": Warmup,
    },
)
