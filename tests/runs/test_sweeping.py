"""Sweeps from settings: equal to single runs, ranked, with edges and refusals."""

import numpy as np
import pytest

from scoreline.engine.minibatch.halving import Halving
from scoreline.engine.problem.events import Reason
from scoreline.errors import DataError, DivergedError, MismatchError, UnknownNameError, UsageError
from scoreline.runs.config import RunConfig
from scoreline.runs.drawing import draw_sweep
from scoreline.runs.pipeline import build_classifier, fit_prepared, prepare
from scoreline.runs.sweeping import Axes, sweep_run

BASE = RunConfig(max_epochs=9)


@pytest.fixture(scope="module")
def result():
    axes = Axes(["momentum", "adam"], np.array([1e-3, 1e-1]), np.array([1e-3, 1e-1]))
    return sweep_run(BASE, axes)


def test_the_best_is_what_its_settings_train_alone(result):
    prepared = prepare(result.best.config)
    classifier = build_classifier(result.best.config, prepared)
    fit_prepared(classifier, prepared, ())
    right = classifier.score(prepared.rows["validation"], prepared.labels("validation"))
    assert result.best.validation_accuracy == right
    assert result.best.epochs == classifier.n_iter_


def test_rows_are_ranked_by_accuracy_then_loss(result):
    assert len(result.rows) == 8
    keys = [(-row.validation_accuracy, row.validation_loss) for row in result.rows]
    assert keys == sorted(keys)
    assert result.best is result.rows[0]


def test_dropped_and_diverged_rows_do_not_win():
    axes = Axes(["sgd"], np.array([1e-3]), np.array([1e-6, 1e-5, 1e-3, 1e-2, 1e4]))
    result = sweep_run(BASE.model_copy(update={"loss": "squared-error"}), axes, halving=Halving(3))
    assert [row.remark for row in result.rows] == ["did not reach tol", *["dropped"] * 3, "diverged"]
    assert result.rows[-1].reason is Reason.DIVERGED
    assert result.rows[-1].config.lr == 1e4


@pytest.mark.parametrize(
    ("lams", "lrs", "told"),
    [
        ([1e-3, 10.0, 100.0], [1e-2, 0.1], ["best lam is the lowest", "best lr is the highest"]),
        ([1e-7, 1e-3, 10.0], None, []),
        ([0.0, 10.0], None, []),
        ([1e-3], [0.1], []),
    ],
)
def test_edges_are_told(lams, lrs, told):
    axes = Axes(["momentum"], np.array(lams), None if lrs is None else np.array(lrs))
    edges = sweep_run(RunConfig(max_epochs=60), axes).edges()
    assert len(edges) == len(told)
    assert all(words in sentence for words, sentence in zip(told, edges, strict=True))


def test_figures_follow_what_varies(result):
    def names(solvers, lams, lrs=None):
        axes = Axes(solvers, np.array(lams), None if lrs is None else np.array(lrs))
        return [drawing.name for drawing in draw_sweep(sweep_run(RunConfig(max_epochs=1), axes))]

    drawn = {drawing.name: drawing for drawing in draw_sweep(result)}
    assert list(drawn) == ["validation-map-momentum", "validation-map-adam"]
    assert all(drawing.light[:4] == drawing.dark[:4] == b"\x89PNG" for drawing in drawn.values())
    assert names(["momentum:0.5", "sgd"], [1e-3, 1e-2]) == ["validation-lam"]
    assert names(["sgd"], [1e-3], [0.1, 0.2]) == ["validation-lr"]
    assert names(["sgd", "adam"], [1e-3]) == []


def test_exact_fits_that_miss_their_goal_say_so():
    result = sweep_run(RunConfig(max_epochs=3), Axes(["exact"], np.array([1e-4, 10.0])))
    assert {row.config.lam: row.remark for row in result.rows} == {1e-4: "did not reach tol", 10.0: ""}


def test_a_validation_split_is_needed():
    with pytest.raises(DataError, match="no validation split"):
        sweep_run(RunConfig(validation=0.0), Axes(["sgd"], np.array([1e-3])))


def test_when_all_diverge():
    axes = Axes(["sgd"], np.array([1e-3]), np.array([1e4, 1e5]))
    with pytest.raises(DivergedError, match="All 2 configurations"):
        sweep_run(BASE.model_copy(update={"loss": "squared-error"}), axes)


@pytest.mark.parametrize(
    ("changes", "axes", "error"),
    [
        ({"early_stopping": True}, Axes(["sgd"], np.array([1e-3])), MismatchError),
        ({}, Axes(["adem"], np.array([1e-3])), UnknownNameError),
        ({"loss": "sofmax"}, Axes(["sgd"], np.array([1e-3])), UnknownNameError),
        ({}, Axes(["sgd"], np.array([1e-3]), np.array([0.0])), UsageError),
    ],
)
def test_settings_are_looked_at_before_data_are_loaded(changes, axes, error):
    with pytest.raises(error):
        sweep_run(RunConfig(data="/none", **changes), axes)
