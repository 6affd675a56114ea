"""The contract of every loss; a loss is tested by being listed in `LOSSES`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoreline.errors import DataError, UsageError
from scoreline.losses import LOSSES, HingeLoss, Loss, rows_for
from scoreline.losses.base import MultinomialLoss

FEW = settings(max_examples=12, deadline=None, derandomize=True)
Case = tuple[Any, Any, np.random.Generator]


def frozen(array: Any) -> Any:
    """Return the array such that whoever writes into it fails."""
    array = np.array(array)
    array.flags.writeable = False
    return array


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Scores ``(B, C)``, ``(B, K, C)`` or with one score for two classes, their labels, and more randomness.

    The numbers are continuous, so that no score lies on a kink of a hinge.
    """
    columns = draw(st.sampled_from([1, 2, 3, 7]))
    shape = (draw(st.integers(1, 4)), *draw(st.sampled_from([(), (1,), (3,), (2, 2)])), columns)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = draw(st.sampled_from([0.1, 1.0, 4.0])) * rng.standard_normal(shape)
    return frozen(scores), frozen(rng.integers(0, max(columns, 2), shape[0])), rng


@FEW
@given(case=cases())
def test_gradient_equals_central_differences(loss: Loss, case: Case) -> None:
    scores, y, _ = case
    _, gradient = loss.value_and_gradient(scores, y)
    h = 1e-5
    for c in range(scores.shape[-1]):
        aside = np.zeros(scores.shape[-1])
        aside[c] = h
        slope = (loss.value(scores + aside, y) - loss.value(scores - aside, y)) / (2 * h)
        np.testing.assert_allclose(gradient[..., c], slope, rtol=1e-6, atol=1e-7)


@FEW
@given(case=cases())
def test_value_equals_that_of_value_and_gradient(loss: Loss, case: Case) -> None:
    scores, y, _ = case
    value, gradient = loss.value_and_gradient(scores, y)
    np.testing.assert_array_equal(loss.value(scores, y), value)
    assert value.shape == scores.shape[:-1]
    assert gradient.shape == scores.shape
    assert not np.shares_memory(gradient, scores)


@FEW
@given(case=cases())
def test_configurations_do_not_know_of_each_other(loss: Loss, case: Case) -> None:
    scores, y, rng = case
    others = rng.standard_normal(scores.shape)
    value, gradient = loss.value_and_gradient(np.stack([others, scores], axis=1), y)
    alone_value, alone_gradient = loss.value_and_gradient(scores, y)
    np.testing.assert_allclose(value[:, 1], alone_value, rtol=1e-14)
    np.testing.assert_allclose(gradient[:, 1], alone_gradient, rtol=1e-14)


@FEW
@given(case=cases())
def test_the_order_of_examples_does_not_matter(loss: Loss, case: Case) -> None:
    scores, y, rng = case
    order = rng.permutation(len(y))
    value, gradient = loss.value_and_gradient(scores, y)
    shuffled_value, shuffled_gradient = loss.value_and_gradient(scores[order], y[order])
    np.testing.assert_allclose(shuffled_value, value[order], rtol=1e-14)
    np.testing.assert_allclose(shuffled_gradient, gradient[order], rtol=1e-14)


@FEW
@given(case=cases())
def test_the_numbering_of_classes_does_not_matter(loss: Loss, case: Case) -> None:
    scores, y, rng = case
    n_classes = max(scores.shape[-1], 2)
    old = rng.permutation(n_classes)  # the new class j is the old class old[j]
    # One score speaks for class 1: exchanging two classes turns its sign.
    renumbered = scores[..., old] if scores.shape[-1] > 1 else scores * (1 if old[1] == 1 else -1)
    value = loss.value(renumbered, np.argsort(old)[y])
    np.testing.assert_allclose(value, loss.value(scores, y), rtol=1e-12)


@FEW
@given(case=cases())
def test_one_score_means_what_the_family_says(loss: Loss, case: Case) -> None:
    scores, y, _ = case
    s, y = scores[..., :1], y % 2
    value, gradient = loss.value_and_gradient(s, y)
    if isinstance(loss, MultinomialLoss):  # the pair (-s/2, s/2)
        pair_value, pair_gradient = loss.value_and_gradient(np.concatenate([-s / 2, s / 2], axis=-1), y)
        expected = pair_value, (pair_gradient[..., 1:] - pair_gradient[..., :1]) / 2
    else:  # one term phi(t s), of which the pair (-s, s) has two
        pair_value, pair_gradient = loss.value_and_gradient(np.concatenate([-s, s], axis=-1), y)
        expected = pair_value / 2, pair_gradient[..., 1:]
    np.testing.assert_allclose(value, expected[0], rtol=1e-14)
    np.testing.assert_allclose(gradient, expected[1], rtol=1e-14)


@FEW
@given(case=cases(), share=st.floats(0, 1))
def test_convex(loss: Loss, case: Case, share: float) -> None:
    scores, y, rng = case
    other = scores + rng.standard_normal(scores.shape)
    between = loss.value(share * scores + (1 - share) * other, y)
    chord = share * loss.value(scores, y) + (1 - share) * loss.value(other, y)
    assert (between <= chord + 1e-12 * (1 + chord)).all()


