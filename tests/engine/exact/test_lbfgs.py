"""The model meets the curvature that it has seen."""

import numpy as np

from scoreline.engine.exact.lbfgs import LBFGS
from scoreline.engine.problem.params import Params

RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(8, 8))
HESSIAN = ROOT @ ROOT.T + np.eye(8)  # of two rows of three weights and two biases


def params(numbers):
    return Params(numbers[:6].reshape(1, 2, 3), numbers[6:].reshape(1, 2))


def flat(one):
    return np.concatenate([one.W.ravel(), one.b.ravel()])


def model_of(n_steps):
    model = LBFGS(lambda gradient: gradient)
    steps = RNG.normal(size=(n_steps, 8))
    for step in steps:
        model.learn(params(step), params(HESSIAN @ step), params(np.zeros(8)))
    return model, steps


def test_meets_the_last_curvature():
    model, steps = model_of(3)
    np.testing.assert_allclose(flat(model.times(params(HESSIAN @ steps[-1]))), steps[-1], atol=1e-10)


def test_steps_without_curvature_are_forgotten():
    model, _ = model_of(2)
    model.learn(params(np.ones(8)), params(-np.ones(8)), params(np.zeros(8)))
    assert len(model.pairs) == 2


def test_preconditioner_is_scaled_to_the_curvature_seen():
    model = LBFGS(lambda gradient: Params(1e3 * gradient.W, 1e3 * gradient.b))
    step = RNG.normal(size=8)
    change = HESSIAN @ step
    model.learn(params(step), params(change), params(np.zeros(8)))
    across = RNG.normal(size=8)
    for known in (step, change):  # what the pair knows nothing of is left to the preconditioner
        across -= known * (across @ known) / (known @ known)
    across -= step * (across @ step) / (step @ step)
    times = flat(model.times(params(across)))
    scale = step @ change / (change @ change)
    expected = scale * across - step * (change @ (scale * across)) / (step @ change)
    np.testing.assert_allclose(times, expected, atol=1e-10)
