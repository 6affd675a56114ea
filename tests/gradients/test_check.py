"""The gradient check: it passes what is right, finds what is wrong, and knows a corner when it sees one."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoreline.errors import UsageError
from scoreline.gradients import Verdict, check_gradient, relative_error
from scoreline.losses import LOSSES, Softmax, WestonWatkins
from scoreline.penalties import PENALTIES

LAM = 0.1


class Problem:
    """A small random objective of W, with the parts of its gradient at hand so that one can be spoilt."""

    def __init__(self, loss, penalty=None, seed=0):
        rng = np.random.default_rng(seed)
        self.X, self.y = rng.normal(size=(30, 8)), rng.integers(0, 4, 30)
        self.loss, self.penalty = loss, penalty or PENALTIES.build("l2")
        self.W = rng.normal(size=(4, 8))

    def value(self, W):
        scores = self.X @ W.astype(np.float64).T
        smooth = self.penalty.smooth_value(W[None].astype(np.float64))[0]
        return float(self.loss.value(scores, self.y).mean() + LAM * smooth)

    def slopes(self, W):
        return self.loss.value_and_gradient(self.X @ W.astype(np.float64).T, self.y)[1]

    def penalty_gradient(self, W):
        smooth = self.penalty.gradient(W[None].astype(np.float64))
        return 0.0 if smooth is None else LAM * smooth[0]

    def gradient(self, W):
        return self.slopes(W).T @ self.X / len(self.y) + self.penalty_gradient(W)


class TestRight:
    @pytest.mark.parametrize("penalty", PENALTIES)
    @pytest.mark.parametrize("loss", LOSSES)
    @pytest.mark.parametrize("at_zero", [False, True])
    def test_every_loss_and_penalty(self, loss, penalty, at_zero):
        problem = Problem(LOSSES.build(loss), PENALTIES.build(penalty))
        W = np.zeros_like(problem.W) if at_zero else problem.W
        check = check_gradient(problem.value, problem.gradient, W, cells=None)
        assert check.passed, str(check)

    @pytest.mark.parametrize("loss", LOSSES)
    def test_float32_points(self, loss):
        problem = Problem(LOSSES.build(loss))
        check = check_gradient(problem.value, problem.gradient, problem.W.astype(np.float32), tolerance=1e-2)
        assert check.passed, str(check)

    @given(st.integers(0, 10_000), st.sampled_from(list(LOSSES)), st.sampled_from(["central", "forward"]))
    @settings(max_examples=40, deadline=None)
    def test_a_right_gradient_never_fails(self, seed, loss, scheme):
        problem = Problem(LOSSES.build(loss), seed=seed)
        check = check_gradient(problem.value, problem.gradient, problem.W, scheme=scheme, tolerance=1e-4, cells=12)
        assert check.passed, str(check)


def spoil_penalty(problem, W):
    """The published demo's factor: 0.5 * lam * W for lam * sum W^2."""
    return problem.gradient(W) - 2 * LAM * W + 0.5 * LAM * W


def spoil_sign(problem, W):
    return -problem.gradient(W)


def spoil_mean(problem, W):
    return problem.slopes(W).T @ problem.X + problem.penalty_gradient(W)


def spoil_true_class(problem, W):
    """The true class's row is forgotten."""
    slopes = problem.slopes(W).copy()
    slopes[np.arange(len(slopes)), problem.y] = 0
    return slopes.T @ problem.X / len(slopes) + problem.penalty_gradient(W)


def spoil_labels(problem, W):
    """Labels counted from one."""
    shifted = (problem.y + 1) % 4
    slopes = problem.loss.value_and_gradient(problem.X @ W.T, shifted)[1]
    return slopes.T @ problem.X / len(shifted) + problem.penalty_gradient(W)


def spoil_scale(problem, W):
    """The scale of one feature is forgotten on the way back."""
    return problem.gradient(W) * np.where(np.arange(8) == 3, 2.0, 1.0)


def spoil_one_cell(problem, W):
    wrong = problem.gradient(W)
    wrong[2, 5] *= 1.001
    return wrong


