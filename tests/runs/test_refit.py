"""Once validation rows have chosen, they are trained on, and no figure tells of them as if held out."""

import json
import re
from html import unescape

import numpy as np
import pytest
from typer.testing import CliRunner

from scoreline import LinearClassifier
from scoreline.cli.app import app
from scoreline.data import load_dataset
from scoreline.errors import DataError, MismatchError, UsageError
from scoreline.runs.comparison import compare
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.pipeline import prepare
from scoreline.runs.refit import decide_refit, with_validation_rows
from scoreline.runs.resolved import Resolved
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.fixture(scope="module")
def config():
    return RunConfig(data="digits", lam="auto", tol=1e-8)


@pytest.fixture(scope="module")
def run(config, tmp_path_factory):
    return train_run(config, tmp_path_factory.mktemp("runs") / "run")


def test_the_classifier_is_that_of_all_rows_but_the_test_split(run):
    whole = load_dataset("digits", RunConfig(validation=0.0).load_options())
    alone = LinearClassifier(lam=run.lam_choice.lam, standardize=True, tol=1e-8)
    alone.fit(whole.train.X.reshape(len(whole.train), -1), whole.train.y)
    assert len(run.prepared.dataset.train) == len(whole.train)
    assert sorted(run.prepared.dataset.train.ids) == sorted(whole.train.ids)
    assert run.classifier.objective_ == pytest.approx(alone.objective_, rel=1e-4)
    test = whole.test.X.reshape(len(whole.test), -1)
    np.testing.assert_allclose(run.classifier.decision_function(test), alone.decision_function(test), atol=0.05)


def test_validation_figures_are_those_of_the_choice(run):
    metrics = json.loads(run.folder.metrics_file.read_text())
    assert metrics["refit"] is True
    assert "validation" not in metrics["evaluations"]
    assert metrics["validation_accuracy"] == run.lam_choice.folds.accuracy[run.lam_choice.lam]
    assert metrics["n_validation"] == 0
    assert metrics["split"] == "test"
    assert "training and validation rows" in run.folder.report.read_text()


def test_settings_make_the_same_classifier_again(run, tmp_path):
    asked = RunConfig.read(run.folder.config_file)
    assert (asked.lam, asked.refit) == ("auto", None)
    written = Resolved.read(run.folder.path).settings(asked)
    assert written.refit is True
    text = unescape(re.sub("<[^>]*>", "", run.folder.report.read_text()))
    assert "--refit" in written.command() in text
    again = train_run(written, tmp_path / "again")
    # The first run has begun where its choice ended, this one at 0: both are as close to the optimum as was asked.
    assert again.classifier.objective_ == pytest.approx(run.classifier.objective_, rel=written.tol)
    assert np.abs(again.classifier.coef_ - run.classifier.coef_).max() < 0.01 * np.abs(run.classifier.coef_).max()


def test_a_finished_run_has_no_validation_rows_to_be_evaluated_by(run):
    with pytest.raises(UsageError, match="validation"):
        evaluate_run(run.folder.path, split="validation")
    everything = evaluate_run(run.folder.path, split="all").evaluation
    assert everything.n == len(run.prepared.dataset.train) + len(run.prepared.dataset.test)


def test_without_a_test_split_the_evaluated_classifier_is_kept(tmp_path):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 200)
    np.savez(tmp_path / "rows.npz", X=rng.normal(size=(200, 4)) + y[:, None], y=y)
    result = train_run(RunConfig(data=str(tmp_path / "rows.npz"), lam="auto"), tmp_path / "run")
    assert result.resolved.refit.value is False
    assert result.evaluation.split == "validation"
    assert result.validation_accuracy == result.evaluation.accuracy
    with pytest.raises(DataError, match="test split"):
        train_run(RunConfig(data=str(tmp_path / "rows.npz"), refit=True), tmp_path / "other")


def test_early_stopping_keeps_its_validation_rows(config):
    early = config.model_copy(update={"early_stopping": True, "solver": "sgd"})
    prepared = prepare(early)
    decision = decide_refit(early, prepared, chosen=True)
    assert not decision.value
    assert "early stopping" in decision.why
    with pytest.raises(MismatchError, match="early stopping"):
        decide_refit(early.changed(refit=True), prepared, chosen=True)


def test_what_is_given_is_not_chosen(config):
    prepared = prepare(config)
    assert not decide_refit(config, prepared, chosen=False).value
    refused = decide_refit(config.changed(refit=False), prepared, chosen=True)
    assert (refused.value, refused.why) == (False, "given")
    assert decide_refit(config, prepared, chosen=True).value


def test_rows_are_joined_without_a_copy():
    config = RunConfig(data="synthetic:n_train=60,n_test=20", memory="64GB", refit=True)
    prepared = prepare(config)
    both = with_validation_rows(prepared)
    for joined in (both.rows["train"], both.dataset.train.rows):
        pieces = [part.array for part in joined.parts()]
        for piece, split in zip(pieces, (prepared.dataset.train, prepared.dataset.validation), strict=True):
            assert np.shares_memory(piece, split.X)


def test_comparisons_refit_too(config, run):
    (row,) = compare(config, {})
    assert row.accuracy == run.evaluation.accuracy
    assert row.validation_accuracy == run.lam_choice.validation_accuracy
    assert "refitted" in row.remark


def test_the_command_tells(tmp_path):
    arguments = ["train", "digits", "--lam", "auto", "--out"]
    done = CliRunner().invoke(app, [*arguments, str(tmp_path / "run")])
    assert "training and validation rows" in done.stdout
    done = CliRunner().invoke(app, [*arguments, str(tmp_path / "no"), "--no-refit"])
    assert done.exit_code == 0
    assert "training and validation rows" not in done.stdout
