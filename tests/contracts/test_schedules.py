"""The contract of every schedule; a schedule is tested by being listed in `SCHEDULES`."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoreline.schedules import SCHEDULES, Schedule, Warmup

FEW = settings(max_examples=40, deadline=None, derandomize=True)


@FEW
@given(max_epochs=st.floats(0.01, 1000), share=st.floats(0, 1))
def test_the_factor_is_a_share(schedule: Schedule, max_epochs: float, share: float) -> None:
    factor = schedule.factor(share * max_epochs, max_epochs)
    assert isinstance(factor, float)
    assert 0 <= factor <= 1


def test_a_schedule_starts_with_the_whole_rate_unless_it_warms_up(schedule: Schedule) -> None:
    assert schedule.factor(0.0, 30.0) == (0.0 if isinstance(schedule, Warmup) else 1.0)


def test_the_rate_never_rises_after_its_top(schedule: Schedule) -> None:
    factors = np.array([schedule.factor(t, 30.0) for t in np.linspace(0, 30, 601)])
    top = factors.argmax()
    assert factors[top] == 1.0
    assert (np.diff(factors[: top + 1]) >= 0).all()
    assert (np.diff(factors[top:]) <= 1e-15).all()


@pytest.mark.parametrize("max_epochs", [0.0, 1e-9, 1.0])
def test_the_end_of_a_short_run_has_a_factor(schedule: Schedule, max_epochs: float) -> None:
    assert math.isfinite(schedule.factor(max_epochs, max_epochs))


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_warm_up_goes_before_any_schedule(name: str) -> None:
    following = SCHEDULES.build(name)
    warmed = Warmup(epochs=2.0, then=name)
    assert warmed == Warmup(epochs=2.0, then=following)
    assert [warmed.factor(t, 12.0) for t in (0.0, 0.5, 1.0)] == [0.0, 0.25, 0.5]
    for t in (2.0, 3.5, 7.0, 12.0):
        assert warmed.factor(t, 12.0) == following.factor(t - 2, 10.0)
