"""How well probabilities agree with how often predictions are right, before and after temperature scaling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.models.prediction import class_scores
from scoreline.report.row_facts import RowFacts

__all__ = [
    "Calibration",
    "CalibrationBin",
    "TemperatureScaling",
    "calibration",
    "fit_temperature",
    "held_out_temperature",
    "least_log_loss",
    "scale_temperature",
    "scaled_by_model",
]

#: Temperatures are looked for between these: beyond them all is certain, or nothing is.
COLDEST, HOTTEST = 1e-3, 1e3
#: Scores by which a temperature is found, at the most, but for so many examples: one number needs no more.
MOST_SCORES, FEWEST_EXAMPLES = 1 << 18, 4000


@dataclass(frozen=True)
class CalibrationBin:
    """The examples whose highest probability is in ``(low, high]``: mean confidence and accuracy."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """How well the probabilities are calibrated.

    Parameters
    ----------
    log_loss : float
        Mean of ``-ln p_y``.
    expected_calibration_error : float
        Mean over the examples of ``|accuracy - confidence|`` of their bin.
    bins : tuple of CalibrationBin
        The reliability diagram's bins, empty ones included (with NaN for the rates).
    """

    log_loss: float
    expected_calibration_error: float
    bins: tuple[CalibrationBin, ...]


def calibration(facts: RowFacts, n_bins: int = 15) -> Calibration:
    r"""Compare the confidence of the classifier with its accuracy.

    .. math:: \mathrm{ECE} = \sum_b \frac{n_b}{N} \, |\mathrm{acc}_b - \mathrm{conf}_b|

    over bins of equal width of the highest probability.

    Parameters
    ----------
    facts : RowFacts
        With probabilities.
    n_bins : int, default 15
        Number of bins.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks, arXiv:1706.04599.
    """
    confidence, likelihood = facts.confidence, facts.likelihood
    assert confidence is not None  # noqa: S101 - as the parameter says
    assert likelihood is not None  # noqa: S101
    right = facts.predicted == facts.y
    # Bins are (low, high]; a rounded 1 + 1e-7 still belongs to the last one.
    index = np.clip(np.ceil(confidence * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    count = np.bincount(index, minlength=n_bins)
    filled = np.maximum(count, 1)
    mean_confidence = np.bincount(index, confidence, n_bins) / filled
    mean_right = np.bincount(index, right, n_bins) / filled
    bins = tuple(
        CalibrationBin(
            low=b / n_bins,
            high=(b + 1) / n_bins,
            n=int(count[b]),
            confidence=float(mean_confidence[b]) if count[b] else math.nan,
            accuracy=float(mean_right[b]) if count[b] else math.nan,
        )
        for b in range(n_bins)
    )
    gap = np.abs(mean_right - mean_confidence)
    return Calibration(
        log_loss=float(-np.log(likelihood).mean()),
        expected_calibration_error=float(np.average(gap, weights=count)),
        bins=bins,
    )


@dataclass(frozen=True)
class TemperatureScaling:
    """The calibration of some examples before and after their scores are divided by a temperature.

    Parameters
    ----------
    temperature : float
        Above 1 where the classifier is too sure of itself, below 1 where it is not sure enough. Which class has
        the best score does not depend on it.
    n_fitted : int
        The number of held-out examples that it was found by.
    before, after : Calibration
        Of the examples that were evaluated.
    of_model : bool, default False
        Whether the model's probabilities are those after it already.
    """

    temperature: float
    n_fitted: int
    before: Calibration
    after: Calibration
    of_model: bool = False


def fit_temperature(scores: FloatArray, y: Array, smoothing: float = 0.0) -> float:
    """Return the temperature at which the softmax of ``scores / temperature`` has the least log-loss.

    Parameters
    ----------
    scores : array (N, C) or (N, 1)
        Scores of examples that the classifier was not trained on. The single score of two classes is their
        difference.
    y : array (N,) of integers
        Their labels.
    smoothing : float, default 0
        Share of each label that is spread over the other classes. Where few examples are all right, the least
        log-loss is that of certainty; so it is that of a probability of ``1 - smoothing``.

    References
    ----------
    Guo, Pleiss, Sun & Weinberger (2017), On calibration of modern neural networks, arXiv:1706.04599.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    step = max(1, min(scores.size // MOST_SCORES, len(y) // FEWEST_EXAMPLES))
    by_class, labels = class_scores(scores[::step]).astype(np.float64), y[::step]
    by_class -= np.take_along_axis(by_class, labels[:, None], axis=1)
    others = smoothing * float(by_class.sum(axis=1).mean()) / (by_class.shape[1] - 1)

    def log_loss(log_temperature: float) -> float:
        temperature = math.exp(log_temperature)
        return float(logsumexp(by_class / temperature, axis=1).mean()) - others / temperature

    found = minimize_scalar(log_loss, bounds=(math.log(COLDEST), math.log(HOTTEST)), method="bounded")
    return math.exp(found.x)


def least_log_loss(scores: FloatArray, y: Array) -> float:
    """Return the mean log-loss of scores divided by the temperature that makes it least.

    How large the scores of a loss are does not matter to it. It is infinite where a score is not finite.

    Parameters
    ----------
    scores : array (N, C) or (N, 1)
        Scores of examples that the classifier was not trained on; see `fit_temperature`.
    y : array (N,) of integers
        Their labels.
    """
    from scipy.special import logsumexp

    if not np.isfinite(scores).all():
        return math.inf
    by_class = class_scores(scores).astype(np.float64) / fit_temperature(scores, y)
    return float(np.mean(logsumexp(by_class, axis=1) - by_class[np.arange(len(y)), y]))


def held_out_temperature(scores: FloatArray, y: Array) -> float | None:
    """Return the temperature for a model's probabilities by examples that it was not trained on.

    Labels are smoothed as Platt smooths them, so that few examples, all of them right, do not make the model
    certain. None where scores are not finite, or there are none.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines, section 2.2.
    """
    if not len(y) or not np.isfinite(scores).all():
        return None
    return fit_temperature(scores, y, smoothing=1 / (len(y) + 2))


def scale_temperature(
    scores: FloatArray, y: Array, held_out: tuple[FloatArray, Array], *, n_bins: int = 15
) -> TemperatureScaling:
    """Compare the calibration of some examples before and after temperature scaling.

    Parameters
    ----------
    scores : array (N, C) or (N, 1)
        Scores of the examples to evaluate, of a loss whose probabilities are the softmax of its scores.
    y : array (N,) of integers
        Their labels.
    held_out : (scores, y)
        Other examples, to find the temperature by: the validation split, which the classifier must not have been
        trained on, or out-of-fold scores of the training split (`scoreline.report.data_quality.out_of_fold`).
    n_bins : int, default 15
        Bins of the reliability diagram.
    """
    fitted, labels = held_out
    temperature = fit_temperature(fitted, labels)
    before, after = (_of_scores(scores, y, divisor, n_bins) for divisor in (1.0, temperature))
    return TemperatureScaling(temperature, len(labels), before, after)


def scaled_by_model(scores: FloatArray, y: Array, temperature: float, *, n_bins: int = 15) -> TemperatureScaling:
    """Compare the calibration without and with the temperature of a model whose loss has no probabilities."""
    before, after = (_of_scores(scores, y, divisor, n_bins) for divisor in (1.0, temperature))
    return TemperatureScaling(temperature, 0, before, after, of_model=True)


def _of_scores(scores: FloatArray, y: Array, temperature: float, n_bins: int) -> Calibration:
    from scipy.special import softmax

    probabilities = softmax(class_scores(scores).astype(np.float64) / temperature, axis=1)
    return calibration(RowFacts.of(y, probabilities, probabilities.shape[1], probabilities), n_bins)
