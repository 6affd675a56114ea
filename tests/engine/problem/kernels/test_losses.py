"""Compiled losses against the reference."""

import numpy as np
import pytest

from scoreline.engine.problem.kernels.losses import compiled_loss, loss_rows
from scoreline.losses import LOSSES

SPECS = [
    *LOSSES,
    "softmax:label_smoothing=0.1",
    "weston-watkins:squared,margin=0.5",
    "weston-watkins:average,include_true",
    "weston-watkins:squared,average",
    "crammer-singer:margin=2",
    "one-vs-all:squared",
    "weston-watkins:rounding=0.5",
    "one-vs-all:rounding=2",
    "crammer-singer:rounding=0.1",
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("R", [1, 2, 3, 10])
def test_rows_equal_the_reference(spec, R):
    rng = np.random.default_rng(R)
    loss, K, n = LOSSES.build(spec), 2, 61
    scores = rng.normal(scale=3, size=(64, K, R)).astype(np.float32)
    y = rng.integers(max(R, 2), size=64)
    values, hits = np.zeros((2, 64, K), np.float32)
    slopes = np.full((64, K * R + 3), 7, np.float32)
    loss_rows(compiled_loss(loss), scores.reshape(64, -1), y, n, R, 0, 64, values, hits, slopes)
    value, slope = loss.value_and_gradient(scores[:n], y[:n])
    np.testing.assert_allclose(values[:n], value, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(slopes[:n, : K * R].reshape(n, K, R), slope, rtol=2e-5, atol=2e-6)
    predicted = scores.argmax(axis=2) if R > 1 else scores[..., 0] > 0
    np.testing.assert_array_equal(hits[:n], (predicted == y[:, None])[:n])
    assert not slopes[n:].any()


def test_small_losses_keep_their_digits():
    scores, y = np.array([[30.0, 0.0, -1.0]], np.float32), np.array([0])
    values, hits = np.zeros((2, 1, 1), np.float32)
    slopes = np.zeros((1, 3), np.float32)
    loss_rows(compiled_loss(LOSSES.build("softmax")), scores, y, 1, 3, 0, 1, values, hits, slopes)
    expected = np.exp(-30) + np.exp(-31)
    np.testing.assert_allclose(values[0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(slopes[0, 0], -expected, rtol=1e-5)
