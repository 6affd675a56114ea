"""What every solver declares is what the estimators go by; one from outside the package is asked for the same."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.data.memory import MemorySource
from scoreline.engine.problem.events import Evaluated, Reason, RunEnded, RunStarted
from scoreline.engine.solvers import SOLVERS, GradientDescent, Solver, named_solver, needs_whole_data
from scoreline.errors import MismatchError, UnknownNameError
from scoreline.estimators.exact_fits import ExactFits
from scoreline.estimators.grid import GridPoint, grid_points, sweep_grid
from scoreline.estimators.problem import assemble
from scoreline.estimators.validation import validate_training_data
from scoreline.optimizers import Momentum
from scoreline.runs.config import RunConfig

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((60, 4)), np.arange(60) % 3
LAMS = np.array([1e-2, 1e-1])


@dataclass(frozen=True)
class ClassMeans(Solver):
    """Each class's weights are the mean of its rows: one pass, nothing else."""

    default_epochs: ClassVar[int] = 1
    unit: ClassVar[str] = "passes"

    def needs(self, extent, settings):
        return [extent.weights(1)]

    def run(self, objective, source, start, settings, validation=None):
        yield RunStarted(1, 1, source.n_examples, start)
        (batch,) = source.batches(source.n_examples, seed=None)
        W = np.stack([batch.X[batch.y == c].mean(axis=0) for c in range(source.n_classes)])[None]
        params = start._replace(W=W.astype(start.W.dtype))
        loss, accuracy = objective.data_loss(params, source)
        value = objective.value(params, source)
        yield Evaluated(1, 1, value, loss, accuracy, None, None, np.zeros(1), params)
        yield RunEnded(Reason.CONVERGED, 1, 1, params, np.ones(1, bool))


@pytest.fixture
def class_means(monkeypatch):
    monkeypatch.setattr(SOLVERS, "_parts", dict(SOLVERS._parts))
    SOLVERS.register("class-means", ClassMeans)


def shared(solver):
    classifier = LinearClassifier(solver=solver, max_epochs=2, random_state=0)
    problem = assemble(classifier, validate_training_data(classifier, X, Y, None))
    return classifier, problem, MemorySource(X, Y, 3)


@pytest.mark.parametrize("name", [*SOLVERS, "momentum", Momentum(), GradientDescent()])
def test_what_a_solver_declares_is_what_estimators_do_with_it(name):
    solver = named_solver(name).solver
    model = LinearClassifier(solver=name, max_epochs=2, random_state=0)
    assert hasattr(model, "partial_fit") is not solver.whole_data
    assert needs_whole_data(name) is solver.whole_data
    rates = {point.lr for point in grid_points([name], LAMS, np.array([1e-2]))}
    assert rates == ({1e-2} if solver.has_rates else {None})
    classifier, problem, held_out = shared(name)
    points = grid_points([name], LAMS, None)
    if solver.grid_method() is None:
        with pytest.raises(MismatchError, match="sweep"):
            sweep_grid(classifier, problem, held_out, points)
    else:
        trials = sweep_grid(classifier, problem, held_out, points)
        assert [trial.point for trial in trials] == points
        assert all((trial.lr is not None) is solver.has_rates for trial in trials)
    if ExactFits.of(classifier, problem, held_out, LAMS) is None:
        assert name != "exact"


def test_solvers_with_equal_methods_share_a_grid_and_equal_fits_are_made_once():
    classifier, problem, held_out = shared("exact")
    both = [GridPoint(name, lam, None) for name in ("auto", "exact") for lam in LAMS]
    steps = []
    trials = sweep_grid(classifier, problem, held_out, both, listeners=[steps.append])
    assert sum(event.__class__ is RunEnded for event in steps) == len(LAMS)
    assert trials[0].outcome is trials[2].outcome
    assert [trial.choice.reason for trial in trials][2:] == ["given", "given"]


def test_a_solver_from_outside_is_one_class_and_one_line(class_means):
    model = LinearClassifier(solver="class-means").fit(X, Y)
    expected = np.stack([X[c == Y].mean(axis=0) for c in range(3)])
    np.testing.assert_allclose(model.coef_, expected, rtol=1e-6)
    assert (model.solver_.name, model.stop_reason_, model.lr_) == ("class-means", Reason.CONVERGED, None)
    assert not hasattr(model, "partial_fit")
    with pytest.raises(UnknownNameError, match="class-means"):
        LinearClassifier(solver="class-mean").fit(X, Y)
    classifier, problem, held_out = shared("class-means")
    assert ExactFits.of(classifier, problem, held_out, LAMS) is None
    with pytest.raises(MismatchError, match="class-means"):
        sweep_grid(classifier, problem, held_out, [GridPoint("class-means", 1e-2, None)])
    with pytest.raises(MismatchError, match="ClassMeans was asked to learn in parts"):
        ClassMeans().learn(problem.objective, problem.source, None, None, state=None, epoch=0)


def test_the_setting_names_every_solver():
    described = RunConfig.model_fields["solver"].description
    assert all(name in described for name in SOLVERS)
