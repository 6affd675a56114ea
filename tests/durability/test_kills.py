"""Trainings that are killed anywhere go on to the bits of one that was not, and are never misread in between.

SCORELINE_KILLS sets how many kills there are in all (20 by default), spread over the writes of every kind of run.
The kills of a kind follow upon one another in the same run.
"""

import csv
import json
import os

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
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
    "recipes": ["--budget", "none"],
    "random search": ["--solver", "random-local-search", "--max-epochs", "200"],
}


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
def test_every_kill_is_survived(program, outcome, place):
    name, settings = list(KINDS.items())[place]
    kills = KILLS // len(KINDS) + (place < KILLS % len(KINDS))
    out, reference = f"out-{place}", f"reference-{place}"
    command = ["train", "data.npz", *settings]
    answer = program(*command, "--out", reference, out=reference, every_step=True)
    assert answer["code"] == 0, answer["output"]
    # The writes that are left are shared out among the kills that are left.
    killed, left, rng = 0, answer["writes"], np.random.default_rng([place, kills])
    command = [*command, "--out", out]
    while killed < kills:
        last = int(rng.integers(1, 2 + left // (kills - killed)))
        answer = program(*command, kill=last, out=out)
        if answer["code"] == 0:  # it was done before
            break
        assert answer["code"] == -9, answer["output"]
        killed, left = killed + 1, max(1, left - last)
        assert not list((program.folder / out).glob("*.tmp"))
        if killed % 3 == 0:
            check_not_misread(program, out)
        if (program.folder / out / "config.yaml").exists():
            command = ["resume", out]
    if answer["code"] != 0:
        answer = program(*command, out=out, every_step=False)
    assert answer["code"] == 0, answer["output"]
    assert outcome(program.folder / out) == outcome(program.folder / reference)
    assert not (program.folder / out / "checkpoint").exists()
    assert not list((program.folder / out).glob(".scoreline-*"))
    assert json.loads((program.folder / out / "state.json").read_text())["state"] == "done"
    assert killed >= kills // 2
    print(f"{name}: {killed} kills, identical")


#: Commands that train many classifiers, and the table that they come to.
TABLES = {
    "compare": (["compare", "data.npz", "--solvers", "adam", "exact", "--max-epochs", "4"], "comparison.csv"),
    "sweep": (
        ["sweep", "data.npz", "--solver", "adam", "--lam", "1e-3:1:6", "--halving", "2", "--max-epochs", "6"],
        "sweep.csv",
    ),
}


def table(path):
    """Return a table without the columns that are times."""
    with path.open(newline="") as file:
        return [
            {name: cell for name, cell in row.items() if "seconds" not in name} for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_continued_by_the_same_command(program, name):
    command, file = TABLES[name]
    answer = program(*command, "--out", f"whole-{name}", out=f"whole-{name}")
    assert answer["code"] == 0, answer["output"]
    for place in (3, 2):
        kill = answer["writes"] // place
        assert program(*command, "--out", name, kill=kill, out=name)["code"] == -9
        assert "unfinished" in program("evaluate", name)["output"]
    assert program("resume", name)["code"] == 2
    assert program(*command, "--seed", "1", "--out", name)["code"] == 2
    answer = program(*command, "--out", name)
    assert answer["code"] == 0, answer["output"]
    assert table(program.folder / name / file) == table(program.folder / f"whole-{name}" / file)
    assert not (program.folder / name / "checkpoint").exists()
