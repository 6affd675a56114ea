"""Both searches equal the plain loops that the lecture writes down."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.problem.events import Evaluated, Reason, RunEnded
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.search.random import RandomLocalSearch, RandomSearch
from scoreline.errors import UsageError
from scoreline.losses import Softmax, WestonWatkins
from scoreline.penalties import L2

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 4)), RNG.integers(0, 3, 50)
LIKE = zero_params(1, 3, 4, np.dtype(np.float64))


def setting(weighted, lam):
    source = MemorySource(X, Y, 3, RNG.random(50) if weighted else None)
    return Objective(WestonWatkins(), L2(), np.array([lam]), 3), source


def draw(rng, scale):
    numbers = scale * rng.standard_normal((3, 5))
    return Params(numbers[None, :, :4], numbers[None, :, 4])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_random_search_is_the_lectures(weighted, lam):
    objective, source = setting(weighted, lam)
    rng, best, best_value = np.random.default_rng(7), None, np.inf
    for _ in range(230):
        tried = draw(rng, 0.5)
        value = objective.value(tried, source)[0]
        if value < best_value:
            best, best_value = tried, value
    *_, ended = RandomSearch(tries=230, scale=0.5).run(objective, source, LIKE, 7)
    np.testing.assert_array_equal(ended.params.W, best.W)
    np.testing.assert_array_equal(ended.params.b, best.b)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_random_local_search_is_the_lectures(weighted, lam):
    objective, source = setting(weighted, lam)
    rng = np.random.default_rng(7)
    here = draw(rng, 0.1)
    value = objective.value(here, source)[0]
    taken = 0
    for _ in range(150):
        tried = here.plus(draw(rng, 0.05))
        tried_value = objective.value(tried, source)[0]
        if tried_value < value:
            here, value, taken = tried, tried_value, taken + 1
    *_, ended = RandomLocalSearch(tries=150, scale=0.1, step=0.05).run(objective, source, LIKE, 7)
    np.testing.assert_allclose(ended.params.W, here.W, rtol=1e-12)
    np.testing.assert_allclose(ended.params.b, here.b, rtol=1e-12)
    assert 10 < taken < 150


@pytest.mark.parametrize("search", [RandomSearch(350, 0.5), RandomLocalSearch(350, 0.1, 0.05)])
def test_what_is_told(search):
    objective, source = setting(weighted=True, lam=0.1)
    told = list(search.run(objective, source, LIKE, 0))
    passes = [event for event in told if isinstance(event, Evaluated)]
    values = [event.objective[0] for event in passes]
    assert values == sorted(values, reverse=True)
    assert passes[-1].step == 350
    assert isinstance(told[-1], RunEnded)
    assert told[-1].reason is Reason.MAX_EPOCHS
    assert objective.value(told[-1].params, source)[0] == pytest.approx(values[-1])


def test_can_be_stopped():
    objective, source = setting(weighted=False, lam=0.0)
    run = RandomSearch(1000).run(objective, source, LIKE, 0)
    next(run)
    next(run)
    ended = run.send(Reason.INTERRUPTED)
    assert (ended.reason, ended.step) == (Reason.INTERRUPTED, 100)


def test_no_intercept():
    source = MemorySource(X, Y, 3)
    objective = Objective(Softmax(), L2(), np.array([0.0]), 3, fit_intercept=False)
    *_, ended = RandomLocalSearch(50).run(objective, source, LIKE, 0)
    assert (ended.params.b == 0).all()


@pytest.mark.parametrize("settings", [{"tries": 0}, {"scale": 0.0}, {"step": -1.0}])
def test_wrong_settings(settings):
    with pytest.raises(UsageError):
        RandomLocalSearch(**settings)
