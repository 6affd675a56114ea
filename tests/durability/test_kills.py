"""Trainings that are killed anywhere go on to the bits of one that was not, and are never misread in between.

SCORELINE_KILLS sets how many kills there are in all (20 by default), spread over the writes of every kind of run.
The kills of a kind follow upon one another in the same run.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
KILLER = Path(__file__).parent / "killer.py"
KILLS = int(os.environ.get("SCORELINE_KILLS", "20"))
#: Trainings by what is special about them.
KINDS = {
    "mini-batch": ["--solver", "adam", "--max-epochs", "6", "--batch-size", "32"],
    "dropout, early stopping": [
        "--solver",
        "momentum",
        "--dropout",
        "0.2",
        "--early-stopping",
        "--max-epochs",
        "8",
    ],
    "exact": ["--solver", "exact", "--tol", "1e-6"],
    "lam, exact": ["--lam", "auto", "--solver", "exact"],
    "lam, mini-batch": ["--lam", "auto", "--solver", "sgd", "--max-epochs", "4"],
    "block weights": ["--features", "pixels,hue", "--block-weights", "auto", "--lam", "auto"],
    "random search": ["--solver", "random-local-search", "--max-epochs", "200"],
}
#: Of the figures of a run, those that are times, or that name a place.
TIMES = {"seconds", "timings", "run"}


class Program:
    """The program, each command in a process of its own; see ``killer.py``."""

    def __init__(self, folder):
        self.folder = folder
        self._killer = subprocess.Popen(  # noqa: S603
            [sys.executable, str(KILLER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def __call__(self, *words, kill=None, out="out", every_step=True):
        variables = {"SCORELINE_FEATURE_CACHE": "off"}
        if every_step:
            variables["SCORELINE_CHECKPOINT_SECONDS"] = "0"
        job = {"words": list(words), "kill": kill, "folder": str(self.folder / out), "variables": variables}
        self._killer.stdin.write(json.dumps(job) + "\n")
        self._killer.stdin.flush()
        return json.loads(self._killer.stdout.readline())

    def end(self):
        self._killer.communicate()


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 60)
    X = (rng.uniform(0, 160, (180, 8, 8, 3)) + 30 * y[:, None, None, None]).astype(np.uint8)
    order = rng.permutation(180)
    X, y = X[order], y[order]
    np.savez(folder / "data.npz", x_train=X[:130], y_train=y[:130], x_test=X[130:], y_test=y[130:])
    found = Program(folder)
    yield found
    found.end()


def weights(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def figures(value):
    """Return what metrics say, without times."""
    if isinstance(value, dict):
        return {name: figures(inner) for name, inner in value.items() if name not in TIMES}
    return [figures(inner) for inner in value] if isinstance(value, list) else value


def read(folder):
    """Return the weights, the figures, and the history without its times."""
    metrics = figures(json.loads((folder / "metrics.json").read_text()))
    history = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    place = history[0].index("seconds")
    rows = [[cell for column, cell in enumerate(row) if column != place] for row in history]
    return weights(folder), metrics, rows


def check_not_misread(program, out):
    """A run that is not done is told to be so, by every reader."""
    answer = program("evaluate", out, every_step=False)
    if (program.folder / out / "model.json").exists():
        assert answer["code"] == 0
        assert "its model is whole" in answer["output"]
    else:
        assert answer["code"] == 3, answer
        assert "unfinished" in answer["output"]


@pytest.mark.parametrize("place", range(len(KINDS)), ids=list(KINDS))
def test_every_kill_is_survived(program, place):
    name, settings = list(KINDS.items())[place]
    kills = KILLS // len(KINDS) + (place < KILLS % len(KINDS))
    out, reference = f"out-{place}", f"reference-{place}"
    command = ["train", "data.npz", *settings]
    answer = program(*command, "--out", reference, out=reference, every_step=True)
    assert answer["code"] == 0, answer["output"]
    # The writes that are left are shared out among the kills that are left; one is before there is anything.
    killed, left, rng = 0, answer["writes"], np.random.default_rng([place, kills])
    command = [*command, "--out", out]
    while killed < kills:
        last = 1 + int(rng.integers(1 if killed else left // kills, max(2, 2 * left // (kills - killed))))
        answer = program(*command, kill=last, out=out)
        if answer["code"] == 0:  # it was done before
            break
        assert answer["code"] == -9, answer["output"]
        killed, left = killed + 1, max(2, left - last)
        assert not list((program.folder / out).glob("*.tmp"))
        if killed % 3 == 0:
            check_not_misread(program, out)
        if (program.folder / out / "config.yaml").exists():
            command = ["resume", out]
    if answer["code"] != 0:
        answer = program(*command, out=out, every_step=False)
    assert answer["code"] == 0, answer["output"]
    assert read(program.folder / out) == read(program.folder / reference)
    assert not (program.folder / out / "checkpoint").exists()
    assert not list((program.folder / out).glob(".scoreline-*"))
    assert json.loads((program.folder / out / "state.json").read_text())["state"] == "done"
    assert killed >= kills // 2
    print(f"{name}: {killed} kills, identical")
