"""A grid equals its points: what `LinearClassifier.fit` comes to with the same settings."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.solvers import Exact
from scoreline.errors import MismatchError
from scoreline.estimators.grid import GridPoint, grid_points, sweep_grid
from scoreline.estimators.problem import assemble, draw_seed
from scoreline.estimators.validation import encode_labels, validate_training_data
from scoreline.optimizers import Momentum

X, Y = load_digits(return_X_y=True)
TRAIN, HELD_OUT = (X[:400], Y[:400]), (X[400:600], Y[400:600])
COMMON = {"standardize": True, "random_state": 3}


def run(classifier, points, **more):
    data = validate_training_data(classifier, *TRAIN, None)
    problem = assemble(classifier, data, seed=draw_seed(classifier.random_state))
    held_out = MemorySource(HELD_OUT[0], encode_labels(HELD_OUT[1], data.classes), len(data.classes))
    return sweep_grid(classifier, problem, held_out, points, **more)


def test_points_are_every_combination_but_exact_has_no_rate():
    points = grid_points(["adam", "exact"], np.array([0.1, 1.0]), np.array([1e-3]))
    assert points == [
        GridPoint("adam", 0.1, 1e-3),
        GridPoint("adam", 1.0, 1e-3),
        GridPoint("exact", 0.1, None),
        GridPoint("exact", 1.0, None),
    ]
    assert grid_points(["auto"], np.array([0.1]), None) == [GridPoint("auto", 0.1, None)]


@pytest.mark.parametrize("changes", [{}, {"class_weight": "balanced"}, {"tol": 1e-2}, {"dropout": 0.2}])
def test_every_point_is_a_fit_of_its_own(changes):
    classifier = LinearClassifier(max_epochs=12, **COMMON | changes)
    points = [
        *grid_points(["momentum", Momentum(0.5)], np.array([1e-3, 1e-1]), np.array([1e-3, 0.1])),
        *grid_points(["momentum", "adam", "gd"], np.array([1e-3, 1e-1]), None),
    ]
    for point, trial in zip(points, run(classifier, points), strict=True):
        single = LinearClassifier(max_epochs=12, **COMMON | changes).set_params(
            solver=point.solver, lam=point.lam, lr=point.lr
        )
        single.fit(*TRAIN)
        assert trial.point == point
        assert trial.lr == pytest.approx(single.lr_, rel=1e-12)
        assert trial.outcome.validation_accuracy == single.score(*HELD_OUT)
        assert trial.outcome.epochs == single.n_iter_
        penalty = point.lam * np.square(trial.outcome.params.W).sum()
        assert penalty == pytest.approx(single.penalty_value_, rel=1e-6)


def test_exact_points_are_fits_of_their_own_within_tol():
    lams = np.array([1e-4, 1e-2])
    trials = run(LinearClassifier(tol=1e-9, **COMMON), grid_points(["auto"], lams, None))
    for trial in trials:
        single = LinearClassifier(lam=trial.point.lam, tol=1e-9, **COMMON).fit(*TRAIN)
        assert trial.choice.name == "exact"
        assert trial.lr is None
        assert trial.outcome.duality_gap <= 1e-9
        assert trial.outcome.validation_accuracy == single.score(*HELD_OUT)


def test_a_rate_lets_auto_choose_mini_batches():
    (trial,) = run(LinearClassifier(max_epochs=1, **COMMON), [GridPoint("auto", 1e-3, 0.1)])
    assert trial.choice.name == "momentum"


def test_halving_goes_over_all_solvers_of_mini_batches_and_leaves_exact_fits_alone():
    points = grid_points(["momentum", "adam", "exact"], np.array([1e-2, 1e-1]), np.array([1e-5, 1e-2]))
    trials = run(LinearClassifier(max_epochs=9, **COMMON), points, halving=Halving(3))
    stacked = [trial.outcome for trial in trials if trial.choice.name != "exact"]
    assert sorted(outcome.epochs for outcome in stacked) == [1] * 5 + [3] * 2 + [9]
    exact = [trial.outcome for trial in trials if trial.choice.name == "exact"]
    assert [outcome.complete and outcome.epochs > 3 for outcome in exact] == [True] * 2


@pytest.mark.parametrize(
    ("classifier", "solver", "told"),
    [
        (LinearClassifier(), "random-search", "random-search"),
        (LinearClassifier(penalty="max-norm"), "exact", "max-norm"),
        (LinearClassifier(dropout=0.5), "exact", "dropout"),
    ],
)
def test_what_does_not_fit(classifier, solver, told):
    with pytest.raises(MismatchError, match=told):
        run(classifier, [GridPoint(solver, 1e-3, None)])


def test_exact_points_measure_what_a_bound_on_memory_has_room_for(monkeypatch):
    monkeypatch.setattr(Exact, "factor_rows", lambda *args: 32)
    monkeypatch.setattr("scoreline.engine.exact.path.measure_for", None)  # what there would be no room for
    monkeypatch.setattr("scoreline.engine.solvers.exact.measure_for", None)
    points = grid_points(["exact"], np.array([1e-2, 1e-1]), None)
    trials = run(LinearClassifier(tol=1e-3, memory="64GB", **COMMON), points)
    assert all(trial.outcome.duality_gap <= 1e-3 for trial in trials)
