"""The exact solver never sees what has one entry an example: with vectors that it cannot read it does the same.

The oracle here hands out handles without any array interface, and says which of them have been given up.
"""

import itertools

import numpy as np
import pytest
from safetensors.numpy import load, save

from scoreline.data.memory import MemorySource
from scoreline.engine.exact import curvature, first_step, proximal, solver
from scoreline.engine.exact.moments import measure_moments
from scoreline.engine.exact.path import fit_path
from scoreline.engine.problem import local_oracle
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import zero_params
from scoreline.engine.problem.states import from_arrays, to_arrays
from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES

N, D, C = 203, 12, 3
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, D))
Y = (X[:, :C] + RNG.normal(scale=0.7, size=(N, C))).argmax(axis=1)
SOURCE = MemorySource(X, Y, C, RNG.uniform(0.5, 2, N))
SPECS = [
    *LOSSES,
    "weston-watkins:squared",
    "one-vs-all:squared",
    "weston-watkins:smoothing_width=0.5",
    "crammer-singer:smoothing_width=0.5",
]


class Handle:
    """A vector: only the oracle reads it, until it is given up."""

    def __init__(self, content):
        self._content = content

    def opened(self):
        assert self._content is not None, "this vector was given up"
        return self._content

    def given_up(self):
        content, self._content = self.opened(), None
        return content


class OpaqueOracle:
    """A local oracle, all of whose vectors are handles; see `scoreline.engine.problem.oracle.Oracle`."""

    def __init__(self, oracle):
        self._oracle = oracle
        self.steps_at_once = oracle.steps_at_once
        self.objective, self.dtype, self.total_weight = oracle.objective, oracle.dtype, oracle.total_weight
        self.n_examples, self.n_features, self.n_rows = oracle.n_examples, oracle.n_features, oracle.n_rows
        self.n_entries = oracle.n_entries

    def consecutive(self):
        return self._oracle.consecutive()

    def with_loss(self, loss):
        return OpaqueOracle(self._oracle.with_loss(loss))

    def scores(self, params):
        return Handle(self._oracle.scores(params))

    def constant(self, row):
        return Handle(self._oracle.constant(row))

    def evaluate(self, scores, change, steps, *, out=None):
        change = None if change is None else change.opened()
        scores, out = scores.opened(), None if out is None else out.given_up()
        evaluations, slopes = self._oracle.evaluate(scores, change, steps, out=out)
        return evaluations, Handle(slopes)

    def gradient(self, params, slopes):
        return self._oracle.gradient(params, slopes.opened())

    def mean_slopes(self, slopes):
        return self._oracle.mean_slopes(slopes.opened())

    def combine(self, a, t, b, *, out=None):
        a, b = a.opened(), b.opened()
        return Handle(self._oracle.combine(a, t, b, out=None if out is None else out.given_up()))

    def reduce(self, f, *vectors, least_rows=1):
        return self._oracle.reduce(self._of_blocks(f), *self._all(vectors), least_rows=least_rows)

    def transform(self, f, *vectors, row=None, dtype=None, out=None):
        contents, out = self._all(vectors), None if out is None else out.given_up()
        return Handle(self._oracle.transform(self._of_blocks(f), *contents, row=row, dtype=dtype, out=out))

    def sample(self, scores, most):
        assert most < self.n_examples
        return self._oracle.sample(scores.opened(), most)

    def active_rows(self, scores, *, straight, most_entries):
        active = self._oracle.active_rows(scores.opened(), straight=straight, most_entries=most_entries)

        class OpaqueRows:
            hessian_product = staticmethod(active.hessian_product)

        return OpaqueRows()

    def hessian(self, row_hessians):
        return self._oracle.hessian(row_hessians.opened())

    def saved(self, vector):
        return self._oracle.saved(vector.opened())

    def restored(self, array):
        return Handle(self._oracle.restored(array))

    @staticmethod
    def _all(vectors):
        return [vector.opened() for vector in vectors]

    def _of_blocks(self, f):
        def checked(y, *blocks):
            assert len(y) < self.n_examples, "all examples at once"
            return f(y, *blocks)

        return checked


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """No block and no sample has all examples."""
    monkeypatch.setattr(local_oracle, "EVALUATED_ENTRIES", 150)
    monkeypatch.setattr(curvature, "CURVATURE_ROWS", 100)


