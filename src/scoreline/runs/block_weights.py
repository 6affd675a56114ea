"""How much each of several features counts beside the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import RowsSource
from scoreline.engine.problem.objective import Standardization, block_rows
from scoreline.errors import DataError, UsageError
from scoreline.rows import batches
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import Prepared, block_widths

__all__ = ["BlockChoice", "choose_block_weights", "with_block_weights"]

#: Factors by which the weight of a block is changed, and the strengths of the ridge that each trial is given, in
#: mean variances of a feature.
FACTORS, RIDGES = (0.5, 2.0), np.geomspace(1e-3, 1, 4)
#: Weights that are not passed.
LEAST, MOST = 1 / 32, 32.0
#: Features whose moments are a matrix that is still small beside the rows.
MOST_FEATURES = 12_800


@dataclass(frozen=True)
class BlockChoice:
    """Weights of the blocks, and what led to them."""

    weights: tuple[float, ...]
    #: Validation accuracy of ridge regression by weights, of all that were tried.
    accuracy: dict[tuple[float, ...], float]


def choose_block_weights(prepared: Prepared) -> BlockChoice:
    r"""Choose by what ridge regression reaches on the validation split: it needs the moments of the rows alone.

    With rows standardised, moments :math:`M = X^\top X / N` and :math:`C = X^\top Y / N` of one pass, and s the
    weight of each feature, its own and its block's, the answers are :math:`x^\top S (S M S + r I)^{-1} S C`, so
    that a trial costs one Cholesky factor for each of four r. Weights begin at 1. In turn, each but the largest
    block's is halved or doubled for as long as the accuracy grows, until no change of one weight makes it grow.
    They are told with a mean square of 1 over all features, so that ``lam`` keeps its measure.

    Parameters
    ----------
    prepared : Prepared
        Data and the features of a union.

    Raises
    ------
    DataError
        There is no validation split.
    UsageError
        There is one feature only, or their rows are too long.
    """
    widths = block_widths(prepared)
    if "validation" not in prepared.rows:
        raise DataError(
            f"{prepared.dataset.name} has no validation split to choose block weights by",
            allowed="data that hold one out, or a share to hold out",
            fix="leave --validation at 0.1, or give the weights as numbers",
        )
    if sum(widths) > MOST_FEATURES:
        raise UsageError(
            f"Block weights are to be chosen for {sum(widths):,} features",
            allowed=f"{MOST_FEATURES:,} at the most: the matrix of their moments has this squared",
            fix="give the weights as numbers, or take fewer features",
        )
    trial = _Trial(prepared)
    weights = np.ones(len(widths))
    best = trial.accuracy(weights, widths)
    tried = {_told(weights, widths): best}
    grown = True
    while grown:
        grown = False
        for block in np.argsort(widths, kind="stable")[:-1]:
            for factor in FACTORS:
                while LEAST <= weights[block] * factor <= MOST:
                    changed = weights.copy()
                    changed[block] *= factor
                    key = _told(changed, widths)
                    if key not in tried:
                        tried[key] = trial.accuracy(changed, widths)
                    if tried[key] <= best:
                        break
                    weights, best, grown = changed, tried[key], True
    return BlockChoice(_told(weights, widths), tried)


def with_block_weights(config: RunConfig, prepared: Prepared) -> tuple[RunConfig, BlockChoice | None]:
    """Return settings whose block weights are numbers, and how they were chosen where they were ``"auto"``."""
    if config.block_weights != "auto":
        return config, None
    choice = choose_block_weights(prepared)
    text = ",".join(f"{weight:g}" for weight in choice.weights)
    return config.model_copy(update={"block_weights": text}), choice


def _told(weights: FloatArray, widths: list[int]) -> tuple[float, ...]:
    """Return weights whose mean square over all features is 1, to three digits."""
    scaled = weights / np.sqrt(np.average(np.square(weights), weights=widths))
    return tuple(float(f"{weight:.3g}") for weight in scaled)


class _Trial:
    """Ridge regression on standardised rows, from their moments."""

    def __init__(self, prepared: Prepared) -> None:
        rows, y = prepared.rows["train"], prepared.labels("train")
        n_classes = len(prepared.dataset.classes)
        source = RowsSource(rows, y, n_classes)
        self._standardization = Standardization.of(source)
        self._y = prepared.labels("validation")
        self._held_out = self._standardized(prepared.rows["validation"].read(0, len(self._y)))
        self._own = prepared.extractor.relative_weights()
        D = rows.shape[1]
        self._moments: Array = np.zeros((D, D), np.float32)
        self._targets: Array = np.zeros((D, n_classes), np.float32)
        targets = np.eye(n_classes, dtype=np.float32) - np.bincount(y, minlength=n_classes) / np.float32(len(y))
        for places, block in batches(rows, block_rows(D)):
            X = self._standardized(block)
            self._moments += X.T @ X
            self._targets += X.T @ targets[y[places]].astype(np.float32)
        self._moments /= len(rows)
        self._targets /= len(rows)

    def accuracy(self, weights: FloatArray, widths: list[int]) -> float:
        """Return the best validation accuracy over a few ridges."""
        from scipy.linalg import cho_factor, cho_solve

        scale = (self._own * np.repeat(weights, widths)).astype(np.float32)
        system = self._moments * scale * scale[:, None]
        typical = float(np.einsum("ii->i", system).mean())
        best = 0.0
        for ridge in RIDGES:
            lifted = system.copy()
            np.einsum("ii->i", lifted)[:] += np.float32(ridge * max(typical, 1e-30))
            factor = cho_factor(lifted, lower=True, overwrite_a=True, check_finite=False)
            answers = scale[:, None] * cho_solve(factor, scale[:, None] * self._targets, check_finite=False)
            best = max(best, float(np.mean((self._held_out @ answers).argmax(axis=1) == self._y)))
        return best

    def _standardized(self, rows: Array) -> Array:
        mean, scale = (part.astype(np.float32) for part in self._standardization)
        return (rows - mean) * scale
