import numpy as np
import pytest

from scoreline.losses import LOSSES
from scoreline.penalties import PENALTIES
from scoreline.penalties.l2 import L2
from scoreline.runs.config import RunConfig
from scoreline.runs.gradient_check import check_run_gradient


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
