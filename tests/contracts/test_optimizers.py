"""The contract of every optimiser; an update rule is tested by being listed in `OPTIMIZERS`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scoreline.optimizers import Optimizer

SHAPE = (3, 2, 4)  # three configurations, two classes, four inputs
RATES = np.array([0.3, 0.01, 0.002])


def gradients(n: int, dtype: Any = np.float64) -> list[Any]:
    """Return `n` read-only gradients that change size and sign."""
    rng = np.random.default_rng(11)
    made = [(rng.standard_normal(SHAPE) * rng.uniform(0.1, 10)).astype(dtype) for _ in range(n)]
    for gradient in made:
        gradient.flags.writeable = False
    return made


def lock(state: Any) -> Any:
    """Make the arrays of a state read-only, so that an update that writes into them fails."""
    for array in state:
        array.flags.writeable = False
    return state


def run(optimizer: Optimizer, gradients: list[Any], lr: Any) -> tuple[list[Any], Any]:
    """Return the steps for `gradients`, and the state in the end."""
    state = lock(optimizer.init(np.zeros_like(gradients[0])))
    steps = []
    for gradient in gradients:
        step, state, _ = optimizer.update(gradient, state, lr)
        steps.append(step)
        lock(state)
    return steps, state


def test_three_configurations_are_three_times_one_bit_for_bit(optimizer: Optimizer) -> None:
    given = gradients(12)
    steps, state = run(optimizer, given, RATES)
    for k in range(3):
        one = slice(k, k + 1)
        alone, alone_state = run(optimizer, [gradient[one] for gradient in given], RATES[one])
        for step, alone_step in zip(steps, alone, strict=True):
            np.testing.assert_array_equal(step[one], alone_step)
        for array, alone_array in zip(state, alone_state, strict=True):
            np.testing.assert_array_equal(array[one], alone_array)


def test_a_configuration_can_leave(optimizer: Optimizer) -> None:
    given = gradients(8)
    steps, _ = run(optimizer, given, RATES)
    _, state = run(optimizer, given[:4], RATES)
    kept = [0, 2]
    state = type(state)(*[array[kept] for array in state])
    for step, gradient in zip(steps[4:], given[4:], strict=True):
        update = optimizer.update(gradient[kept], state, RATES[kept])
        np.testing.assert_array_equal(update.step, step[kept])
        state = update.state


def test_state_is_arrays_with_the_configurations_first(optimizer: Optimizer) -> None:
    state = optimizer.init(np.zeros(SHAPE, np.float32))
    assert isinstance(state, tuple)
    after = optimizer.update(gradients(1, np.float32)[0], state, RATES).state
    assert type(after) is type(state)
    for before_array, after_array in zip(state, after, strict=True):
        assert before_array.shape[0] == SHAPE[0]
        assert after_array.shape == before_array.shape
        assert after_array.dtype == before_array.dtype


def test_init_does_not_depend_on_the_values_of_the_parameters(optimizer: Optimizer) -> None:
    states = (optimizer.init(np.zeros(SHAPE)), optimizer.init(gradients(1)[0]))
    for first, second in zip(*states, strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_rate_is_how_far_a_steady_gradient_goes(optimizer: Optimizer) -> None:
    gradient = gradients(1)[0]
    state = optimizer.init(gradient)
    for _ in range(4000):
        update = optimizer.update(gradient, state, RATES)
        state = update.state
    assert np.broadcast_shapes(np.shape(update.rate), SHAPE) == SHAPE
    assert (update.rate > 0).all()
    np.testing.assert_allclose(update.step, -update.rate * gradient, rtol=1e-9)


def test_a_first_step_goes_down(optimizer: Optimizer) -> None:
    gradient = gradients(1)[0]
    step = optimizer.update(gradient, optimizer.init(gradient), RATES).step
    np.testing.assert_array_equal(np.sign(step), -np.sign(gradient))


def test_steps_are_proportional_to_the_learning_rate(optimizer: Optimizer) -> None:
    given = gradients(6)
    small, _ = run(optimizer, given, RATES)
    large, _ = run(optimizer, given, 8 * RATES)
    np.testing.assert_array_equal(np.array(large), 8 * np.array(small))  # exact: 8 is a power of two


def test_no_gradient_no_step(optimizer: Optimizer) -> None:
    zeros = np.zeros(SHAPE)
    for step in run(optimizer, [zeros, zeros], RATES)[0]:
        np.testing.assert_array_equal(step, zeros)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(optimizer: Optimizer, dtype: Any) -> None:
    gradient = gradients(1, dtype)[0]
    update = optimizer.update(gradient, optimizer.init(gradient), RATES)
    assert update.step.dtype == dtype
    assert update.step.shape == SHAPE
    assert np.asarray(update.rate).dtype == dtype


def test_float32_follows_float64(optimizer: Optimizer) -> None:
    rough, _ = run(optimizer, gradients(30, np.float32), RATES)
    exact, _ = run(optimizer, [g.astype(np.float64) for g in gradients(30, np.float32)], RATES)
    scale = np.abs(exact).max(axis=(0, 2, 3), keepdims=True)
    np.testing.assert_allclose(np.array(rough) / scale, np.array(exact) / scale, atol=2e-5)


def test_biases_may_have_fewer_axes(optimizer: Optimizer) -> None:
    given = gradients(5)
    steps, _ = run(optimizer, given, RATES)
    flat, _ = run(optimizer, [gradient[:, :, 0] for gradient in given], RATES)
    for step, flat_step in zip(steps, flat, strict=True):
        np.testing.assert_array_equal(step[:, :, 0], flat_step)


def test_minimises_a_small_quadratic(optimizer: Optimizer) -> None:
    bends = np.array([1.0, 4.0])  # of f(w) = sum bends (w - 1)^2 / 2
    lr = 0.1 if optimizer.default_lr is None else min(100 * optimizer.default_lr, 1.0)
    w = np.zeros((1, 2))
    state = optimizer.init(w)
    start = float((bends * (w - 1) ** 2).sum() / 2)
    for t in range(3000):
        # The rate goes to 0, as rules with steps of a steady size need it.
        update = optimizer.update(bends * (w - 1), state, np.array([lr * (1 - t / 3000)]))
        w, state = w + update.step, update.state
    assert (bends * (w - 1) ** 2).sum() / 2 < 1e-3 * start


def test_default_learning_rate_is_a_usable_number_or_none(optimizer: Optimizer) -> None:
    lr = optimizer.default_lr
    assert lr is None or 0 < lr <= 1
