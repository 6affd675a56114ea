"""The program, each of its commands in a process of its own, that can be killed; and what its runs came to."""

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

KILLER = Path(__file__).parent / "killer.py"
#: Of the figures of a run, those that are times, or that name a place.
TIMES = {"seconds", "timings", "run"}


DEFAULTS = {"kill": None, "signals": ["SIGKILL"], "script": None, "largest": None, "unprivileged": False}


class Program:
    """The program, each command in a process of its own; see ``killer.py``."""

    def __init__(self, folder):
        self.folder = folder
        self._killer = subprocess.Popen(  # noqa: S603
            [sys.executable, str(KILLER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def __call__(self, *words, out="out", every_step=True, **job):
        folder = str(self.folder / out)
        variables = {"SCORELINE_FEATURE_CACHE": f"{folder}-cache"}
        if every_step:
            variables["SCORELINE_CHECKPOINT_SECONDS"] = "0"
        job = {"words": list(words), "folder": folder, "variables": variables} | DEFAULTS | job
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
    few = np.concatenate([np.flatnonzero(y[:130] < 2), np.flatnonzero(y[:130] == 2)[:1]])  # too few for folds
    np.savez(folder / "few.npz", x_train=X[few], y_train=y[few], x_test=X[130:], y_test=y[130:])
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


@pytest.fixture(scope="session")
def outcome():
    """Return a function that reads what a run came to."""
    return read


def read(folder):
    """Return the weights, the figures, and the history without its times; of many classifiers, their table."""
    for name in ("comparison.csv", "sweep.csv"):
        if (folder / name).exists():
            return table(folder / name)
    metrics = figures(json.loads((folder / "metrics.json").read_text()))
    history = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    place = history[0].index("seconds")
    rows = [[cell for column, cell in enumerate(row) if column != place] for row in history]
    return weights(folder), metrics, rows


def table(path):
    """Return a table without the columns that are times."""
    with path.open(newline="") as file:
        return [
            {name: cell for name, cell in row.items() if "seconds" not in name} for row in csv.DictReader(file)
        ]
