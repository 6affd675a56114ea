"""The gradient bench: true gradients pass, planted bugs are found, and the numbers are those of the script."""

from typing import get_args

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.lab import LabSession
from scoreline.lab.pages.gradients import BUGS, GradientsState, shown_gradient
from scoreline.lab.points import LossName, gradient_of

LOSSES = get_args(LossName)


def shown(**changes):
    return LabSession("gradients").handle({"action": "edit", "changes": changes})["shown"]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_without_a_bug_it_is_the_gradient_and_passes(loss, penalty):
    state = GradientsState(loss=loss, penalty=penalty)
    np.testing.assert_allclose(shown_gradient(state), gradient_of(state), rtol=1e-12, atol=1e-15)
    assert shown(loss=loss, penalty=penalty, scheme="central", h=1e-6)["passed"]


@pytest.mark.parametrize("bug", [name for name in BUGS if name != "none"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_each_bug_is_found(bug, dtype):
    answer = shown(bug=bug, scheme="central", h=1e-5 if dtype == "float64" else 1e-2, dtype=dtype)
    assert not answer["passed"]
    assert "wrong" in np.array(answer["verdicts"])


def test_the_published_demos_bug_is_a_quarter_of_the_penalty():
    state = GradientsState(bug="half-penalty")
    W = np.array(state.weights)[:, :2]
    gap = gradient_of(state) - shown_gradient(state)
    np.testing.assert_allclose(gap[:, :2], 1.5 * state.lam * W, rtol=1e-12)
    np.testing.assert_array_equal(gap[:, 2], 0)


def test_a_secret_bug_is_one_of_them_and_another_each_time():
    session, seen = LabSession("gradients"), set()
    for _ in range(30):
        answer = session.handle({"action": "hide-bug"})
        assert answer["state"]["bug"] == "mystery"
        assert not answer["shown"]["passed"]
        seen.add(answer["shown"]["bug"])
    assert seen == set(BUGS) - {"none"}


def test_the_difference_is_made_of_the_shown_values():
    for scheme, h in (("forward", 1e-4), ("central", 1e-3)):
        answer = shown(scheme=scheme, h=h, row=1, col=0)
        parts = answer["difference"]
        by_hand = (
            (parts["ahead"] - parts["here"]) / h
            if scheme == "forward"
            else (parts["ahead"] - parts["behind"]) / (2 * h)
        )
        assert parts["numeric"] == pytest.approx(by_hand, rel=1e-6)
        assert answer["numeric"][1][0] == parts["numeric"]


def test_the_u_curve_has_its_bottom_inside():
    curve = shown(loss="softmax")["curve"]
    for name, errors in curve["errors"].items():
        found = np.array([np.inf if error is None else error for error in errors])
        best = int(found.argmin())
        assert 0 < best < len(found) - 1, name
        assert found[best] < 1e-2 * found[0], name


def test_a_corner_is_flagged():
    # One point of class 0 that stands exactly on the margin against class 1.
    points, weights = [[1.0, 0.0, 0]], [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    answer = shown(points=points, weights=weights, lam=0.0, scheme="central")
    assert answer["verdicts"][0][0] == "kink"
    assert answer["passed"]


def test_the_script_prints_the_same_cells(printed):
    session = LabSession("gradients")
    answer = session.handle({"action": "edit", "changes": {"scheme": "central", "h": 1e-5, "loss": "softmax"}})
    script = session.handle({"action": "python"})["script"]
    last = printed(script).splitlines()[-1].split()
    assert float(last[-2]) == pytest.approx(answer["shown"]["numeric"][2][2], rel=1e-12)
    assert last[-1] == answer["shown"]["verdicts"][2][2]


@pytest.mark.parametrize(
    "changes", [{"row": 3}, {"col": 3}, {"h": 0}, {"h": 2}, {"bug": "mine"}, {"scheme": "sideways"}]
)
def test_what_there_is_not_is_refused(changes):
    with pytest.raises(UsageError):
        shown(**changes)


def test_no_points():
    answer = shown(points=[])
    assert answer["passed"]
