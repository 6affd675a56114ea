from __future__ import annotations

import itertools

import numpy as np
import pytest

from scoreline.losses import WestonWatkins

RNG = np.random.default_rng(6)
SCORES = 2 * RNG.standard_normal((30, 5))
LABELS = RNG.integers(0, 5, 30)


def by_hand(loss: WestonWatkins, scores: np.ndarray, label: int) -> float:
    """Return the loss as the lecture writes it: a loop over the classes."""
    terms = []
    for j, score in enumerate(scores):
        if j == label and not loss.include_true:
            continue
        term = max(0.0, score - scores[label] + loss.margin)
        terms.append(term**2 if loss.squared else term)
    return sum(terms) / (len(terms) if loss.average else 1)


@pytest.mark.parametrize("margin", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("flags", list(itertools.product([False, True], repeat=3)))
def test_value_equals_the_loop_over_classes(margin: float, flags: tuple[bool, bool, bool]) -> None:
    loss = WestonWatkins(margin, *flags)
    expected = [by_hand(loss, scores, label) for scores, label in zip(SCORES, LABELS, strict=True)]
    np.testing.assert_allclose(loss.value(SCORES, LABELS), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("squared", [False, True])
def test_one_score_is_the_binary_hinge(squared: bool) -> None:
    s = np.linspace(-3, 3, 13)[:, None]
    for label, sign in ((0, -1), (1, 1)):
        value = WestonWatkins(squared=squared).value(s, np.full(13, label))
        hinge = np.maximum(0, 1 - sign * s[:, 0])
        np.testing.assert_array_equal(value, hinge**2 if squared else hinge)


def test_the_gradient_counts_the_violations() -> None:
    scores = np.array([[3.2, 5.1, -1.7], [2.2, 2.5, -3.1], [1.3, 4.9, 2.0]])
    _, gradient = WestonWatkins().value_and_gradient(scores, np.array([0, 2, 1]))
    np.testing.assert_array_equal(gradient, [[-1, 1, 0], [1, 1, -2], [0, 0, 0]])


def test_the_true_class_adds_a_constant_alone() -> None:
    plain = WestonWatkins().value_and_gradient(SCORES, LABELS)
    with_true = WestonWatkins(include_true=True).value_and_gradient(SCORES, LABELS)
    np.testing.assert_allclose(with_true[0], plain[0] + 1, rtol=1e-14)
    np.testing.assert_array_equal(with_true[1], plain[1])