def spoil_order(problem, W):
    return np.roll(problem.gradient(W), 1, axis=0)


BUGS = [f for name, f in sorted(globals().items()) if name.startswith("spoil_")]


class TestWrong:
    @pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
    @pytest.mark.parametrize("loss", ["softmax", "weston-watkins", "one-vs-all:squared"])
    def test_planted_bugs_are_found(self, bug, loss):
        problem = Problem(LOSSES.build(loss))
        check = check_gradient(problem.value, lambda W: bug(problem, W), problem.W, cells=None)
        assert not check.passed
        assert check.count(Verdict.WRONG) >= 1

    def test_the_wrong_cell_is_named(self):
        problem = Problem(Softmax())
        check = check_gradient(problem.value, spoil_one_cell(problem, problem.W), problem.W, cells=None)
        assert [cell.cell for cell in check.cells if cell.verdict is Verdict.WRONG] == [(2, 5)]
        assert check.worst(1)[0].cell == (2, 5)
        assert "2,5" in str(check).splitlines()[2]

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_not_a_number_is_wrong(self, value):
        assert not check_gradient(lambda x: float(x.sum()), np.array([1.0, value]), np.zeros(2)).passed


def hinge(x):
    return float(np.maximum(x, 0).sum())


class TestCorners:
    @pytest.mark.parametrize("subgradient", [0.0, 0.3, 1.0])
    def test_any_subgradient_will_do_at_a_corner(self, subgradient):
        check = check_gradient(hinge, np.array([subgradient]), np.zeros(1))
        assert check.cells[0].verdict in (Verdict.KINK, Verdict.OK)

    @pytest.mark.parametrize("slope", [-0.2, 1.2])
    def test_what_is_no_subgradient_is_wrong(self, slope):
        assert check_gradient(hinge, np.array([slope]), np.zeros(1)).cells[0].verdict is Verdict.WRONG

    def test_a_corner_within_the_step(self):
        check = check_gradient(hinge, np.array([1.0]), np.array([1e-4]), h=1e-3)
        assert check.cells[0].verdict is Verdict.KINK

    def test_a_wrong_slope_beside_a_corner(self):
        check = check_gradient(hinge, np.array([0.7]), np.array([1e-4]), h=1e-3)
        assert check.cells[0].verdict is Verdict.WRONG

    def test_a_step_too_large_for_a_smooth_function(self):
        check = check_gradient(lambda x: float(np.exp(x).sum()), np.array([np.e]), np.array([1.0]), h=0.1)
        assert check.cells[0].verdict is Verdict.COARSE

    def test_corners_of_the_hinge_at_zero_margin(self):
        """Scores that sit exactly on the margin: W on the corner itself."""
        problem = Problem(WestonWatkins())
        problem.X = np.eye(8)[:3]
        problem.y = np.array([0, 1, 2])
        W = np.zeros((4, 8))
        W[0, 0] = W[1, 1] = 1.0
        check = check_gradient(problem.value, problem.gradient, W, cells=None)
        verdicts = Counter(cell.verdict for cell in check.cells)
        assert verdicts[Verdict.KINK] > 0
        assert check.passed, str(check)


def test_recommends_a_step_where_none_is_given():
    problem = Problem(Softmax())
    assert 1e-7 < check_gradient(problem.value, problem.gradient, problem.W).h < 1e-2


def test_wrong_shape():
    with pytest.raises(UsageError, match="one derivative for each entry"):
        check_gradient(hinge, np.ones(3), np.ones(2))


@pytest.mark.parametrize(("a", "b", "error"), [(0, 0, 0), (1, 1, 0), (1, 0, 1), (2, 1, 0.5), (-1, 1, 2)])
def test_relative_error(a, b, error):
    assert relative_error(a, b) == error


def test_a_corner_of_a_function_that_is_exactly_zero_beside_it():
    check = check_gradient(lambda w: float(max(0.0, 1 - w[0])), np.array([-0.25]), np.array([1.0]))
    assert check.cells[0].verdict is Verdict.KINK
