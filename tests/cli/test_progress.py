"""What the progress display prints where no terminal shows it."""

import io

import numpy as np
import pytest
from rich.console import Console

from scoreline.cli import progress
from scoreline.cli.progress import ProgressBars
from scoreline.engine.problem.events import Evaluated, RunStarted
from scoreline.engine.problem.params import Params


def test_a_line_after_ten_seconds_and_others_further_apart(capfd, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    with ProgressBars(quiet=True) as bars:
        for second in range(100):
            now[0] = float(second)
            bars.loading("Reading images", second, 100)
    lines = capfd.readouterr().err.splitlines()
    assert [line.split("%")[0].split()[-1] for line in lines] == ["10", "20", "40", "80"]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_figures_are_left_out_rather_than_cut(monkeypatch, width):
    terminal = Console(file=io.StringIO(), force_terminal=True, width=width, legacy_windows=False)
    monkeypatch.setattr(progress, "notes", terminal)
    with ProgressBars() as bars:
        bars.loading("Evaluating", 0, 0)
        bars.loading("Comparing classifiers", 1, 6)
        _train(bars)
        page = Console(file=io.StringIO(), width=width)
        page.print(bars._bars.get_renderable())
    first, second = page.file.getvalue().splitlines()
    assert "Evaluating" not in first  # is over
    assert "17%  1 of 6" in first
    assert "Training" in second
    assert "epoch 364 (max. 1000)" in second
    assert "…" not in first + second
    assert ("images/s" in second) == (width > 80)


def _train(bars):
    params = Params(np.zeros((1, 2, 3)), np.zeros((1, 2)))
    one = np.array([0.98765])
    bars(RunStarted(10, 1000, 1294, params))
    bars(Evaluated(3640, 364.0, one, one, one, one, one, one, params))
