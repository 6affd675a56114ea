"""Budgets of time, and clocks."""

import math

import pytest

from scoreline.errors import UsageError
from scoreline.runs.time_budget import Clock, parse_budget, show_budget


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("2m", 120), ("1h", 3600), ("1.5h", 5400), ("90", 90), (" 2 min ", 120), ("1M", 60)],
)
def test_budgets_are_read(text, seconds):
    assert parse_budget(text) == seconds
    assert parse_budget(show_budget(seconds)) == seconds


def test_no_budget():
    assert math.isinf(parse_budget("none"))
    assert show_budget(math.inf) == "none"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "0",
        "0.5s",
        "-1m",
        "1d",
        "nan",
        "inf",
        "1e3",
        "721h",
        "1" * 400,
        "²m",
        pytest.param(f"1{' ' * 10**6}x", id="blanks"),
    ],
)
def test_others_are_refused(text):
    with pytest.raises(UsageError, match="The budget is"):
        parse_budget(text)


@pytest.mark.parametrize(("seconds", "text"), [(60, "1m"), (90, "90s"), (7200, "2h"), (2.5, "2.5s")])
def test_budgets_are_shown(seconds, text):
    assert show_budget(seconds) == text


def test_a_process_began_before_its_clock():
    clock = Clock.of_process()
    assert clock.elapsed > 0
    assert 1 <= clock.load <= 10
    assert Clock.started().elapsed < clock.elapsed
