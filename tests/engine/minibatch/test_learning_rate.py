"""A learning rate that follows from the data."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.minibatch.learning_rate import largest_eigenvalue, safe_lr, suggest_lr
from scoreline.engine.minibatch.training import Plan, train
from scoreline.engine.problem.events import StepDone
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import zero_params
from scoreline.losses import LOSSES
from scoreline.optimizers import SGD, Adam
from scoreline.penalties import L2
from scoreline.schedules import Constant

RNG = np.random.default_rng(0)


def source(n=200, d=8, n_classes=3):
    X = RNG.normal(size=(n, d)) * np.linspace(0.5, 5, d)
    return MemorySource(X, (X @ RNG.normal(size=(d, n_classes))).argmax(axis=1), n_classes)


def objective(loss="softmax", n_classes=3, lam=1e-2):
    return Objective(LOSSES.build(loss), L2(), np.array([lam]), n_classes)


def test_largest_eigenvalue():
    X = RNG.normal(size=(300, 20)) * np.linspace(1, 4, 20)
    expected = np.linalg.eigvalsh(X.T @ X / 300)[-1]
    assert 0.9 * expected < largest_eigenvalue(X) <= expected * (1 + 1e-9)


def test_of_nothing():
    assert largest_eigenvalue(np.zeros((5, 3))) == 0


@pytest.mark.parametrize(
    "loss",
    [
        "softmax",
        "one-vs-all:squared",
        "squared-error",
        "weston-watkins:squared",
        "weston-watkins:squared,average",
    ],
)
def test_gradient_descent_at_the_safe_rate_never_rises(loss):
    rows, goal = source(), objective(loss)
    lr = safe_lr(goal, rows, rows.n_examples)
    plan = Plan(SGD(), Constant(), lr, rows.n_examples, 40, 0)
    told = [
        e.objective[0]
        for e in train(goal, rows, plan, zero_params(1, 3, 8, np.dtype(float)))
        if isinstance(e, StepDone)
    ]
    assert told == sorted(told, reverse=True)


def test_small_batches_need_smaller_steps():
    rows, goal = source(), objective()
    assert safe_lr(goal, rows, 1) < safe_lr(goal, rows, 32) < safe_lr(goal, rows, 200)


def test_rules_that_rescale_take_their_own():
    assert suggest_lr(objective(), source(), Adam(), 32) == 1e-3


def test_weights_are_repetitions():
    rows, times = source(50), RNG.integers(1, 4, 50)
    weighted = MemorySource(rows.X, rows.y, 3, times.astype(float))
    repeated = MemorySource(np.repeat(rows.X, times, axis=0), np.repeat(rows.y, times), 3)
    a, b = (safe_lr(objective(), s, 1000) for s in (weighted, repeated))
    assert a == pytest.approx(b, rel=1e-2)


def test_every_configuration_has_its_own_rate():
    goal = Objective(LOSSES.build("softmax"), L2(), np.array([1e-2, 10.0]), 3)
    rows = source()
    together = safe_lr(goal, rows, 32)
    alone = [safe_lr(objective(lam=lam), rows, 32)[0] for lam in goal.lam]
    np.testing.assert_array_equal(together, alone)
    assert together[1] < together[0]
    np.testing.assert_array_equal(suggest_lr(goal, rows, Adam(), 32), [1e-3, 1e-3])