@FEW
@given(case=cases(), on_grid=st.booleans())
def test_gradient_supports_the_loss_from_below(loss: Loss, case: Case, on_grid: bool) -> None:
    scores, y, rng = case
    # On the grid of halves scores tie and lie on kinks, where any subgradient will do but no other vector.
    scores = np.round(2 * scores) / 2 if on_grid else scores
    other = scores + 2 * rng.standard_normal(scores.shape)
    value, gradient = loss.value_and_gradient(scores, y)
    plane = value + (gradient * (other - scores)).sum(axis=-1)
    above = loss.value(other, y)
    assert (above >= plane - 1e-12 * (1 + np.abs(plane) + above)).all()


@FEW
@given(case=cases())
def test_bounds_hold(loss: Loss, case: Case) -> None:
    scores, y, _ = case
    low, high = loss.bounds(max(scores.shape[-1], 2))
    value = loss.value(scores, y)
    assert (value >= low - 1e-12).all()
    assert (value <= high).all()


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_bounds_are_approached(loss: Loss, n_classes: int) -> None:
    low, high = loss.bounds(n_classes)
    y = frozen(np.arange(n_classes))
    scores = np.zeros((n_classes, rows_for(n_classes)))
    for _ in range(600):  # gradient descent, for which the curvature gives the step
        scores = scores - loss.value_and_gradient(scores, y)[1] / loss.curvature(n_classes)
    np.testing.assert_allclose(loss.value(scores, y), low, atol=5e-3)

    assert high == math.inf
    wrong = np.full_like(scores, 1e6)
    if n_classes == 2:
        wrong[1] = -1e6
    else:
        np.fill_diagonal(wrong, -1e6)
    assert (loss.value(wrong, y) > 1e5).all()


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_value_at_zero(loss: Loss, n_classes: int) -> None:
    zeros = frozen(np.zeros((n_classes, rows_for(n_classes))))
    value = loss.value(zeros, np.arange(n_classes))
    np.testing.assert_allclose(value, loss.value_at_zero(n_classes), rtol=1e-14)


def line(n_classes: int) -> tuple[Any, Any, float]:
    """Return scores on a fine straight line, their labels, and the distance between neighbours."""
    rng = np.random.default_rng(7)
    direction = rng.standard_normal(rows_for(n_classes))
    direction /= np.linalg.norm(direction)
    t = np.linspace(-4, 4, 20_001)
    scores = t[:, None] * direction
    return frozen(scores), frozen(np.zeros(len(t), np.int64)), float(np.linalg.norm(scores[1] - scores[0]))


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_smooth_means_that_the_gradient_does_not_jump(loss: Loss, n_classes: int) -> None:
    scores, y, distance = line(n_classes)
    _, gradient = loss.value_and_gradient(scores, y)
    steepest = np.linalg.norm(np.diff(gradient, axis=0), axis=-1).max() / distance
    if loss.smooth:
        assert steepest <= loss.curvature(n_classes) * (1 + 1e-6)
    else:
        assert steepest > 10 * loss.curvature(n_classes)


def hessian(loss: Loss, scores: Any, label: int, h: float = 1e-5) -> Any:
    """Return the Hessian ``(C, C)`` at `scores` by central differences of the gradient."""
    aside = h * np.eye(len(scores))
    y = np.full(len(scores), label)
    above, below = (loss.value_and_gradient(scores + sign * aside, y)[1] for sign in (1, -1))
    return (above - below) / (2 * h)


def corners(loss: Loss, rows: int) -> Iterator[Any]:
    """Yield scores at the rounded corners of a hinge: class 1 leads all others, or one of them, by the margin."""
    if isinstance(loss, HingeLoss):
        for lead in (loss.margin, loss.margin - loss.smoothing_width / 2):
            for rival in (0.0, -40.0):
                point = np.full(rows, rival)
                point[: 2 if rows > 1 else 1] = 0
                point[1 if rows > 1 else 0] = lead
                yield point


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_curvature_is_the_largest_eigenvalue_of_the_hessian(loss: Loss, n_classes: int) -> None:
    bound = loss.curvature(n_classes)
    assert 0 < bound < math.inf
    if not loss.smooth:
        return  # the gradient jumps: see above; there the number only sets step sizes
    rng = np.random.default_rng(3)
    rows = rows_for(n_classes)
    level, rivals = np.zeros(rows), np.full(rows, -40.0)
    rivals[:2] = 0  # two equal classes are where softmax bends most, a level start where hinges do
    points = [level, rivals if rows > 1 else level, *(2 * rng.standard_normal((8, rows)))]
    cases = [*itertools.product(points, (0, 1)), *((point, 1) for point in corners(loss, rows))]
    largest = 0.0
    for point, label in cases:
        matrix = hessian(loss, point, label)
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-6)
        values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
        assert values[0] >= -1e-6
        largest = max(largest, values[-1])
    np.testing.assert_allclose(largest, bound, rtol=1e-5)


