"""The race: fair, the same as the library's own runs, on surfaces whose gradients are right."""

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.gradients import check_gradient
from scoreline.lab import LabSession
from scoreline.lab.pages.race import SURFACES
from scoreline.optimizers import OPTIMIZERS

PROBLEMS = ["classifier", *SURFACES]


def after(steps, **changes):
    session = LabSession("race")
    return session, session.handle({"action": "edit", "changes": {"step": steps, **changes}})


@pytest.mark.parametrize("name", SURFACES)
def test_gradients_of_the_surfaces(name):
    surface = SURFACES[name]
    for place in ([0.7, -1.3], [2.0, 0.4], list(surface.start)):
        check = check_gradient(
            lambda p: float(surface.value(p, 30.0)), lambda p: surface.gradient(p, 30.0), np.array(place)
        )
        assert check.passed, str(check)


def test_least_values():
    assert SURFACES["beale"].value(np.array([3.0, 0.5]), 1.0) == SURFACES["beale"].least
    assert SURFACES["saddle"].value(np.array([0.0, 1.0]), 1.0) == SURFACES["saddle"].least
    assert SURFACES["quadratic"].value(np.zeros(2), 9.0) == SURFACES["quadratic"].least


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("penalty", ["l2", "l1"])
def test_the_script_reaches_the_same_values(problem, penalty, printed):
    session, answer = after(25, problem=problem, seeds=1, noise=0.3, penalty=penalty)
    script = session.handle({"action": "python"})["script"]
    for line in printed(script).splitlines():
        name, value = line.split()
        found = answer["shown"]["runners"][name]
        if found["out"] is None:
            assert float(value) == pytest.approx(found["median"][-1], rel=1e-9), name


@pytest.mark.parametrize("problem", PROBLEMS)
def test_all_start_together(problem):
    _, answer = after(3, problem=problem)
    starts = {found["median"][0] for found in answer["shown"]["runners"].values()}
    assert len(starts) == 1
    assert set(answer["shown"]["runners"]) == set(OPTIMIZERS)


def test_one_step_at_a_time_is_the_same_race():
    session = LabSession("race")
    for _ in range(8):
        one_by_one = session.handle({"action": "step"})
    _, at_once = after(8)
    for name, found in at_once["shown"]["runners"].items():
        assert one_by_one["shown"]["runners"][name]["median"] == found["median"]


def test_seeds_give_a_range_and_full_gradients_none():
    _, noisy = after(10, seeds=5)
    assert any(
        a < b for a, b in zip(*(noisy["shown"]["runners"]["sgd"][k] for k in ("least", "most")), strict=True)
    )
    _, full = after(10, seeds=5, batch=9)
    assert full["shown"]["runners"]["sgd"]["least"] == full["shown"]["runners"]["sgd"]["most"]


def test_axes():
    _, answer = after(9)
    found = answer["shown"]["runners"]["adam"]
    assert found["steps"] == list(range(10))
    assert found["evaluations"] == pytest.approx([step / 3 for step in range(10)])
    assert found["milliseconds"] == sorted(found["milliseconds"])
    assert found["milliseconds"][0] == 0


def test_who_runs_away_is_out():
    _, answer = after(200, problem="quadratic", condition=1000, lrs=dict.fromkeys(OPTIMIZERS, 1.0))
    assert answer["shown"]["runners"]["sgd"]["out"] is not None
    assert "sgd" not in answer["shown"]["ranking"]


@pytest.mark.parametrize(
    "changes",
    [{"lrs": {"sgd": 0.1}}, {"runners": ["newton"]}, {"lrs": {"newton": 1}}, {"seeds": 11}, {"step": 501},
     {"start": [11, 0]}, {"problem": "maze"}, {"points": []}],
)  # fmt: skip
def test_what_there_is_not_is_refused(changes):
    with pytest.raises(UsageError):
        LabSession("race").handle({"action": "edit", "changes": changes})
