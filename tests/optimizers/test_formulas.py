"""The first steps of each update rule, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scoreline.optimizers import OPTIMIZERS
from scoreline.optimizers.base import per_configuration

GRADIENTS = [np.array([[2.0]]), np.array([[-1.0]])]


def steps(spec: str, lr: float) -> list[float]:
    optimizer = OPTIMIZERS.build(spec)
    state: Any = optimizer.init(np.zeros((1, 1)))
    found = []
    for gradient in GRADIENTS:
        step, state, _ = optimizer.update(gradient, state, np.array([lr]))
        found.append(step.item())
    return found


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("sgd", [-0.2, 0.1]),
        ("momentum:0.5", [-0.2, -0.0]),  # v = 2, then 0.5 * 2 - 1 = 0
        ("nesterov:0.5", [-0.3, 0.1]),  # g + v / 2: 2 + 1, then -1 + 0
        ("adagrad:1e-300", [-0.1, 0.1 / 5**0.5]),  # G = 4, then 5
        ("rmsprop:0.75,1e-300", [-0.2, 0.1]),  # G = 1, then 0.75 + 0.25
        ("adadelta:0,1", [-0.2 / 5**0.5, 0.1 * (1.8 / 2) ** 0.5]),  # S = 0, then u^2 = 4 / 5
        # m = 1 / 0.5 = 2, then (0.5 - 0.5) / 0.75 = 0; v = 4.
        ("adam:0.5,0.5,1e-300", [-0.1, -0.0]),
    ],
)
def test_the_first_two_steps(spec: str, expected: list[float]) -> None:
    np.testing.assert_allclose(steps(spec, 0.1), expected, rtol=1e-14, atol=1e-17)


@pytest.mark.parametrize("lr", [1e-3, 1.0])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_the_first_step_of_adam_has_the_size_of_the_rate(lr: float, size: float) -> None:
    adam = OPTIMIZERS.build("adam")
    gradient = np.array([[size, -size]])
    step = adam.update(gradient, adam.init(gradient), np.array([lr])).step
    np.testing.assert_allclose(step, [[-lr, lr]], rtol=2e-5)


def test_no_momentum_is_plain_descent() -> None:
    assert steps("momentum:0", 0.1) == steps("nesterov:0", 0.1) == steps("sgd", 0.1)


def test_values_a_configuration_take_the_shape_and_dtype_of_the_array() -> None:
    shaped = per_configuration(np.array([1.0, 2.0]), np.zeros((2, 3, 4), np.float32))
    assert shaped.shape == (2, 1, 1)
    assert shaped.dtype == np.float32
