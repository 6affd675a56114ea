"""One Newton step from 0 is ridge regression where the loss is squared."""

from dataclasses import replace

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.first_step import first_steps, has_first_step
from scoreline.engine.exact.solver import measure_for, minimize_exactly
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import zero_params
from scoreline.engine.problem.stopping import drive
from scoreline.losses import LOSSES, Softmax
from scoreline.penalties import L1, L2, ElasticNet

RNG = np.random.default_rng(0)
SOURCE = MemorySource(RNG.normal(size=(90, 5)), np.arange(90) % 3, 3)
GOAL = Objective(Softmax(), L2(), np.array([1.0]), 3)


def test_it_is_the_optimum_of_a_squared_loss():
    goal = replace(GOAL, loss=LOSSES.build("squared-error"))
    moments, dtype = measure_for(goal, SOURCE), np.dtype(np.float64)
    lams = [1.0, 0.1]
    for lam, params in first_steps(goal, SOURCE, moments, lams, dtype):
        one = replace(goal, lam=np.array([lam]))
        best = drive(minimize_exactly(one, SOURCE, zero_params(1, 3, 5, dtype), tol=1e-12, max_iter=100), [])
        np.testing.assert_allclose(params.W, best.params.W, atol=1e-5)
        np.testing.assert_allclose(params.b, best.params.b, atol=1e-5)


@pytest.mark.parametrize("penalty", [L1(), ElasticNet()])
def test_corners_have_none(penalty):
    assert has_first_step(GOAL)
    assert not has_first_step(replace(GOAL, penalty=penalty))
    assert not has_first_step(replace(GOAL, loss=LOSSES.build("svm")))
