"""What the progress display prints where no terminal shows it."""

from scoreline.cli import progress
from scoreline.cli.progress import ProgressBars


def test_a_line_after_ten_seconds_and_others_further_apart(capfd, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    with ProgressBars(quiet=True) as bars:
        for second in range(100):
            now[0] = float(second)
            bars.loading("Reading images", second, 100)
    lines = capfd.readouterr().err.splitlines()
    assert [line.split("%")[0].split()[-1] for line in lines] == ["10", "20", "40", "80"]