def objective(loss="softmax", penalty="l2", lams=(1e-2,), **fields):
    standard = Standardization.of(SOURCE)
    return Objective(
        LOSSES.build(loss), PENALTIES.build(penalty), np.array(lams), C, standardization=standard, **fields
    )


def start(dtype=np.float64):
    return zero_params(1, C, D, np.dtype(dtype))


def opaque_over(*args):
    return OpaqueOracle(LocalOracle(*args))


def in_both(monkeypatch, run):
    """Return what a run comes to with arrays and with handles."""
    results = []
    for over in (LocalOracle, opaque_over):
        for module in (solver, first_step):
            monkeypatch.setattr(module, "oracle_over", over)
        results.append(run())
    return results


def assert_same_fits(monkeypatch, goal, *, tol=1e-4, dtype=np.float64, max_iter=60):
    def fit():
        method = solver.ExactMethod(goal, SOURCE, start(dtype), tol=tol, max_iter=max_iter)
        events = list(solver.run(method))
        return [(type(event), *event) if isinstance(event, tuple) else vars(event) for event in events]

    mine, theirs = in_both(monkeypatch, fit)
    np.testing.assert_equal(theirs, mine)
    return mine


TAKEN = [
    (loss, penalty)
    for loss, penalty in itertools.product(SPECS, PENALTIES)
    if not solver.missing_for_exact(objective(loss, penalty))
]


@pytest.mark.parametrize(("spec", "kind"), TAKEN)
def test_every_loss_and_penalty_that_the_solver_takes(spec, kind, monkeypatch):
    # Without a penalty there is no proof, and hinges take long.
    assert_same_fits(monkeypatch, objective(spec, kind), tol=1e-2 if kind == "none" else 1e-4)


def test_the_solver_takes_every_loss_and_most_penalties():
    assert {loss for loss, _ in TAKEN} == set(SPECS)
    assert {penalty for _, penalty in TAKEN} >= {"l2", "l1", "elastic-net", "none"}


@pytest.mark.parametrize("spec", ["weston-watkins", "one-vs-all:squared"])
def test_quasi_newton_steps_for_hinges(spec, monkeypatch):
    monkeypatch.setattr(solver, "NEWTON_SMOOTHED", 0)
    monkeypatch.setattr(solver, "NEWTON_SQUARED", 0)
    assert_same_fits(monkeypatch, objective(spec), dtype=np.float32)


@pytest.mark.parametrize("spec", ["softmax", "weston-watkins:squared"])
def test_proximal_newton_steps(spec, monkeypatch):
    monkeypatch.setattr(proximal, "ITERATION_RATE", 0.05)
    assert_same_fits(monkeypatch, objective(spec, "elastic-net", (1e-3,)))


def test_without_a_bias(monkeypatch):
    for loss in ("softmax", "crammer-singer"):
        assert_same_fits(monkeypatch, objective(loss, fit_intercept=False))


def test_a_path_and_first_steps(monkeypatch):
    goal = objective(lams=(1e-3, 1e-1, 1e-2, 1e-4))
    moments = measure_moments(goal, SOURCE, n_ridges=4)

    def path():
        return [vars(outcome) for outcome in fit_path(goal, SOURCE, start(), tol=1e-5, max_iter=50)]

    def steps():
        return list(first_step.first_steps(goal, SOURCE, moments, [1e-2, 1.0], np.dtype(float)))

    for run in (path, steps):
        mine, theirs = in_both(monkeypatch, run)
        np.testing.assert_equal(theirs, mine)


@pytest.mark.parametrize(
    ("spec", "kind"), [("softmax", "l2"), ("weston-watkins", "l2"), ("softmax", "elastic-net")]
)
def test_states_are_saved_and_restored_through_the_oracle(spec, kind, monkeypatch):
    monkeypatch.setattr(solver, "oracle_over", opaque_over)

    def make():
        return solver.ExactMethod(objective(spec, kind), SOURCE, start(), tol=1e-5, max_iter=40)

    method = make()
    like = state = method.init()
    while method.terminate(state) is None:
        state, _ = method.step(state)
    end = to_arrays(method.saved(state))
    method, state = make(), like
    for place in itertools.count():
        if place % 4 == 0:
            arrays = load(save(to_arrays(method.saved(state))))
            method = make()
            state = method.restored(from_arrays(method.saved(method.init()), arrays))
        if method.terminate(state) is not None:
            break
        state, _ = method.step(state)
    np.testing.assert_equal(to_arrays(method.saved(state)), end)
