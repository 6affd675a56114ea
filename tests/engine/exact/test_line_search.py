"""The line search: near the lowest point, never upwards."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.constants import SLOPE_TOLERANCE
from scoreline.engine.exact.line_search import minimize_along
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.engine.problem.point import Point, dot
from scoreline.losses import LOSSES
from scoreline.penalties import L2


@pytest.fixture(
    params=["softmax", "one-vs-all:squared", "weston-watkins:rounding=0.1", "crammer-singer:rounding=0.1"]
)
def passes(request):
    rng = np.random.default_rng(0)
    source = MemorySource(3 * rng.normal(size=(60, 6)), rng.integers(3, size=60), 3)
    return Passes(Objective(LOSSES.build(request.param), L2(), np.array([1e-2]), 3), source)


def search(passes, sign, length=1.0):
    rng = np.random.default_rng(1)
    here = Params(0.1 * rng.normal(size=(1, 3, 6)), np.zeros((1, 3)))
    scores = passes.scores(here)
    point = Point.at(passes, here, scores)
    gradient = point.gradient
    direction = Params(sign * length * gradient.W, sign * length * gradient.b)
    first = dot(gradient, direction)
    slopes = np.empty_like(scores)
    t, evaluated = minimize_along(point, direction, passes.scores(direction), slopes)

    def value(t):
        return passes.objective.value(here.plus(Params(t * direction.W, t * direction.b)), passes.source)[0]

    return t, evaluated, slopes, value, first


@pytest.mark.parametrize("length", [1e-2, 1.0, 1e4])
def test_finds_where_it_is_nearly_flat(passes, length):
    t, evaluated, _, value, first = search(passes, -1, length)
    assert value(t) < value(0)
    h = 1e-6 * t
    assert abs(value(t + h) - value(t - h)) / (2 * h) <= (SLOPE_TOLERANCE + 1e-3) * abs(first)
    assert evaluated.loss <= value(t)


def test_leaves_the_slopes_of_the_step_behind(passes):
    t, evaluated, slopes, _, _ = search(passes, -1)
    again = np.empty_like(slopes)
    rng = np.random.default_rng(1)
    here = Params(0.1 * rng.normal(size=(1, 3, 6)), np.zeros((1, 3)))
    scores = passes.scores(here)
    passes.evaluate(scores, None, 0.0, again)
    gradient = passes.gradient(here, again)
    moved = here.plus(Params(-t * gradient.W, -t * gradient.b))
    assert passes.evaluate(passes.scores(moved), None, 0.0, again).loss == pytest.approx(evaluated.loss, rel=1e-12)
    np.testing.assert_allclose(slopes, again, atol=1e-10)


def test_does_not_go_up(passes):
    t, evaluated, *_ = search(passes, +1)
    assert t == 0
    assert evaluated is None


def test_slopes_that_grow_like_exponentials_take_few_tries(monkeypatch):
    """A step that puts a row of great score into the wrong class: with straight lines it took 15 tries."""
    source = MemorySource(np.array([[1.0], [-1.0], [40.0]]), np.array([1, 0, 0]), 2)
    passes = Passes(Objective(LOSSES.build("softmax"), L2(), np.array([1e-2]), 2, False), source)
    here = Params(np.array([[[-1.0]]]), np.zeros((1, 1)))
    scores = passes.scores(here)
    point = Point.at(passes, here, scores)
    tries = []
    evaluate = passes.evaluate
    monkeypatch.setattr(passes, "evaluate", lambda *args: tries.append(args[2]) or evaluate(*args))
    direction = Params(-np.sign(point.gradient.W) * 3, np.zeros((1, 1)))
    minimize_along(point, direction, passes.scores(direction), np.empty_like(scores))
    assert len(tries) <= 6
