"""The contract of every loss that has a conjugate; others are passed over."""

from __future__ import annotations

import numpy as np
import pytest

from scoreline.losses import CertifiedLoss, Loss, rows_for


@pytest.fixture
def certified(loss: Loss) -> CertifiedLoss:
    if not isinstance(loss, CertifiedLoss):
        pytest.skip("it has no conjugate")
    return loss


@pytest.mark.parametrize("n_classes", [2, 5])
def test_fenchel_and_young(certified: CertifiedLoss, n_classes: int) -> None:
    """``l*(a) + l(s) >= <a, s>`` for all s, with equality where a is the slope at s."""
    rng = np.random.default_rng(0)
    R = rows_for(n_classes)
    scores, y = 2 * rng.normal(size=(200, R)), rng.integers(0, n_classes, 200)
    value, slopes = certified.value_and_gradient(scores, y)
    conjugate = certified.conjugate(slopes, y)
    np.testing.assert_allclose(conjugate + value, (slopes * scores).sum(axis=1), atol=1e-12)
    for _ in range(20):
        others = 4 * rng.normal(size=(200, R))
        assert (conjugate + certified.value(others, y) >= (slopes * others).sum(axis=1) - 1e-12).all()


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_balanced_sums_to_zero_within_the_domain(certified: CertifiedLoss, n_classes: int, weighted: bool) -> None:
    rng = np.random.default_rng(1)
    R = rows_for(n_classes)
    scores, y = 2 * rng.normal(size=(80, R)), np.arange(80) % n_classes
    w = rng.random(80) if weighted else np.ones(80)
    slopes = certified.value_and_gradient(scores, y)[1]
    first, last = (
        certified.dual_statistics(slopes[half], y[half], w[half]) for half in (slice(0, 33), slice(33, None))
    )
    balance = certified.balancing(first + last)
    balanced = np.concatenate([balance(slopes[half], y[half]) for half in (slice(0, 33), slice(33, None))])
    np.testing.assert_allclose(np.average(balanced, axis=0, weights=w), 0, atol=1e-13)
    conjugate = certified.conjugate(balanced, y)
    for _ in range(20):
        others = 4 * rng.normal(size=(80, R))
        assert (conjugate + certified.value(others, y) >= (balanced * others).sum(axis=1) - 1e-11).all()


@pytest.mark.parametrize("n_classes", [2, 5])
def test_feasible_is_within_the_domain_and_keeps_what_is(certified: CertifiedLoss, n_classes: int) -> None:
    rng = np.random.default_rng(2)
    R = rows_for(n_classes)
    scores, y = 2 * rng.normal(size=(80, R)), np.arange(80) % n_classes
    slopes = certified.value_and_gradient(scores, y)[1]
    np.testing.assert_allclose(certified.feasible(slopes, y), slopes, atol=1e-14)
    moved = certified.feasible(slopes + 0.3 * rng.normal(size=slopes.shape), y)
    conjugate = certified.conjugate(moved, y)
    for _ in range(20):
        others = 4 * rng.normal(size=(80, R))
        assert (conjugate + certified.value(others, y) >= (moved * others).sum(axis=1) - 1e-11).all()
