"""The session: the lecture's numbers, gestures that can be undone, and no message that harms."""

import json
import subprocess
import sys
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoreline.errors import UsageError
from scoreline.lab import PAGES, LabSession
from scoreline.lab.lines import score_lines
from scoreline.lab.pages.scores import ScoresState, regions, worksheet
from scoreline.lab.points import LossName, gradient_of

LOSSES = get_args(LossName)


def edited(**changes):
    return ScoresState.model_validate(ScoresState().model_dump() | changes)


def test_opens_on_the_lectures_numbers():
    sheet = LabSession().handle({"action": "edit"})["shown"]
    assert [round(loss, 2) for loss in sheet["losses"]] == [0.02, 0.43, 0, 0.40, 1.88, 0, 0.25, 0.57, 2.24]
    assert round(sheet["data_loss"], 2) == 0.64
    assert round(sheet["penalty"], 2) == 1.93
    assert sheet["total"] == sheet["data_loss"] + sheet["penalty"]
    assert sheet["arithmetic"][0] == "max(0, 0.01 − 1.20 + 1) + max(0, 0.22 − 1.20 + 1) = 0.02"


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", ["l2", "l1"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_gradient_is_that_of_the_total(loss, penalty, n_classes):
    state = edited(loss=loss, penalty=penalty, margin=0.93)
    if n_classes == 2:
        points = [point for point in state.points if point[2] < 2]
        state = edited(loss=loss, penalty=penalty, margin=0.93, points=points, weights=state.weights[:2])
    found = gradient_of(state)
    for cell in np.ndindex(found.shape):
        totals = []
        for h in (1e-6, -1e-6):
            weights = np.array(state.weights)
            weights[cell] += h
            totals.append(
                worksheet(ScoresState.model_validate(state.model_dump() | {"weights": weights.tolist()}))["total"]
            )
        assert found[cell] == pytest.approx((totals[0] - totals[1]) / 2e-6, abs=1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_arithmetic_ends_in_the_loss(loss):
    sheet = worksheet(edited(loss=loss))
    for text, value in zip(sheet["arithmetic"], sheet["losses"], strict=True):
        assert float(text.rsplit("= ", 1)[1]) == pytest.approx(value, abs=0.005)
        if loss != "softmax":
            terms = text.rsplit(" = ", 1)[0].replace("−", "-").replace("²", "**2")
            assert eval(terms) == pytest.approx(value, abs=0.05 + 0.05 * value)  # noqa: S307 - our own text


def test_steps_go_down_and_back():
    session = LabSession()
    totals = [session.handle({"action": "step"})["shown"]["total"] for _ in range(5)]
    assert totals == sorted(totals, reverse=True)
    for _ in range(5):
        answer = session.handle({"action": "undo"})
    assert answer["state"] == ScoresState().model_dump()
    assert not answer["can_undo"]
    assert session.handle({"action": "step", "count": 5})["shown"]["total"] == totals[-1]


def test_a_drag_is_one_gesture():
    session = LabSession()
    points = [list(point) for point in ScoresState().points]
    for x in (0.1, 0.2, 0.3):
        points[0][0] = x
        answer = session.handle({"action": "edit", "changes": {"points": points}, "coarse": True})
    assert len(answer["shown"]["regions"]) < 100
    answer = session.handle({"action": "edit", "changes": {"points": points}})
    assert len(answer["shown"]["regions"]) > 100
    assert session.handle({"action": "undo"})["state"] == ScoresState().model_dump()


def test_randomise_is_seeded_and_reset_goes_to_the_start():
    first, second = LabSession(), LabSession()
    weights = [s.handle({"action": "randomise"})["state"]["weights"] for s in (first, second)]
    assert weights[0] == weights[1]
    assert first.handle({"action": "randomise"})["state"]["weights"] != weights[0]
    assert first.handle({"action": "reset"})["state"] == ScoresState().model_dump()


def test_the_state_goes_through_a_link_to_the_digit():
    session = LabSession()
    session.handle({"action": "step", "count": 3})
    kept = json.loads(json.dumps(session.handle({"action": "edit"})["state"]))
    other = LabSession()
    answer = other.handle({"action": "edit", "changes": kept})
    assert other.state == session.state
    assert answer["shown"].items() >= worksheet(session.state).items()


@pytest.mark.parametrize("loss", LOSSES)
def test_the_script_prints_the_same_numbers(loss, printed):
    session = LabSession(start=edited(loss=loss, margin=1.5))
    script = session.handle({"action": "python"})["script"]
    sheet = worksheet(session.state)
    line = f"data {sheet['data_loss']!r} + regularization {sheet['penalty']!r} = {sheet['total']!r}"
    assert printed(script).splitlines()[-1] == line


@pytest.mark.parametrize("name", PAGES)
def test_a_script_needs_nothing_that_another_has_imported(name, printed):
    script = LabSession(name).handle({"action": "python"})["script"]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == printed(script)


def test_no_points_and_ten_classes():
    answer = LabSession(start=edited(points=[])).handle({"action": "step"})
    assert answer["shown"]["data_loss"] == 0
    weights = np.random.default_rng(0).standard_normal((10, 3)).tolist()
    assert set("".join(regions(edited(weights=weights), 40))) <= set("0123456789")


@pytest.mark.parametrize(
    "message",
    [
        None, 3, [], {}, {"action": "eval"}, {"action": "edit", "changes": {"lam": -1}},
        {"action": "edit", "changes": {"lam": float("nan")}}, {"action": "edit", "changes": {"loss": "mine"}},
        {"action": "edit", "changes": {"points": [[0, 0, 3]]}}, {"action": "edit", "changes": {"strange": 1}},
        {"action": "edit", "changes": {"points": [[0, 0, 0]] * 1001}}, {"action": "step", "count": 10**6},
        {"action": "edit", "changes": {"weights": [[1, 1, 1]]}}, {"action": "edit", "changes": {"weights": "x"}},
    ],
)  # fmt: skip
def test_what_cannot_be_taken_changes_nothing(message):
    session = LabSession()
    with pytest.raises(UsageError):
        session.handle(message)
    assert session.state == ScoresState()


def test_divergence_is_told_and_can_be_stepped_back_from():
    session = LabSession(start=edited(lr=1e6, lam=10))
    with pytest.raises(UsageError, match="diverges"):
        session.handle({"action": "step", "count": 100})
    assert np.isfinite(session.state.weights).all()


@given(st.tuples(*[st.floats(-3, 3)] * 3))
def test_lines_lie_where_the_score_is_zero(weights):
    (line,) = score_lines(np.array([weights]), 1.0)
    for ends, level in ((line["zero"], 0), (line["above"], 1), (line["below"], -1)):
        for x, y in ends or []:
            assert max(abs(x), abs(y)) <= 1
            assert weights[0] * x + weights[1] * y + weights[2] == pytest.approx(level, abs=1e-9)
