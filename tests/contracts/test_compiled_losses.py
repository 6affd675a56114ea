"""The contract of the compiled form of every loss: value, slopes and hits are those of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scoreline.engine.problem.kernels.losses import loss_rows
from scoreline.kernels.forms import as_argument
from scoreline.losses import LOSSES, Loss


def compiled(loss: Loss, scores: Any, y: Any, n: int) -> tuple[Any, Any, Any]:
    """Return losses, hits and slopes of scores ``(B, K, R)``, of which `n` rows count."""
    form = loss.compiled_form()
    if form is None:
        pytest.skip("it is left to NumPy")
    B, K, R = scores.shape
    values, hits = np.zeros((2, B, K), np.float32)
    slopes = np.full((B, K * R + 3), 7, np.float32)
    loss_rows(as_argument(form), scores.reshape(B, -1), y, n, R, 0, B, values, hits, slopes)
    return values, hits, slopes


@pytest.mark.parametrize("R", [1, 2, 3, 10])
def test_rows_equal_the_reference(loss: Loss, R: int) -> None:
    rng = np.random.default_rng(R)
    K, n = 2, 61
    scores = rng.normal(scale=3, size=(64, K, R)).astype(np.float32)
    y = rng.integers(max(R, 2), size=64)
    values, hits, slopes = compiled(loss, scores, y, n)
    value, slope = loss.value_and_gradient(scores[:n], y[:n])
    np.testing.assert_allclose(values[:n], value, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(slopes[:n, : K * R].reshape(n, K, R), slope, rtol=2e-5, atol=2e-6)
    predicted = scores.argmax(axis=2) if R > 1 else scores[..., 0] > 0
    np.testing.assert_array_equal(hits[:n], (predicted == y[:, None])[:n])
    assert not slopes[n:].any()


@pytest.mark.parametrize("R", [1, 3])
def test_huge_scores_stay_finite(loss: Loss, R: int) -> None:
    scores = np.random.default_rng(0).choice(np.float32([-1e4, 0, 1e4]), (64, 1, R))
    y = np.arange(64) % max(R, 2)
    values, _, slopes = compiled(loss, scores, y, 64)
    value, slope = loss.value_and_gradient(scores, y)
    np.testing.assert_allclose(values, value, rtol=1e-5)
    np.testing.assert_allclose(slopes[:, None, :R], slope, rtol=1e-5, atol=1e-6)


def test_a_subclass_that_declares_no_form_has_none(loss: Loss) -> None:
    other: Any = type("Other", (type(loss),), {})
    assert other().compiled_form() is None


def test_small_losses_keep_their_digits() -> None:
    scores = np.array([[[30.0, 0.0, -1.0]]], np.float32)
    values, _, slopes = compiled(LOSSES.build("softmax"), scores, np.array([0]), 1)
    expected = np.exp(-30) + np.exp(-31)
    np.testing.assert_allclose(values[0, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(slopes[0, 0], -expected, rtol=1e-5)
