"""``scoreline sweep`` as a user meets it."""

import csv
import json
import shlex
import signal

import numpy as np
import pytest

from scoreline.cli.app import run
from scoreline.runs.config import RunConfig

pytestmark = pytest.mark.usefixtures("no_figures")

GRID = ["--lam", "1e-4:1:5", "--lr", "1e-3:1:4", "--max-epochs", "9"]


@pytest.fixture
def scoreline(capfd):
    """Run the program; give its exit code and what it printed."""

    def call(*words):
        with pytest.raises(SystemExit) as ended:
            run([str(word) for word in words])
        printed = capfd.readouterr()
        return ended.value.code, printed.out, printed.err

    return call


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_folder_and_json(scoreline, tmp_path):
    words = ["--solver", "momentum", "adam", "--halving", "3", "--out", tmp_path / "run", "--json"]
    code, out, _ = scoreline("sweep", "digits", *GRID, *words)
    facts = json.loads(out.splitlines()[-1])
    rows = read(tmp_path / "run" / "sweep.csv")
    assert code == 0
    assert facts["configurations"] == len(rows) == 40
    assert sum(row["remark"] == "did not reach tol" for row in rows) == 5
    assert facts["best"] == {
        name: json.loads(value) if value and name not in ("solver", "remark") else value or None
        for name, value in rows[0].items()
    }
    best = RunConfig.read(tmp_path / "run" / "config.yaml")
    assert (best.solver, best.lam, best.lr) == tuple(facts["best"][name] for name in ("solver", "lam", "lr"))
    for solver in ("momentum", "adam"):
        for paper in ("", "-dark"):
            assert (tmp_path / "run" / "figures" / f"validation-map-{solver}{paper}.png").exists()
    assert (tmp_path / "run" / "rejected.csv").exists()


def test_the_command_that_is_told_trains_the_best(scoreline, tmp_path):
    code, out, _ = scoreline(
        "sweep", "digits", *GRID, "--solver", "momentum", "--out", tmp_path / "sweep", "--json"
    )
    facts = json.loads(out.splitlines()[-1])
    words = shlex.split(facts["command"])
    assert words[:2] == ["scoreline", "train"]
    words.remove("--refit")  # which would leave no validation rows to compare
    code, _, _ = scoreline(*words[1:], "--out", tmp_path / "best")
    metrics = json.loads((tmp_path / "best" / "metrics.json").read_text())
    assert code == 0
    assert metrics["evaluations"]["validation"]["accuracy"] == facts["best"]["validation_accuracy"]


def test_table_edges_and_command(scoreline, tmp_path):
    words = ["--lam", "1,10,100", "--solver", "exact", "--out", tmp_path / "run"]
    code, out, _ = scoreline("sweep", "digits", *words)
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("3 configurations in ")
    assert "144 validation examples" in lines[0]
    assert [line.split()[1] for line in lines[2:5]] == ["1", "10", "100"]
    assert "The best lam is the lowest one tried, 1: try others beyond it." in out
    assert lines[-1].endswith("scoreline train digits --lam 1.0 --refit --solver exact")
    assert RunConfig.read(tmp_path / "run" / "config.yaml").refit is True
    assert (tmp_path / "run" / "figures" / "validation-lam.png").exists()


def test_settings_from_a_file_hold_where_no_option_says_otherwise(scoreline, tmp_path):
    RunConfig(solver="adam", lr=0.01, max_epochs=2).write(tmp_path / "settings.yaml")
    words = ["--config", tmp_path / "settings.yaml", "--lam", "0.1,1", "--out"]
    scoreline("sweep", *words, tmp_path / "a")
    scoreline("sweep", *words, tmp_path / "b", "--solver", "sgd", "--lr", "0.1")
    assert {(row["solver"], row["lr"]) for row in read(tmp_path / "a" / "sweep.csv")} == {("adam", "0.01")}
    assert {(row["solver"], row["lr"]) for row in read(tmp_path / "b" / "sweep.csv")} == {("sgd", "0.1")}


def test_ten_at_the_most_are_shown(scoreline, tmp_path):
    _, out, _ = scoreline("sweep", "digits", *GRID, "--solver", "sgd", "--out", tmp_path / "run")
    assert len([line for line in out.splitlines() if line.startswith("sgd ")]) == 10
    assert len(read(tmp_path / "run" / "sweep.csv")) == 20


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--lam", "1:2"], 2, "low:high:count"),
        (["--lr", "fast"], 2, "The values of lr are 'fast'"),
        (["--lr", "0"], 2, "The setting lr is 0.0"),
        (["--halving", "1"], 2, "halving is 1"),
        (["--solver", "adem"], 2, "write 'adam'"),
        (["--solver", "random-search"], 2, "single runs"),
        (["--early-stopping"], 2, "No such option"),
        (["--validation", "0"], 3, "no validation split"),
        (["--lr", "1e5", "--solver", "sgd", "--loss", "squared-error"], 4, "lower the learning rates"),
    ],
)
def test_wrong_use_is_told(scoreline, tmp_path, monkeypatch, words, code, told):
    monkeypatch.chdir(tmp_path)
    ended, _, err = scoreline("sweep", "digits", *words)
    assert ended == code
    assert told in " ".join(err.split())
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_interrupted_sweeps_keep_what_was_reached(scoreline, tmp_path, monkeypatch):
    from scoreline.cli import sweep
    from scoreline.cli.interrupt import Interrupt
    from scoreline.engine.problem.events import Evaluated

    class Pressed(Interrupt):
        """Ctrl-C after the second epoch."""

        def __call__(self, event):
            if isinstance(event, Evaluated) and event.epoch == 2:
                signal.raise_signal(signal.SIGINT)
            return super().__call__(event)

    monkeypatch.setattr(sweep, "Interrupt", Pressed)
    code, _, err = scoreline("sweep", "digits", *GRID, "--solver", "sgd", "--out", tmp_path / "run")
    assert code == 130
    assert "Interrupted" in err
    rows = read(tmp_path / "run" / "sweep.csv")
    assert {(row["epochs"], row["remark"]) for row in rows} == {("2", "interrupted")}


@pytest.mark.parametrize("command", [["sweep", "--lam", "1", "--solver", "exact"], ["compare"]])
def test_settings_are_kept_with_absolute_paths(scoreline, tmp_path, monkeypatch, command):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 60)
    np.savez(tmp_path / "rows.npz", X=rng.normal(size=(60, 3)) + y[:, None], y=y)
    monkeypatch.chdir(tmp_path)
    code, _, _ = scoreline(command[0], "./rows.npz", *command[1:], "--out", "run")
    assert code == 0
    assert RunConfig.read(tmp_path / "run" / "config.yaml").data == str(tmp_path / "rows.npz")
