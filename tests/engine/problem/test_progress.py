"""What a fit shows of itself."""

import pytest
from sklearn.datasets import load_digits

from scoreline import LinearClassifier
from scoreline.engine.problem import progress

X, Y = load_digits(return_X_y=True)


def test_silent_by_default(capfd):
    LinearClassifier(solver="momentum", max_epochs=2).fit(X, Y)
    assert capfd.readouterr() == ("", "")


def test_lines_where_there_is_no_terminal(capfd, monkeypatch):
    monkeypatch.setattr(progress, "FIRST_LINE", 0.0)
    LinearClassifier(solver="momentum", max_epochs=3, tol=0, verbose=1).fit(X, Y)
    printed = capfd.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert lines[0].startswith("fitting: epoch 1 of 3 at the most, loss ")
    assert len(lines) == 3


def test_a_bar_in_a_terminal_that_any_end_takes_away(capfd, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")

    def stop(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LinearClassifier(verbose=1).fit(X, Y, listeners=[stop])
    LinearClassifier(solver="momentum", max_epochs=2, verbose=1).fit(X, Y)
    err = capfd.readouterr().err
    assert "Fitting" in err
    assert "epoch 2" in err
    assert err.endswith("\x1b[?25h")  # the cursor is there again
