"""Schedules: how the learning rate changes during a run.

To add one: a file here with one frozen dataclass, a line here that registers it, a line in ``docs/parts.md``.
"""

from __future__ import annotations

from scoreline.schedules.base import SCHEDULES, Schedule
from scoreline.schedules.constant import Constant
from scoreline.schedules.cosine import Cosine
from scoreline.schedules.exponential import Exponential
from scoreline.schedules.step import Step
from scoreline.schedules.warmup import Warmup

__all__ = ["SCHEDULES", "Constant", "Cosine", "Exponential", "Schedule", "Step", "Warmup"]

SCHEDULES.register("constant", Constant)
SCHEDULES.register("step", Step)
SCHEDULES.register("exponential", Exponential)
SCHEDULES.register("cosine", Cosine)
SCHEDULES.register("warmup", Warmup)
