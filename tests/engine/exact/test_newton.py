"""Newton's model of smoothed hinges: its Hessian is the derivative of the gradient."""

import numpy as np
import pytest

import scoreline.engine.exact.newton as newton_module
from scoreline.data.memory import MemorySource
from scoreline.engine.exact.moments import measure_moments
from scoreline.engine.exact.newton import Newton
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.point import Point, dot
from scoreline.losses import LOSSES, rows_for
from scoreline.penalties import L2

LAM = 1e-2


def model_at(loss, n_classes, *, weighted=False, n=200, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(n_classes, size=n)
    source = MemorySource(rng.normal(size=(n, 6)) * 3 + 1, y, n_classes, rng.random(n) if weighted else None)
    goal = Objective(
        LOSSES.build(loss), L2(), np.array([LAM]), n_classes, standardization=Standardization.of(source)
    )
    oracle = LocalOracle(goal, source, np.dtype(float))
    R = rows_for(n_classes)
    params = Params(0.2 * rng.normal(size=(1, R, 6)), 0.1 * rng.normal(size=(1, R)))
    scores = oracle.scores(params)
    point = Point.at(oracle, params, scores)
    newton = Newton(measure_moments(goal, source), 2 * LAM)
    return oracle, point, newton


@pytest.mark.parametrize(
    "loss",
    ["weston-watkins:smoothing_width=1.5", "crammer-singer:smoothing_width=0.5", "one-vs-all:smoothing_width=1.5"],
)
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_direction_solves_the_newton_equation(loss, n_classes, weighted, monkeypatch):
    monkeypatch.setattr(newton_module, "CG_ACCURACY", 1e-8)
    oracle, point, newton = model_at(loss, n_classes, weighted=weighted)
    direction = newton.direction(point, newton.first(1.0))
    h = 1e-6

    def gradient(t):
        params = point.params.plus(direction, t)
        scores = oracle.scores(params)
        return Point.at(oracle, params, scores).gradient

    above, below = gradient(h), gradient(-h)
    for up, down, start in zip(above, below, point.gradient, strict=True):
        np.testing.assert_allclose((up - down) / (2 * h), -start, rtol=1e-3, atol=2e-4)


def test_where_nothing_bends_the_way_is_still_down():
    _, point, newton = model_at("weston-watkins:smoothing_width=1e-9", 4)
    assert dot(point.gradient, newton.direction(point, newton.first(1.0))) < 0


def test_of_many_rows_some_stand_for_all(monkeypatch):
    _, point, newton = model_at("weston-watkins:smoothing_width=1.5", 4, n=4000)
    whole = newton.direction(point, newton.first(1.0))
    monkeypatch.setattr(newton_module, "NEWTON_ENTRIES", 6 * 1500)
    some = newton.direction(point, newton.first(1.0))
    cosine = dot(whole, some) / np.sqrt(dot(whole, whole) * dot(some, some))
    assert 0.9 < cosine < 1
