"""A clock whose readings are kept: told again in their order, and gone on from."""

import math

import pytest

from scoreline.runs.recorded_clock import RecordedClock
from scoreline.runs.time_budget import Clock


def live(start, memory=5.0, step=0.5):
    """A clock that is read at `start`, and `step` later each time."""
    times = iter(start + step * place for place in range(1000))
    return Clock(lambda: next(times), start - 1.0, 2.0, lambda measure: memory + measure())


def test_tells_again_what_it_told_and_goes_on_from_there(tmp_path):
    first = RecordedClock(live(10.0), tmp_path / "clock.json")
    assert not first.has_unwritten
    told = [first.clock.now(), first.clock.measured(lambda: 1.0), first.clock.now(), first.clock.elapsed]
    assert told == [10.0, 6.0, 10.5, 2.0]
    first.write()
    assert not first.has_unwritten
    first.clock.now()  # nothing has followed from it when the process ends
    again = RecordedClock(live(100.0, memory=50.0), tmp_path / "clock.json")
    assert again.clock.load == 2.0
    assert [again.clock.now(), again.clock.measured(lambda: 1.0), again.clock.now(), again.clock.elapsed] == told
    assert again.clock.measured(lambda: 1.0) == 51.0
    assert again.clock.now() == 11.5  # half a second after the last of them, whatever the time is
    again.write()
    third = RecordedClock(live(0.0), tmp_path / "clock.json").clock
    assert [third.now() for _ in range(5)] == [10.0, 10.5, 11.0, 11.5, 12.0]


def test_memory_without_an_end_is_kept_too(tmp_path):
    clock = RecordedClock(live(0.0), tmp_path / "clock.json")
    first = clock.clock.measured(lambda: math.inf)
    assert first > 1e300
    clock.write()
    assert RecordedClock(live(0.0), tmp_path / "clock.json").clock.measured(lambda: 0.0) == first


@pytest.mark.parametrize("damage", ["", "{}", '{"begun": 1, "load": 0, "readings": [NaN]}'])
def test_fits_in_an_order_that_nobody_knows_any_more_go(tmp_path, damage):
    (tmp_path / "clock.json").write_text(damage)
    (tmp_path / "fit-00001.safetensors").write_text("of a recipe")
    with pytest.warns(UserWarning, match="is damaged: the search begins anew"):
        clock = RecordedClock(live(3.0), tmp_path / "clock.json").clock
    assert (clock.begun, clock.now()) == (2.0, 3.0)
    assert not list(tmp_path.glob("fit-*"))
