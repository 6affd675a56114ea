"""Runs that are killed anywhere go on to the bits of one that was not, and are never misread in between.

SCORELINE_KILLS sets how many kills there are in all (20 by default), spread over the writes of every kind of run.
The kills of a kind follow upon one another in the same run.
"""

import csv
import json
import os
import shutil

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
KILLS = int(os.environ.get("SCORELINE_KILLS", "20"))
TRAIN, ADAM = ["train", "data.npz"], ["--solver", "adam"]
#: Commands by what is special about them.
KINDS = {
    "mini-batch": [*TRAIN, *ADAM, "--max-epochs", "6", "--batch-size", "32"],
    "dropout, early stopping": [
        *TRAIN, "--solver", "momentum", "--dropout", "0.2", "--early-stopping", "--max-epochs", "8"
    ],
    "exact": [*TRAIN, "--solver", "exact", "--tol", "1e-6"],
    "random search": [*TRAIN, "--solver", "random-local-search", "--max-epochs", "200"],
    "lam, exact, folds": [*TRAIN, "--lam", "auto", "--solver", "exact"],
    "lam, exact": ["train", "few.npz", "--lam", "auto", "--solver", "exact"],
    "lam, mini-batch": [*TRAIN, "--lam", "auto", "--solver", "sgd", "--max-epochs", "4"],
    "block weights": [*TRAIN, "--features", "pixels,hue", "--block-weights", "auto", "--lam", "auto"],
    "features, words": [*TRAIN, "--features", "hue,words:8", "--solver", "exact"],
    "recipes, no budget": [*TRAIN, "--budget", "none"],
    "recipes, budget": [*TRAIN, "--budget", "20s"],
    "sweep, halving": [
        "sweep", "data.npz", *ADAM, "--lam", "1e-3:1:6", "--halving", "2", "--max-epochs", "6"
    ],
    "compare": [
        "compare", "data.npz", "--solvers", "adam", "exact", "--lams", "auto", "0.1", "--max-epochs", "4",
        "--baselines", "1-nn",
    ],
}  # fmt: skip


def check_not_misread(program, out):
    """A run that is not done is told to be so, by every reader."""
    answer = program("evaluate", out, every_step=False)
    if (program.folder / out / "model.json").exists():
        assert answer["code"] == 0
        assert "its model is whole" in answer["output"]
    else:
        assert answer["code"] == 3, answer
        assert "unfinished" in answer["output"]


def check_done(program, command, out):
    """A run that was killed as it cleared up is whole, and says that there is nothing to go on with."""
    assert program("evaluate", out, every_step=False)["code"] == (0 if command[0] == "train" else 3)
    answer = program("resume", out, every_step=False)
    assert answer["code"] == 2
    assert "is done" in answer["output"]
    assert not (program.folder / out / "checkpoint").exists()


def state(folder):
    """Return what a run's folder says of itself, None where it says nothing."""
    path = folder / "state.json"
    return json.loads(path.read_text())["state"] if path.exists() else None


def times(folder):
    """Return the cells of a comparison that are times."""
    path = folder / "comparison.csv"
    if not path.exists():
        return set()
    with path.open(newline="") as file:
        return {(row["classifier"], row["seconds"], row["feature_seconds"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize("place", range(len(KINDS)), ids=list(KINDS))
def test_every_kill_is_survived(program, outcome, place):
    name, command = list(KINDS.items())[place]
    kills = KILLS // len(KINDS) + (place < KILLS % len(KINDS))
    out, reference = f"out-{place}", f"reference-{place}"
    answer = program(*command, "--out", reference, out=reference)
    assert answer["code"] == 0, answer["output"]
    # The writes that are left are shared out among the kills that are left.
    n_writes, by_the_clock = answer["writes"], answer["script"] is not None
    killed, left, rng = 0, n_writes, np.random.default_rng([place, kills])
    words, rows = [*command, "--out", out], set()
    while killed < kills:
        last = int(rng.integers(1, 2 + left // (kills - killed)))
        answer = program(*words, kill=last, out=out)
        if answer["code"] == 0:  # it was done before
            break
        assert answer["code"] == -9, answer["output"]
        killed, left = killed + 1, max(1, left - last)
        if state(program.folder / out) == "done":  # only its checkpoints were left to be removed
            check_done(program, command, out)
            assert by_the_clock or outcome(program.folder / out) == outcome(program.folder / reference)
            shutil.rmtree(program.folder / out)
            words, rows, left = [*command, "--out", out], set(), n_writes
            continue
        if killed % 3 == 0:
            check_not_misread(program, out)
        assert rows <= times(program.folder / out)  # a comparison keeps what it has finished, times and all
        rows = times(program.folder / out)
        if command[0] == "train" and (program.folder / out / "config.yaml").exists():
            words = ["resume", out]
    if answer["code"] != 0:
        answer = program(*words, out=out, every_step=False)
    assert answer["code"] == 0, answer["output"]
    assert rows <= times(program.folder / out)
    if by_the_clock:  # so does a run that is told the same
        reference = f"scripted-{place}"
        told = program(*command, "--out", reference, out=reference, script=answer["script"])
        assert told["code"] == 0, told["output"]
        assert told["script"] == answer["script"]
        for file in ("resolved.yaml", "leaderboard.csv"):
            assert (program.folder / out / file).read_bytes() == (program.folder / reference / file).read_bytes()
    assert outcome(program.folder / out) == outcome(program.folder / reference)
    assert not (program.folder / out / "checkpoint").exists()
    assert not list((program.folder / out).glob(".scoreline-*"))
    assert state(program.folder / out) == "done"
    assert killed >= kills // 2
    print(f"{name}: {killed} kills, identical")


@pytest.mark.parametrize("command", ["compare", "sweep"])
def test_tables_are_continued_by_the_same_command_alone(program, command):
    words = [command, "data.npz", "--out", command, "--max-epochs", "5"]
    assert program(*words, kill=25, out=command)["code"] == -9
    assert "unfinished" in program("evaluate", command)["output"]
    assert program("resume", command)["code"] == 2
    assert program(*words, "--seed", "1")["code"] == 2
    answer = program(*words)
    assert answer["code"] == 0, answer["output"]
