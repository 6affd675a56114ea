"""What was asked stays, what was decided is told, and what is measured is measured once."""

import gc
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest
import yaml

from scoreline.engine.exact import moments
from scoreline.engine.problem.standardization import PIECE, FeatureStatistics
from scoreline.errors import DivergedError, ModelError
from scoreline.estimators import LinearClassifier
from scoreline.runs import lam_folds, training
from scoreline.runs.comparison import compare
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.pipeline import prepare
from scoreline.runs.resolution import fit_resolved, resolve
from scoreline.runs.resolved import RESOLVED_FILE, Resolved
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

#: A run of the last revision that wrote numbers in place of ``auto`` into config.yaml, and no resolved.yaml.
EARLIER = Path(__file__).parents[1] / "fixtures" / "run-before-resolved"
BOTH = RunConfig(features="hog,pixels", block_weights="auto", lam="auto", tol=1e-3)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_run(BOTH, tmp_path_factory.mktemp("runs") / "run")


def test_the_settings_stay_what_was_asked(run):
    assert RunConfig.read(run.folder.config_file) == BOTH.anchored() == run.request


def test_every_decision_is_told_with_its_reason(run):
    told = yaml.safe_load((run.folder.path / RESOLVED_FILE).read_text(encoding="utf-8"))
    assert told.pop("format") == "scoreline-resolved/1"
    assert set(told) == set(Resolved.model_fields) - {"format"}
    assert all(set(decision) == {"value", "why"} and decision["why"] for decision in told.values())
    assert told["lam"]["value"] == run.lam_choice.lam
    assert told["block_weights"]["value"] == list(run.block_choice.weights)
    assert told["refit"]["value"] is True
    assert told["image_size"]["value"] == [8, 8]
    assert told["solver"] == {"value": "exact", "why": run.classifier.solver_.reason}
    assert told["lr"]["value"] is None
    assert told["max_epochs"]["value"] == 1000
    assert Resolved.read(run.folder.path) == run.resolved


def test_a_rate_is_known_before_the_fit():
    config = RunConfig(solver="momentum", max_epochs=2)
    resolution, start = resolve(config, prepare(config))
    assert (resolution.resolved.lr.value, resolution.resolved.max_epochs.value) == (
        pytest.approx(0.2666, abs=0.01),
        2,
    )
    fit_resolved(resolution, start)
    assert resolution.classifier.lr_ == resolution.resolved.lr.value


def test_a_comparison_comes_to_what_a_run_comes_to(run):
    (row,) = compare(BOTH, {})
    assert (row.lam, row.accuracy, row.objective) == (
        run.resolved.lam.value,
        run.evaluation.accuracy,
        run.classifier.objective_,
    )


@pytest.mark.parametrize(
    ("changes", "samples"),
    [({}, 0), ({"block_weights": "1,0.5"}, 1), ({"lam": 1e-3}, 0), ({"class_weight": "balanced"}, 0)],
)
def test_rows_are_measured_once(changes, samples, monkeypatch, tmp_path):
    """Moments by the choice of block weights, or once by that of lam; of the refit, only new rows are read."""
    monkeypatch.setattr(lam_folds, "FEW_ROWS", 0)
    seen, read = [], []
    continued, sample = FeatureStatistics._continued.__func__, moments.sample_rows

    def measured(cls, sums, pieces, source):
        if source.n_examples > 100:  # not the few rows that a sanity check overfits
            read.append(source.n_examples - PIECE * pieces)
        return continued(cls, sums, pieces, source)

    monkeypatch.setattr(FeatureStatistics, "_continued", classmethod(measured))
    monkeypatch.setattr(moments, "sample_rows", lambda *given: seen.append(given) or sample(*given))
    config = BOTH.changed(**changes)
    result = train_run(config, tmp_path / "run")
    n, rest = 1294, 1294 % PIECE
    assert result.resolved.refit.value
    # Weights that make classes equal are others once rows join: then, and only then, all are read again.
    assert read == [n, 1438 if config.class_weight else 144 + rest]
    assert len(seen) == samples


def test_checks_look_at_what_is_trained(monkeypatch, tmp_path):
    """The same problem, of which they take some rows: with its means and its weights of features and classes."""
    checked, trained, looked_at = [], [], []
    check, solve, overfit = training.run_sanity_checks, LinearClassifier._solve, training.check_overfit

    def checks(problem, seed):
        checked.append(problem)
        return check(problem, seed)

    def solved(self, fit, *more):
        trained.append(fit.problem)
        return solve(self, fit, *more)

    def overfitted(objective, source, seed):
        looked_at.append((objective, source))
        return overfit(objective, source, seed)

    monkeypatch.setattr(training, "run_sanity_checks", checks)
    monkeypatch.setattr(LinearClassifier, "_solve", solved)
    monkeypatch.setattr(training, "check_overfit", overfitted)
    config = RunConfig(features="hog,pixels", block_weights="1,0.5", class_weight="balanced")
    train_run(config, tmp_path / "run")
    ((problem,), ((objective, source),)) = checked, looked_at
    assert trained == checked
    assert objective.loss is problem.objective.loss
    np.testing.assert_array_equal(objective.standardization, problem.objective.standardization)
    assert len(set(source.weight)) > 1
    assert set(source.weight) <= set(problem.source.weight)


@pytest.mark.parametrize("command", ["train", "compare"])
def test_moments_are_gone_before_anything_is_evaluated(command, monkeypatch, tmp_path):
    from scoreline.runs import comparison

    module = training if command == "train" else comparison
    left = []

    def fit(resolution, start, listeners=()):
        left.append(weakref.ref(start.measured.moments))
        return fit_resolved(resolution, start, listeners)

    def is_released(wrapped):
        def call(*given):
            gc.collect()
            assert [moments() for moments in left] == [None]
            return wrapped(*given)

        return call

    evaluate = "evaluate_splits" if command == "train" else "_accuracy"
    monkeypatch.setattr(module, "fit_resolved", fit)
    monkeypatch.setattr(module, evaluate, is_released(getattr(module, evaluate)))
    config = RunConfig(lam="auto", tol=1e-2)
    assert train_run(config, tmp_path / "run") if command == "train" else list(compare(config, {}))
    assert len(left) == 1


def test_a_run_that_diverges_has_told_what_it_decided(tmp_path):
    with pytest.raises(DivergedError):
        train_run(RunConfig(loss="squared-error", solver="sgd", lr=1e5), tmp_path / "run")
    assert Resolved.read(tmp_path / "run").lr.value == 1e5


def test_an_earlier_run_says_what_it_said():
    assert Resolved.read(EARLIER) is None
    found = evaluate_run(EARLIER)
    assert found.evaluation.accuracy == pytest.approx(0.9749303621169917, abs=1e-12)
    assert found.objective == pytest.approx(0.16463985463565703, rel=1e-6)
    assert (found.n_train, found.evaluation.n, found.n_trained_on) == (1438, 359, 0)
    assert not found.warnings


def test_evaluation_knows_of_the_refit(run):
    found = evaluate_run(run.folder.path)
    assert found.n_train == 1438
    assert not found.warnings


@pytest.mark.parametrize("text", ["lam: 1", "refit: {value: maybe, why: x}", "[", "x" * 70_000])
def test_a_damaged_file_is_told(run, tmp_path, text):
    shutil.copytree(run.folder.path, tmp_path / "run")
    (tmp_path / "run" / RESOLVED_FILE).write_text(text)
    with pytest.raises(ModelError, match="has decided cannot be read"):
        evaluate_run(tmp_path / "run")
