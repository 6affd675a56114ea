"""The line search: near the lowest point, never upwards."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.constants import SLOPE_TOLERANCE
from scoreline.engine.exact.line_search import minimize_along
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, dot
from scoreline.losses import LOSSES
from scoreline.penalties import L2


@pytest.fixture(
    params=[
        "softmax",
        "one-vs-all:squared",
        "weston-watkins:smoothing_width=0.1",
        "crammer-singer:smoothing_width=0.1",
    ]
)
def oracle(request):
    rng = np.random.default_rng(0)
    source = MemorySource(3 * rng.normal(size=(60, 6)), rng.integers(3, size=60), 3)
    goal = Objective(LOSSES.build(request.param), L2(), np.array([1e-2]), 3)
    return LocalOracle(goal, source, np.dtype(float))


def search(oracle, sign, length=1.0):
    rng = np.random.default_rng(1)
    here = Params(0.1 * rng.normal(size=(1, 3, 6)), np.zeros((1, 3)))
    scores = oracle.scores(here)
    point = Point.at(oracle, here, scores)
    gradient = point.gradient
    direction = Params(sign * length * gradient.W, sign * length * gradient.b)
    first = dot(gradient, direction)
    found = minimize_along(point, direction, oracle.scores(direction))

    def value(t):
        return oracle.objective.value(here.plus(Params(t * direction.W, t * direction.b)), oracle.source)[0]

    return found, value, first


@pytest.mark.parametrize("length", [1e-2, 1.0, 1e4])
def test_finds_where_it_is_nearly_flat(oracle, length):
    (t, evaluated, _), value, first = search(oracle, -1, length)
    assert value(t) < value(0)
    h = 1e-6 * t
    assert abs(value(t + h) - value(t - h)) / (2 * h) <= (SLOPE_TOLERANCE + 1e-3) * abs(first)
    assert evaluated.loss <= value(t)


def test_returns_the_slopes_at_the_step(oracle):
    (t, evaluated, slopes), _, _ = search(oracle, -1)
    rng = np.random.default_rng(1)
    here = Params(0.1 * rng.normal(size=(1, 3, 6)), np.zeros((1, 3)))
    scores = oracle.scores(here)
    gradient = oracle.gradient(here, oracle.evaluate(scores, None, [0.0])[1])
    moved = here.plus(Params(-t * gradient.W, -t * gradient.b))
    (there,), again = oracle.evaluate(oracle.scores(moved), None, [0.0])
    assert there.loss == pytest.approx(evaluated.loss, rel=1e-12)
    np.testing.assert_allclose(slopes, again, atol=1e-10)


@pytest.mark.parametrize("length", [1e-2, 1.0, 1e4])
def test_steps_that_are_evaluated_together(oracle, length, monkeypatch):
    calls, counts = [], []
    evaluate = oracle.evaluate
    monkeypatch.setattr(oracle, "evaluate", lambda *args, **out: calls.append(args[2]) or evaluate(*args, **out))
    for steps in (1, 4):
        calls.clear()
        oracle.steps_at_once = steps
        (t, evaluated, _), value, first = search(oracle, -1, length)
        h = 1e-6 * t
        assert abs(value(t + h) - value(t - h)) / (2 * h) <= (SLOPE_TOLERANCE + 1e-3) * abs(first)
        assert evaluated.loss <= value(t) < value(0)
        counts.append(len([tried for tried in calls if tried != [0.0]]))
    # Where the step has to be lengthened a hundredfold, four at once save calls.
    assert length != 1e-2 or counts[1] < counts[0]


def test_slopes_are_those_of_the_step_among_several(oracle):
    oracle.steps_at_once = 4
    test_returns_the_slopes_at_the_step(oracle)


def test_does_not_go_up(oracle):
    assert search(oracle, +1)[0] is None


def test_slopes_that_grow_like_exponentials_take_few_tries(monkeypatch):
    """A step that puts a row of great score into the wrong class: with straight lines it took 15 tries."""
    source = MemorySource(np.array([[1.0], [-1.0], [40.0]]), np.array([1, 0, 0]), 2)
    goal = Objective(LOSSES.build("softmax"), L2(), np.array([1e-2]), 2, False)
    oracle = LocalOracle(goal, source, np.dtype(float))
    here = Params(np.array([[[-1.0]]]), np.zeros((1, 1)))
    scores = oracle.scores(here)
    point = Point.at(oracle, here, scores)
    tries = []
    evaluate = oracle.evaluate
    monkeypatch.setattr(oracle, "evaluate", lambda *args, **out: tries.extend(args[2]) or evaluate(*args, **out))
    direction = Params(-np.sign(point.gradient.W) * 3, np.zeros((1, 1)))
    minimize_along(point, direction, oracle.scores(direction))
    assert len(tries) <= 6
