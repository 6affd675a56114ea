"""How many cores others leave, by what the system counts."""

import os

import pytest

from scoreline.kernels import free_cores
from scoreline.kernels.free_cores import FreeCores


@pytest.fixture
def threads(monkeypatch, tmp_path):
    """Return how many threads there is room for on four cores, where others used so many of them for a second."""

    def room(others, own=0.5, most=4):
        times, taken = iter([10.0, 10.2, 11.0]), iter([1.0, 1.0 + own])
        monkeypatch.setattr(free_cores, "own_cores", lambda: {0, 1, 2, 3})
        monkeypatch.setattr(free_cores, "thread_count", lambda: most)
        monkeypatch.setattr(free_cores.time, "perf_counter", lambda: next(times))
        monkeypatch.setattr(free_cores.time, "process_time", lambda: next(taken))
        monkeypatch.setattr(free_cores.time, "sleep", lambda seconds: write(others + own))
        write(0)
        return FreeCores(tmp_path / "stat").waiting_threads()

    def write(cores):
        ticks = round(cores * os.sysconf("SC_CLK_TCK"))
        idle = "cpu  9 9 9 9 9 9 9 9 0 0\n" + "".join(f"cpu{k} 7 0 0 500 3 0 0 0 0 0\n" for k in (1, 2, 3, 4))
        (tmp_path / "stat").write_text(f"{idle}cpu0 {ticks} 0 0 500 3 0 0 0 0 0\nintr 1 2\n")

    return room


@pytest.mark.parametrize(("others", "found"), [(0, 4), (0.2, 4), (1, 3), (1.5, 2), (4, 1), (9, 1)])
def test_cores_that_others_leave(threads, others, found):
    assert threads(others) == found
    assert threads(others, most=2) == min(found, 2)


def test_one_thread_needs_no_reading(threads):
    assert threads(0, most=1) == 1


def test_where_nothing_is_counted_all_cores_are_free(monkeypatch, tmp_path):
    monkeypatch.setattr(free_cores, "thread_count", lambda: 4)
    assert FreeCores(tmp_path / "none").waiting_threads() == 4
