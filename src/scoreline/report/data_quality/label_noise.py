"""How many labels are wrong, by how often what was learned from the others contradicts them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.report.calibration import MOST_SCORES

__all__ = ["LabelNoise", "estimate_label_noise"]

#: Shares of wrong labels that are compared.
SHARES = (0.0, 0.003, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.18, 0.25)
#: The temperature of the right labels is sought between these multiples of the one that explains all of them.
COLDER, HOTTER = 0.1, 2.0


class LabelNoise(NamedTuple):
    """A share of labels that were drawn at random from the other classes, and the temperature of the others."""

    share: float
    temperature: float

    def wrong(self, scores: FloatArray, y: Array) -> FloatArray:
        """Return the probability of each label ``(N,)`` to be wrong, by out-of-fold scores ``(N, C)``."""
        own = _own(scores, y, self.temperature)
        by_mistake = self.share / (scores.shape[1] - 1) * (1 - own)
        return np.asarray(by_mistake / np.maximum(by_mistake + (1 - self.share) * own, np.finfo(np.float64).tiny))


def estimate_label_noise(scores: FloatArray, y: Array, temperature: float) -> LabelNoise:
    """Return the share of wrong labels, and the temperature, of the greatest likelihood.

    A temperature alone has to explain wrong labels by doubts about all of them: the more there are, the less sure
    it is of any.

    Parameters
    ----------
    scores : array (N, C)
        Scores of examples by classifiers that were not trained on them.
    y : array (N,) of integers
        Their labels.
    temperature : float
        That of the greatest likelihood if all labels are right; see `scoreline.report.calibration`.
    """
    from scipy.optimize import minimize_scalar

    step = max(1, scores.size // MOST_SCORES)
    some, labels = scores[::step], y[::step]
    bounds = math.log(COLDER * temperature), math.log(HOTTER * temperature)
    found = []
    for share in SHARES:

        def log_loss(log_temperature: float, share: float = share) -> float:
            own = _own(some, labels, math.exp(log_temperature))
            likelihood = (1 - share) * own + share / (some.shape[1] - 1) * (1 - own)
            return float(-np.log(np.maximum(likelihood, np.finfo(np.float64).tiny)).mean())

        best = minimize_scalar(log_loss, bounds=bounds, method="bounded", options={"xatol": 1e-2})
        found.append((float(best.fun), LabelNoise(share, math.exp(best.x))))
    return min(found)[1]


def _own(scores: FloatArray, y: Array, temperature: float) -> FloatArray:
    from scipy.special import logsumexp

    true = np.take_along_axis(scores, y[:, None], axis=1)
    return np.asarray(np.exp(-logsumexp((scores - true).astype(np.float64) / temperature, axis=1)))
