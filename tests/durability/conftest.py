"""The program, each of its commands in a process of its own, that can be killed; and what its runs came to."""

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


class Program:
    """The program, each command in a process of its own; see ``killer.py``."""

    def __init__(self, folder):
        self.folder = folder
        self._killer = subprocess.Popen(  # noqa: S603
            [sys.executable, str(KILLER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )

    def __call__(self, *words, kill=None, signals=("SIGKILL",), out="out", every_step=True):
        variables = {"SCORELINE_FEATURE_CACHE": "off"}
        if every_step:
            variables["SCORELINE_CHECKPOINT_SECONDS"] = "0"
        folder = str(self.folder / out)
        job = {"words": list(words), "kill": kill, "signals": list(signals), "folder": folder}
        self._killer.stdin.write(json.dumps(job | {"variables": variables}) + "\n")
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


@pytest.fixture(scope="session")
def outcome():
    """Return a function that reads what a run came to."""
    return read


def read(folder):
    """Return the weights, the figures, and the history without its times."""
    metrics = figures(json.loads((folder / "metrics.json").read_text()))
    history = [line.split(",") for line in (folder / "history.csv").read_text().splitlines()]
    place = history[0].index("seconds")
    rows = [[cell for column, cell in enumerate(row) if column != place] for row in history]
    return weights(folder), metrics, rows
