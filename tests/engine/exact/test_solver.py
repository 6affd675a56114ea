"""The exact solver comes to the optimum, also where the data are awkward."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.gap import GapPolicy
from scoreline.engine.exact.smoothing import Smoothing
from scoreline.engine.exact.solver import minimize_exactly
from scoreline.engine.problem.backends import oracle_over
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.point import Point
from scoreline.engine.problem.stopping import drive
from scoreline.errors import MismatchError
from scoreline.losses import LOSSES
from scoreline.penalties import L2, MaxNorm, NoPenalty

SMOOTH = [
    "softmax",
    "softmax:label_smoothing=0.1",
    "one-vs-all:squared",
    "weston-watkins:squared",
    "squared-error",
]


def data(kind, n_classes=3, n=60, d=6):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    if kind == "rank-deficient":
        X[:, 3:] = X[:, :3] @ rng.normal(size=(3, d - 3))
    elif kind == "duplicate features":
        X[:, 1] = X[:, 0]
    elif kind == "constant feature":
        X[:, 2] = 5.0
    elif kind == "badly scaled":
        X *= 10.0 ** np.arange(-3, 3)
    elif kind == "few rows":
        X = rng.normal(size=(5, 20))
    y = (X @ rng.normal(size=(X.shape[1], n_classes))).argmax(axis=1)
    if kind != "separable":
        y = np.where(rng.random(len(y)) < 0.2, rng.integers(0, n_classes, len(y)), y)
        y[:n_classes] = np.arange(n_classes)
    return MemorySource(X, y, n_classes, rng.random(len(y)) + 0.1 if kind == "weighted" else None)


def objective(source, loss="softmax", lam=1e-2, **changes):
    return Objective(LOSSES.build(loss), L2(), np.array([lam]), source.n_classes, **changes)


def solve(goal, source, tol=1e-13, max_iter=3000):
    start = zero_params(1, goal.n_rows, source.n_features, np.dtype(np.float64))
    return drive(minimize_exactly(goal, source, start, tol=tol, max_iter=max_iter), [])


def reference(goal, source):
    """The least objective that SciPy's BFGS finds."""
    R, D = goal.n_rows, source.n_features

    def unpack(flat):
        flat = flat.reshape(1, R, D + 1)
        return Params(flat[..., :D], flat[..., D])

    batch = next(iter(source.batches(source.n_examples, seed=None)))

    def both(flat):
        result = goal.value_and_gradient(unpack(flat), batch)
        gradient = np.concatenate([result.gradient.W, result.gradient.b[..., None]], axis=2)
        return float(result.objective[0]), gradient.ravel()

    best = minimize(
        both,
        np.zeros(R * (D + 1)),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 20000, "maxfun": 50000, "ftol": 1e-16, "gtol": 1e-11},
    )
    return best.fun


@pytest.mark.parametrize("loss", SMOOTH)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_every_smooth_loss(loss, n_classes):
    source = data("plain", n_classes)
    goal = objective(source, loss)
    ended = solve(goal, source)
    assert ended.reason is Reason.CONVERGED
    assert goal.value(ended.params, source)[0] <= reference(goal, source) * (1 + 1e-9)


@pytest.mark.parametrize(
    "kind",
    [
        "rank-deficient",
        "duplicate features",
        "constant feature",
        "badly scaled",
        "few rows",
        "separable",
        "weighted",
    ],
)
@pytest.mark.parametrize("lam", [1e-2, 1e-6])
def test_awkward_data(kind, lam):
    source = data(kind)
    goal = objective(source, lam=lam)
    ended = solve(goal, source)
    assert goal.value(ended.params, source)[0] <= reference(goal, source) * (1 + 1e-6)


@pytest.mark.parametrize("changes", [{"fit_intercept": False}, {"standardized": True}])
def test_without_intercept_and_standardised(changes):
    source = data("badly scaled")
    if changes.pop("standardized", False):
        changes["standardization"] = Standardization.of(source)
    goal = objective(source, **changes)
    ended = solve(goal, source)
    assert goal.value(ended.params, source)[0] <= reference(goal, source) * (1 + 1e-9)
    if "fit_intercept" in changes:
        assert (ended.params.b == 0).all()


def test_no_penalty_on_separable_data_comes_to_an_end():
    source = data("separable")
    goal = replace(objective(source, lam=0.0), penalty=NoPenalty())
    ended = solve(goal, source, tol=1e-4)
    assert ended.reason is Reason.CONVERGED
    assert goal.value(ended.params, source)[0] < 1e-5


def test_objective_never_rises():
    source = data("plain")
    goal = objective(source)
    start = zero_params(1, 3, 6, np.dtype(np.float64))
    told = [
        e.objective[0]
        for e in minimize_exactly(goal, source, start, tol=1e-12, max_iter=100)
        if isinstance(e, Evaluated)
    ]
    assert told == sorted(told, reverse=True)


def test_looks_at_a_gap_that_rounding_keeps_come_to_an_end():
    source = data("plain")
    goal = objective(source)
    ended = solve(goal, source, tol=1e-4)
    oracle = oracle_over(goal, source, np.dtype(np.float64))
    scores = oracle.scores(ended.params)
    here = Point.at(oracle, ended.params, scores)
    smoothing = Smoothing(oracle)
    policy, plain = GapPolicy(smoothing, 1e-30), smoothing.first()
    state, reasons = policy.first(plain), []
    for _ in range(11):
        state, reason = policy.decided(here, state, plain, iteration=0, predicted_decrease=0.0, quadratic=None)
        reasons.append(reason)
    assert reasons == [None] * 10 + [Reason.PRECISION]


def test_mismatch_tells_everything():
    source = data("plain")
    goal = replace(objective(source), penalty=MaxNorm())
    with pytest.raises(MismatchError, match="penalty max-norm is no sum"):
        solve(goal, source)


def test_slopes_prove_as_they_are_where_the_gradient_says_so(monkeypatch):
    """With many classes curvatures differ by far, and slopes moved along one step prove less than the point's."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(100, 30))
    y = np.arange(1500) % 100
    source = MemorySource(centres[y] + 0.5 * rng.normal(size=(1500, 30)), y, 100, None)
    goal = objective(source, lam=1e-3)
    ended = solve(goal, source, tol=1e-3)
    assert ended.duality_gap <= 1e-3
    monkeypatch.setattr(GapPolicy, "is_proof", lambda *args: False)
    by_moved = solve(goal, source, tol=1e-3)
    assert by_moved.duality_gap <= 1e-3
    assert ended.step < by_moved.step
