"""The lecture's sanity checks: what passes, and what must not."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.minibatch.sanity import check_first_loss, check_overfit
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.losses import LOSSES
from scoreline.penalties import L2

RNG = np.random.default_rng(0)


def source(n=200, d=8, n_classes=3):
    X = RNG.normal(size=(n, d)) * np.linspace(0.5, 5, d)
    return MemorySource(X, (X @ RNG.normal(size=(d, n_classes))).argmax(axis=1), n_classes)


def objective(loss="softmax", n_classes=3, lam=1e-2):
    return Objective(LOSSES.build(loss), L2(), np.array([lam]), n_classes)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_first_loss(loss, n_classes):
    rows = source(n_classes=n_classes)
    check = check_first_loss(objective(loss, n_classes), rows, 0)
    assert check.passed, check


def test_first_loss_sees_labels_that_do_not_belong():
    rows = source(n_classes=10)

    class Short(type(objective().loss)):
        def value(self, scores, y):
            return 3 * super().value(scores, y)

    check = check_first_loss(Objective(Short(), L2(), np.array([0.0]), 10), rows, 0)
    assert not check.passed


@pytest.mark.parametrize("loss", LOSSES)
def test_thousands_of_features_can_be_overfitted(loss):
    """Adam's steps in all of them together are long: a loss that grows on both sides must not run away."""
    rows = MemorySource(RNG.gamma(0.3, size=(40, 3000)), np.arange(40) % 3, 3)
    check = check_overfit(objective(loss), rows, 0)
    assert check.passed, check


@pytest.mark.parametrize("loss", LOSSES)
def test_a_tiny_subset_can_be_fitted(loss):
    check = check_overfit(objective(loss), source(d=30), 0)
    assert check.passed, check


def test_equal_rows_with_different_labels_cannot():
    X = np.ones((40, 5))
    X[::2] = 2
    check = check_overfit(objective(), MemorySource(X, np.arange(40) % 3, 3), 0)
    assert not check.passed
    assert "equal examples" in check.advice


def test_whatever_the_scale_of_the_features():
    rows = source(d=30)
    for scale in (1e-6, 1e6):
        scaled = MemorySource(rows.X * scale, rows.y, 3)
        assert check_overfit(objective(), scaled, 0).passed
        measured = Objective(LOSSES.build("softmax"), L2(), np.array([0.0]), 3, True, Standardization.of(scaled))
        assert check_first_loss(measured, scaled, 0).passed


@pytest.mark.parametrize("loss", LOSSES)
def test_first_loss_is_the_lectures(loss):
    """ln C for softmax, C - 1 for the hinge."""
    expected = {"softmax": "2.303", "weston-watkins": "9", "crammer-singer": "1", "one-vs-all": "10"}
    check = check_first_loss(objective(loss, 10), source(n_classes=10), 0)
    assert check.expected.split(",")[0] == expected.get(loss, "10")
    assert float(check.found) == pytest.approx(float(check.expected.split(",")[0]), rel=0.01)


def test_a_rare_class_is_in_the_subset():
    """Without it, a bias alone would pass: here rows of all classes are equal."""
    y = np.zeros(500, dtype=int)
    y[77] = 1
    check = check_overfit(objective(n_classes=2), MemorySource(np.ones((500, 3)), y, 2), 0)
    assert not check.passed
    assert "accuracy 0.95" in check.found
    assert check.expected.startswith("accuracy 1 on 20 ")


def test_one_class_alone_is_no_obstacle():
    rows = MemorySource(source(d=3).X, np.zeros(200, dtype=int), 2)
    assert check_overfit(objective(n_classes=2), rows, 0).passed


def test_checks_follow_their_seed():
    rows = source(d=30)
    assert check_first_loss(objective(), rows, 3) == check_first_loss(objective(), rows, 3)
    assert check_overfit(objective(), rows, 3) == check_overfit(objective(), rows, 3)
    assert check_overfit(objective(), rows, 3) != check_overfit(objective(), rows, 4)