@pytest.mark.parametrize(
    ("size", "dtype"),
    [(1e4, np.float32), (1e4, np.float64), (1e30, np.float64)],
    ids=["1e4-float32", "1e4-float64", "1e30-float64"],
)
@pytest.mark.parametrize("columns", [1, 3])
def test_huge_scores_stay_finite(loss: Loss, size: float, dtype: Any, columns: int) -> None:
    grid = np.array(list(itertools.product([-size, 0, size], repeat=columns)), dtype)
    for label in range(max(columns, 2)):
        value, gradient = loss.value_and_gradient(frozen(grid), np.full(len(grid), label))
        assert np.isfinite(value).all()
        assert np.isfinite(gradient).all()


@FEW
@given(case=cases())
def test_float32_stays_float32_and_right(loss: Loss, case: Case) -> None:
    scores, y, _ = case
    value, gradient = loss.value_and_gradient(scores.astype(np.float32), y)
    assert value.dtype == np.float32
    assert gradient.dtype == np.float32
    exact_value, exact_gradient = loss.value_and_gradient(scores.astype(np.float32).astype(np.float64), y)
    # Near a kink rounding may choose the other side, whose gradient differs by a constant; the value does not.
    np.testing.assert_allclose(value, exact_value, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gradient, exact_gradient, rtol=1e-4, atol=1e-4)


def test_whole_numbers_are_scores_too(loss: Loss) -> None:
    value, gradient = loss.value_and_gradient(np.array([[1, 2, 3]]), np.array([0], np.uint8))
    exact = loss.value_and_gradient(np.array([[1.0, 2.0, 3.0]]), np.array([0]))
    np.testing.assert_array_equal(value, exact[0])
    np.testing.assert_array_equal(gradient, exact[1])
    assert value.dtype == np.float64


@pytest.mark.parametrize("shape", [(0, 1), (0, 3), (0, 2, 3)])
def test_an_empty_batch_has_no_losses(loss: Loss, shape: tuple[int, ...]) -> None:
    value, gradient = loss.value_and_gradient(np.zeros(shape), np.zeros(0, np.int64))
    assert value.shape == shape[:-1]
    assert gradient.shape == shape


@pytest.mark.parametrize(
    ("shape", "y", "message"),
    [
        ((2, 3), [0, 3], "Labels run from 0 to 3 while the scores tell 3 classes apart"),
        ((2, 3), [-1, 0], "Labels run from -1 to 0"),
        ((2, 1), [0, 2], "Labels run from 0 to 2 while the scores tell 2 classes apart"),
        ((2, 3), [0, 1, 2], r"Scores of shape \(2, 3\) came with labels of shape \(3,\)"),
        ((2, 3), [[0], [1]], r"labels of shape \(2, 1\)"),
        ((2, 3), [0.0, 1.0], "dtype float64"),
        ((2, 3), [True, False], "dtype bool"),
        ((2, 3), ["a", "b"], "dtype <U1"),
        ((2,), [0, 1], r"Scores of shape \(2,\)"),
        ((2, 0), [0, 1], r"Scores of shape \(2, 0\)"),
    ],
)
def test_what_does_not_fit_is_told(loss: Loss, shape: tuple[int, ...], y: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        loss.value(np.zeros(shape), np.array(y))
    with pytest.raises(DataError, match=message):
        loss.value_and_gradient(np.zeros(shape), np.array(y))


@FEW
@given(case=cases())
def test_probabilities_exist_or_are_refused(loss: Loss, case: Case) -> None:
    scores, _, _ = case
    if not loss.probabilistic:
        with pytest.raises(UsageError, match="was asked for probabilities"):
            loss.probabilities(scores)
        return
    probabilities = loss.probabilities(scores)
    assert probabilities.shape == (*scores.shape[:-1], max(scores.shape[-1], 2))
    assert (probabilities > 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-14)
    best = scores.argmax(axis=-1) if scores.shape[-1] > 1 else (scores[..., 0] > 0).astype(int)
    np.testing.assert_array_equal(probabilities.argmax(axis=-1), best)


def test_the_loss_has_a_name_for_the_axis_of_a_figure(loss: Loss) -> None:
    assert loss.label not in ("", Loss.label)


@pytest.mark.parametrize("scores", [(1.25, -0.5), (0.0, 2.5, -1.75, 1.5)])
def test_a_formula_that_is_written_out_has_the_value_of_the_loss(loss: Loss, scores: tuple[float, ...]) -> None:
    numbers = {"max": max, "log": math.log, "e": math.e}
    for y in range(len(scores)):
        text = loss.written_out(scores, y)
        assert (text is None) == (loss.written_out(scores, 0) is None)
        if text is not None:
            (value,) = loss.value(np.array([scores]), np.array([y]))
            program = text.replace("−", "-").replace("²", "**2").replace("^", "**")
            assert eval(program, {}, numbers) == pytest.approx(value, rel=1e-12)  # noqa: S307 - our own text


def test_the_defaults_of_every_loss_have_a_formula() -> None:
    for name in LOSSES:
        assert LOSSES.build(name).written_out((0.5, -1.0, 2.0), 1), name
