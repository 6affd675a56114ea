"""How much each of several features counts beside the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.budget import Need, check_budget, parse_size
from scoreline.engine.exact.moments import DenseMoments
from scoreline.engine.exact.symmetric import SymmetricMatrix
from scoreline.engine.problem.objective import BLOCK_ENTRIES, block_rows
from scoreline.engine.solvers import MeasuredMoments
from scoreline.errors import UsageError
from scoreline.estimators.problem import Problem
from scoreline.estimators.warm_start import WarmStart
from scoreline.rows import batches
from scoreline.runs.classifier import ANY_LAM, classifier_of
from scoreline.runs.config import RunConfig
from scoreline.runs.no_validation import no_validation
from scoreline.runs.pipeline import Prepared, block_widths, given_block_weights, problem_of
from scoreline.runs.resolved import GIVEN, Decision

__all__ = ["BlockChoice", "choose_block_weights", "decide_block_weights"]

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


def choose_block_weights(config: RunConfig, prepared: Prepared) -> tuple[BlockChoice, WarmStart]:
    r"""Choose by what ridge regression reaches on the validation split: it needs the moments of the rows alone.

    With rows standardised, moments :math:`M = X^\top X / N` and :math:`C = X^\top Y / N` of one pass, and s the
    weight of each feature, its own and its block's, the answers are :math:`x^\top S (S M S + r I)^{-1} S C`, so
    that a trial costs one Cholesky factor for each of four r. Weights begin at 1. In turn, each but the largest
    block's is halved or doubled for as long as the accuracy grows, until no change of one weight makes it grow.
    They are given with a mean square of 1 over all features, so that ``lam`` keeps its measure.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
        Data and the features of a union.

    Returns
    -------
    BlockChoice, WarmStart
        The weights, and what was measured of the rows to choose them.

    Raises
    ------
    DataError
        There is no validation split.
    UsageError
        There is one feature only, their rows are too long, or their moments are over the bound on memory.
    """
    widths = block_widths(prepared)
    if "validation" not in prepared.rows:
        raise no_validation(
            prepared.dataset, config.validation, "to choose block weights by", "give the weights as numbers"
        )
    if sum(widths) > MOST_FEATURES:
        raise UsageError(
            f"Block weights are to be chosen for {sum(widths):,} features",
            allowed=f"{MOST_FEATURES:,} at the most: the matrix of their moments has this squared",
            fix="give the weights as numbers, or take fewer features",
        )
    # Ridge regression is on standardised rows, whether those of the classifier are or not.
    classifier = classifier_of(config, ANY_LAM).set_params(standardize=True)
    problem = problem_of(classifier, prepared)
    _check_memory(config, problem)
    trial = _Trial(problem, prepared)
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
    return BlockChoice(_told(weights, widths), tried), trial.warm_start(keep=_is_of_use(config))


def _is_of_use(config: RunConfig) -> bool:
    """Tell whether a fit can take the moments: those of standardised rows."""
    return config.standardized


def decide_block_weights(
    config: RunConfig, prepared: Prepared
) -> tuple[Decision[tuple[float, ...] | None], BlockChoice | None, WarmStart]:
    """Return block weights, how they were chosen where ``"auto"`` asked for that, and what was measured."""
    if config.block_weights != "auto":
        why = "every feature counts as it does by itself" if config.block_weights is None else GIVEN
        return Decision(value=given_block_weights(config), why=why), None, WarmStart(None)
    choice, start = choose_block_weights(config, prepared)
    why = (
        f"the best of {len(choice.accuracy)} by ridge regression on validation rows: "
        f"accuracy {choice.accuracy[choice.weights]:.4f}"
    )
    return Decision(value=choice.weights, why=why), choice, start


def _told(weights: FloatArray, widths: list[int]) -> tuple[float, ...]:
    """Return weights whose mean square over all features is 1, to three digits."""
    scaled = weights / np.sqrt(np.average(np.square(weights), weights=widths))
    return tuple(float(f"{weight:.3g}") for weight in scaled)


class _Trial:
    """Ridge regression on standardised rows, from their moments."""

    def __init__(self, problem: Problem, prepared: Prepared) -> None:
        self._problem = problem
        rows, y, weight = problem.source.rows, problem.source.y, problem.source.weight
        n_classes = problem.source.n_classes
        self._held_out, self._y = prepared.rows["validation"], prepared.labels("validation")
        self._own = prepared.extractor.relative_weights()
        D, total = rows.shape[1], problem.source.total_weight
        self._moments = SymmetricMatrix(np.zeros((D, D), np.float32, order="F"))
        self._targets: Array = np.zeros((D, n_classes), np.float32)
        targets = np.eye(n_classes) - np.bincount(y, weight, minlength=n_classes) / total
        for places, block in batches(rows, block_rows(D)):
            X = self._standardized(block)
            share = np.full(len(X), 1 / total) if weight is None else weight[places] / total
            self._targets += X.T @ (share[:, None] * targets[y[places]]).astype(np.float32)
            X *= np.sqrt(share)[:, None].astype(np.float32)
            self._moments.add_square(X)

    def warm_start(self, *, keep: bool) -> WarmStart:
        """Return what was measured of the rows, with the moments where they are to be kept; no trial follows."""
        if not keep:
            return WarmStart(None, statistics=self._problem.measured)
        moments = DenseMoments(np.zeros(len(self._moments)), self._moments)
        measured = MeasuredMoments(moments, self._problem.objective, self._problem.source.n_examples)
        return WarmStart(None, measured, self._problem.measured)

    def accuracy(self, weights: FloatArray, widths: list[int]) -> float:
        """Return the best validation accuracy over a few ridges."""
        scale = (self._own * np.repeat(weights, widths)).astype(np.float32)
        system, targets = self._moments.scaled(scale), self._targets * scale[:, None]
        typical = max(float(system.diagonal.mean()), 1e-30)
        answers = [system.solve(targets.T, 1.0, ridge * typical).T * scale[:, None] for ridge in RIDGES]
        hits = np.zeros(len(RIDGES))
        for places, block in batches(self._held_out, block_rows(len(scale))):
            X = self._standardized(block)
            hits += [np.count_nonzero((X @ own).argmax(axis=1) == self._y[places]) for own in answers]
        return float(hits.max()) / len(self._y)

    def _standardized(self, rows: Array) -> Array:
        assert self._problem.objective.standardization is not None  # noqa: S101 - as choose_block_weights asks
        mean, scale = (part.astype(np.float32) for part in self._problem.objective.standardization)
        X = rows - mean
        X *= scale
        return X


def _check_memory(config: RunConfig, problem: Problem) -> None:
    """Raise UsageError unless the moments, once more with the weights of a trial, keep within the bound."""
    if config.memory is not None:
        D = problem.source.n_features
        moments = Need(f"moments of {D:,} features, two matrices,", 2 * 4 * D**2, "give block weights as numbers")
        blocks = Need("blocks of rows as floats", 4 * 4 * BLOCK_ENTRIES, "take fewer features")
        check_budget(parse_size(config.memory), [moments, blocks])
