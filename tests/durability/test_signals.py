"""Signals end a run with a checkpoint, its report and their exit codes; what goes on comes to the same bits."""

import json
import os
import signal

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="signals of POSIX")
#: A training that writes a checkpoint after every step, and a write in the middle of an epoch.
COMMAND, MIDDLE = ["train", "data.npz", "--solver", "adam", "--max-epochs", "5", "--batch-size", "32"], 45


@pytest.fixture(scope="module")
def reference(program, outcome):
    assert program(*COMMAND, "--out", "reference", out="reference")["code"] == 0
    return outcome(program.folder / "reference")


def state(program, out):
    return json.loads((program.folder / out / "state.json").read_text())["state"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_first_signal_keeps_the_best_and_goes_on(program, outcome, reference, name):
    answer = program(*COMMAND, "--out", name, kill=MIDDLE, signals=[name], out=name)
    assert answer["code"] == 128 + getattr(signal, name)
    assert f"scoreline resume {name}" in answer["output"]
    assert state(program, name) == "interrupted"
    assert all((program.folder / name / file).exists() for file in ("model.json", "report.html", "metrics.json"))
    assert outcome(program.folder / name) != reference
    answer = program("evaluate", name)
    assert answer["code"] == 0
    assert "interrupted" in answer["output"]
    assert program(*COMMAND, "--out", name)["code"] == 0
    assert outcome(program.folder / name) == reference
    assert state(program, name) == "done"


def test_the_second_signal_ends_at_once(program, outcome, reference):
    answer = program(*COMMAND, "--out", "twice", kill=MIDDLE, signals=["SIGINT"] * 2, out="twice")
    assert answer["code"] == 130
    assert "scoreline resume twice" in answer["output"]
    assert not (program.folder / "twice" / "report.html").exists()
    assert state(program, "twice") == "interrupted"
    answer = program("train", "--resume", "--out", "twice")
    assert answer["code"] == 0, answer["output"]
    assert outcome(program.folder / "twice") == reference


def test_before_there_is_anything_to_go_on_from(program):
    answer = program(*COMMAND, "--out", "early", kill=1, signals=["SIGTERM"], out="early")
    assert answer["code"] == 143
    assert not (program.folder / "early").exists()
    answer = program("resume", "early")
    assert answer["code"] == 3
    assert "not the folder of a run" in answer["output"]


def test_a_run_is_resumed_once_and_with_its_own_settings(program, reference):
    answer = program("resume", "reference")
    assert answer["code"] == 2
    assert "is done" in answer["output"]
    program(*COMMAND, "--out", "other", kill=MIDDLE, out="other")
    answer = program(*COMMAND, "--lam", "0.5", "--out", "other")
    assert answer["code"] == 2
    assert "lam 0.001 there and 0.5 here" in answer["output"]
    answer = program("train", "--resume", "--seed", "3", "--out", "other")
    assert answer["code"] == 2
    assert "seed 0 there and 3 here" in answer["output"]
    answer = program("train", "--resume")
    assert answer["code"] == 2
    assert "--out" in answer["output"]
