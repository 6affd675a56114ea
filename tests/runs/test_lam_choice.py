"""The strength that is chosen is as good as the best of those tried, as far as the validation split tells."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from scoreline.cli.app import app
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.errors import DataError, UsageError
from scoreline.estimators.warm_start import WarmStart
from scoreline.runs import lam_choice, lam_folds
from scoreline.runs.config import RunConfig
from scoreline.runs.lam_search import TRIED
from scoreline.runs.pipeline import build_classifier, fit_prepared, prepare
from scoreline.runs.resolved import Resolved
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")


def choose_lam(config, prepared):
    return lam_choice.choose_lam(config, prepared, None, WarmStart(None))[0]


@pytest.fixture(scope="module")
def prepared():
    return prepare(RunConfig(data="digits"))


@pytest.fixture
def many_rows(monkeypatch):
    """Let the validation split of the digits count as one that can tell strengths apart."""
    monkeypatch.setattr(lam_folds, "FEW_ROWS", 0)


@pytest.mark.usefixtures("many_rows")
def test_the_strongest_that_is_as_good_as_the_best(prepared):
    config = RunConfig(data="digits", lam="auto", tol=1e-2)
    choice = choose_lam(config, prepared)
    best = max(choice.accuracy.values())
    enough = best - 0.5 * np.sqrt(best * (1 - best) / len(prepared.labels("validation")))
    assert choice.accuracy[choice.lam] >= enough
    assert all(accuracy < enough for lam, accuracy in choice.accuracy.items() if lam > choice.lam)
    tried = list(choice.accuracy)
    first = TRIED.tolist().index(tried[0])
    np.testing.assert_array_equal(tried, TRIED[first : first + len(tried)])
    single = build_classifier(config.model_copy(update={"lam": choice.lam}), prepared)
    fit_prepared(single, prepared, [])
    accuracy = single.score(prepared.rows["validation"], prepared.labels("validation"))
    assert accuracy == pytest.approx(choice.accuracy[choice.lam], abs=0.02)


@pytest.mark.usefixtures("many_rows")
def test_hopeless_strengths_are_left_out(prepared):
    choice = choose_lam(RunConfig(data="digits", lam="auto"), prepared)
    assert len(choice.accuracy) < len(TRIED) / 2


def test_folds_do_not_mix_validation_rows_that_came_with_the_data(prepared):
    given = replace(prepared, dataset=replace(prepared.dataset, drawn=False))
    assert prepared.dataset.drawn
    assert choose_lam(RunConfig(data="digits", lam="auto"), given).folds is None


def test_folds_choose_where_validation_rows_are_few(prepared):
    choice = choose_lam(RunConfig(data="digits", lam="auto"), prepared)
    assert choice.folds is not None
    assert choice.lam == choice.folds.lam
    assert list(choice.accuracy) == list(choice.folds.accuracy)
    assert min(choice.accuracy) < choice.lam < max(choice.accuracy)
    assert "5-fold cross-validation" in choice.why
    assert not replace(choice, lam=min(choice.accuracy)).at_the_end  # two of them gained nothing more
    assert replace(choice, lam=TRIED[-1]).at_the_end
    assert replace(choice, lam=max(choice.accuracy), folds=None).at_the_end
    again = choose_lam(RunConfig(data="digits", lam="auto"), prepared)
    assert (again.lam, again.folds) == (choice.lam, choice.folds)


def test_an_interrupted_choice_is_made_by_what_was_reached(prepared):
    def stop(event):
        return Reason.INTERRUPTED if isinstance(event, Evaluated) else None

    choice = lam_choice.choose_lam(RunConfig(data="digits", lam="auto"), prepared, None, WarmStart(None), [stop])[
        0
    ]
    assert choice.folds is None
    assert len(choice.accuracy) == 1


def test_strengths_that_leave_no_weight_are_not_the_end(prepared):
    choice = choose_lam(RunConfig(data="digits", lam="auto", penalty="l1", solver="exact", tol=1e-2), prepared)
    assert choice.accuracy[TRIED[0]] < 0.2
    assert choice.accuracy[choice.lam] > 0.9


def test_mini_batches_choose_too(prepared):
    choice = choose_lam(RunConfig(data="digits", lam="auto", solver="momentum", max_epochs=2), prepared)
    assert len(choice.accuracy) == len(TRIED)


def test_a_run_tells_and_keeps_what_was_chosen(tmp_path):
    result = train_run(RunConfig(data="digits", lam="auto"), tmp_path / "run")
    assert result.lam_choice is not None
    assert RunConfig.read(result.folder.config_file).lam == "auto"
    assert Resolved.read(result.folder.path).lam.value == result.lam_choice.lam
    done = CliRunner().invoke(app, ["train", "digits", "--lam", "auto", "--out", str(tmp_path / "again")])
    assert done.exit_code == 0
    assert "chosen from" in done.stdout


def test_there_must_be_something_to_choose_by():
    config = RunConfig(data="digits", lam="auto", validation=0.0)
    with pytest.raises(DataError, match="validation"):
        choose_lam(config, prepare(config))


@pytest.mark.parametrize("lam", ["car", "-1", "nan", "inf", None])
def test_what_is_no_strength(lam):
    with pytest.raises(UsageError, match=r"lam .*auto"):
        RunConfig.checked(data="digits", lam=lam)


def test_where_nothing_chooses_it():
    with pytest.raises(UsageError, match="auto"):
        _ = RunConfig(data="digits", lam="auto").strength
