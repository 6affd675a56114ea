"""Successive halving: long runs only for the configurations that look good after short ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.errors import UsageError

__all__ = ["Halving", "ranking"]


def ranking(accuracy: FloatArray, loss: FloatArray) -> Array:
    """Return the order of configurations from best to worst, ``(K,)``: by accuracy, then by loss, NaN last."""
    return np.lexsort((loss, -accuracy))


@dataclass(frozen=True)
class Halving:
    r"""Successive halving: at the rungs only the best of the configurations go on.

    After epochs :math:`1, \eta, \eta^2, \ldots` the best :math:`\lceil K / \eta \rceil` of the K configurations
    that still train are kept, by validation accuracy and for equal accuracies by validation loss. Each stretch
    between two rungs then costs about as much as the one before, so that a sweep of E epochs costs about
    :math:`K (1 + (1 - 1/\eta) \log_\eta E)` epochs of a single run instead of :math:`K E`. What is good only
    late is lost: a small learning rate, or a schedule that gains all at its end.

    Parameters
    ----------
    eta : int, default 3
        :math:`\eta \ge 2`.

    References
    ----------
    Jamieson & Talwalkar (2016), Non-stochastic best arm identification and hyperparameter optimization, AISTATS;
    Li et al. (2018), Hyperband: a novel bandit-based approach to hyperparameter optimization, JMLR 18.
    """

    eta: int = 3

    def __post_init__(self) -> None:
        if self.eta < 2:
            raise UsageError(
                f"halving is {self.eta}",
                allowed="a whole number of at least 2: one in so many goes on",
                fix="take 3, or leave halving out to train every configuration to its end",
            )

    def rungs(self, max_epochs: int) -> list[int]:
        """Return the epochs before the last one after which configurations are dropped."""
        rungs, epoch = [], 1
        while epoch < max_epochs:
            rungs.append(epoch)
            epoch *= self.eta
        return rungs

    def kept(self, accuracy: FloatArray, loss: FloatArray) -> Array:
        """Return which configurations go on, bool ``(K,)``, from their accuracies and losses ``(K,)``."""
        kept = np.zeros(len(accuracy), dtype=bool)
        kept[ranking(accuracy, loss)[: math.ceil(len(accuracy) / self.eta)]] = True
        return kept
