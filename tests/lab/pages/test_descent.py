"""Descent: the library's own runs, step by step, and every number on the page true."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.lab import LabSession
from scoreline.lab.pages.descent import DescentState, rate_limit, stepwise_run
from scoreline.lab.pages.scores import ScoresState, worksheet
from scoreline.lab.points import PointsState, gradient_of

METHODS = ["random-search", "random-local-search", "gradient-descent", "mini-batch"]


def after(steps, **changes):
    session = LabSession("descent")
    return session, session.handle({"action": "edit", "changes": {"step": steps, **changes}})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_the_script_ends_where_the_page_does(method, penalty, printed):
    session, answer = after(17, method=method, penalty=penalty, rates=[[0, 0.2], [5, 0.05]])
    script = session.handle({"action": "python"})["script"]
    assert float(printed(script).splitlines()[-1]) == pytest.approx(answer["shown"]["full"][-1], rel=1e-12)


def test_the_total_is_that_of_page_one():
    _, answer = after(10, method="gradient-descent")
    state = ScoresState(weights=answer["shown"]["weights"])
    assert answer["shown"]["full"][-1] == pytest.approx(worksheet(state)["total"], rel=1e-12)
    assert answer["shown"]["accuracy"] == worksheet(state)["accuracy"]


def test_gradient_descent_takes_the_gradient():
    start = PointsState()
    _, answer = after(1, method="gradient-descent", rates=[[0, 0.1]])
    expected = np.array(start.weights) - 0.1 * gradient_of(start)
    np.testing.assert_allclose(answer["shown"]["weights"], expected, rtol=1e-12)
    assert answer["shown"]["cosines"] == pytest.approx([1.0])
    size = np.linalg.norm(0.1 * gradient_of(start)) / np.linalg.norm(start.weights)
    assert answer["shown"]["updates"] == pytest.approx([size])


def test_a_rate_changed_in_the_middle_leaves_the_past_alone():
    _, plain = after(20)
    _, changed = after(20, rates=[[0, 0.1], [10, 0.01]])
    assert changed["shown"]["full"][:11] == plain["shown"]["full"][:11]
    assert changed["shown"]["full"][11] != plain["shown"]["full"][11]
    assert changed["shown"]["lr"] == [0.1] * 10 + [0.01] * 10


def test_one_step_at_a_time_is_the_same_run():
    session = LabSession("descent")
    for _ in range(12):
        one_by_one = session.handle({"action": "step", "coarse": True})
    _, at_once = after(12)
    assert one_by_one["shown"]["full"] == at_once["shown"]["full"]


def test_searches_never_get_worse():
    for method in METHODS[:2]:
        _, answer = after(200, method=method)
        assert answer["shown"]["full"] == sorted(answer["shown"]["full"], reverse=True)
        assert answer["shown"]["full"][-1] < answer["shown"]["full"][0]


@pytest.mark.parametrize("plane", ["path", "weights"])
def test_the_slice_is_true(plane):
    _, answer = after(9, plane=plane)
    found = answer["shown"]["slice"]
    objective = np.array(found["objective"], float)
    # Where the axes cross are the present weights.
    middle = objective[len(objective) // 2, len(objective) // 2]
    assert middle == pytest.approx(answer["shown"]["full"][-1], rel=1e-9)
    assert found["path"][-1] == pytest.approx([0, 0])
    assert np.isfinite(objective).all()


def test_the_limit_of_a_quadratic_is_two_over_its_curvature():
    # All losses 0, so that only lam * sum W^2 is left: its curvature is 2 lam.
    state = DescentState(points=[[1.0, 0.0, 0]], weights=[[9.0, 0.0, 0.0], [-9.0, 0.0, 0.0]], lam=0.25)
    assert rate_limit(state) == pytest.approx(2 / 0.5, rel=1e-6)
    assert rate_limit(state.model_copy(update={"lam": 0.0})) is None


@pytest.mark.parametrize("lr", [0.9, 1.1])
def test_beyond_the_limit_gradient_descent_diverges(lr):
    state = DescentState(loss="softmax", lam=1.0)
    limit = rate_limit(state.model_copy(update={"weights": tuple((0.0, 0.0, 0.0) for _ in range(3))}))
    _, answer = after(400, method="gradient-descent", loss="softmax", lam=1.0, rates=[[0, lr * limit]])
    full = answer["shown"]["full"]
    grows = full[-1] is None or full[-1] > full[0] or answer["shown"]["diverged"] != ""
    assert grows == (lr > 1)


def test_divergence_is_told():
    _, answer = after(2000, method="gradient-descent", lam=1.0, rates=[[0, 100.0]])
    assert "step" in answer["shown"]["diverged"]
    assert answer["shown"]["step"] < 2000


def test_the_strip_diverges_at_its_end_and_not_at_its_start():
    _, answer = after(0)
    strip = answer["shown"]["strip"]
    assert not strip["diverged"][0]
    assert strip["diverged"][-1]
    best = int(np.argmin([np.inf if value is None else value for value in strip["objective"]]))
    assert 0 < best < len(strip["rates"]) - 1


def test_drawn_points_and_starts():
    session = LabSession("descent")
    drawn = session.handle({"action": "draw"})
    assert len(drawn["state"]["points"]) == 150
    assert session.handle({"action": "randomise"})["state"]["weights"] != drawn["state"]["weights"]
    assert session.handle({"action": "undo"})["state"] == drawn["state"]


@pytest.mark.parametrize(
    "changes",
    [{"rates": []}, {"rates": [[1, 0.1]]}, {"rates": [[0, 0.1], [0, 0.2]]}, {"rates": [[0, 0]]}, {"points": []},
     {"step": 2001}, {"batch": 0}, {"method": "newton"}],
)  # fmt: skip
def test_what_there_is_not_is_refused(changes):
    with pytest.raises(UsageError):
        LabSession("descent").handle({"action": "edit", "changes": changes})


def test_a_run_goes_no_further_than_it_may():
    run = stepwise_run(DescentState())
    assert run.until(10**9) == 2000
