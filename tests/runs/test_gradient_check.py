import numpy as np
import pytest

from scoreline.engine.problem.params import Params
from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES
from scoreline.penalties.l2 import L2
from scoreline.runs import gradient_check
from scoreline.runs.config import RunConfig
from scoreline.runs.gradient_check import check_run_gradient
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_passes_on_real_data(loss):
    assert check_run_gradient(RunConfig(loss=loss), cells=60).passed


@pytest.mark.parametrize("penalty", PENALTIES)
def test_every_penalty_passes(penalty):
    assert check_run_gradient(RunConfig(penalty=penalty, lam=0.1), cells=40).passed


def test_a_wrong_penalty_gradient_is_found(monkeypatch):
    monkeypatch.setattr(L2, "gradient", lambda self, W: 0.5 * W)  # the published demo's factor
    assert not check_run_gradient(RunConfig(lam=0.1), cells=40).passed


def test_a_wrong_loss_gradient_is_found(monkeypatch):
    softmax = LOSSES["softmax"]
    right = softmax.value_and_gradient

    def wrong(self, scores, y):
        value, gradient = right(self, scores, y)
        return value, np.roll(gradient, 1, axis=-1)

    monkeypatch.setattr(softmax, "value_and_gradient", wrong)
    assert not check_run_gradient(RunConfig(), cells=40).passed


def test_it_looks_at_the_objective_that_is_trained(monkeypatch, tmp_path):
    """The same standardisation, weights of features and weights of classes, those of the whole training split."""
    seen = {}
    made, check = gradient_check.problem_of, gradient_check.check_gradient
    monkeypatch.setattr(gradient_check, "problem_of", lambda *given: seen.setdefault("problem", made(*given)))
    monkeypatch.setattr(gradient_check, "check_gradient", lambda *given, **more: seen.update(value=given[0]) or 1)
    config = RunConfig(features="hog,pixels", block_weights="1,0.25", class_weight="balanced")
    check_run_gradient(config, examples=10**6)
    monkeypatch.setattr(gradient_check, "check_gradient", check)
    trained = train_run(config, tmp_path / "run").classifier
    problem = seen["problem"]
    folded = problem.objective.standardization.unfold(Params(trained.coef_[None], trained.intercept_[None]))
    params = np.concatenate([folded.W[0], folded.b[0][:, None]], axis=1).astype(np.float64)
    assert seen["value"](params) == pytest.approx(trained.objective_, rel=1e-5)
    weight = problem.source.weight
    np.testing.assert_allclose(np.bincount(problem.source.y, weights=weight), len(weight) / 10)
