from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import hinge_loss

from scoreline.losses import OneVsAll

RNG = np.random.default_rng(9)


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("margin", [0.5, 1.0])
def test_a_binary_hinge_a_class_summed(squared: bool, margin: float) -> None:
    scores, y = 2 * RNG.standard_normal((20, 4)), RNG.integers(0, 4, 20)
    sign = 2 * np.eye(4)[y] - 1
    hinges = np.maximum(0, margin - sign * scores)
    value, gradient = OneVsAll(margin=margin, squared=squared).value_and_gradient(scores, y)
    np.testing.assert_allclose(value, (hinges ** (1 + squared)).sum(axis=-1), rtol=1e-14)
    np.testing.assert_allclose(gradient, -sign * (2 * hinges if squared else hinges > 0), rtol=1e-14)


def test_one_score_equals_the_binary_hinge_loss_of_scikit_learn() -> None:
    scores, y = 2 * RNG.standard_normal((40, 1)), RNG.integers(0, 2, 40)
    assert OneVsAll().value(scores, y).mean() == pytest.approx(hinge_loss(y, scores[:, 0]), rel=1e-13)
