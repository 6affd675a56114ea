"""A sample of rows that tells of all: those that weigh much are in it for certain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scoreline._typing import FloatArray, Labels
from scoreline.data.base import Batch, DataSource
from scoreline.engine.exact.constants import UNIFORM_SHARE
from scoreline.engine.problem.objective import Objective, block_rows, compute_dtype, row_weights
from scoreline.engine.problem.scored import read_labels
from scoreline.rows import stored_entries

__all__ = ["drawn_rows", "sample_rows"]


def sample_rows(objective: Objective, source: DataSource, m: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    r"""Yield blocks of about m rows in all, standardised, with their weights; every row of the source if m is N.

    Row i, with a share :math:`w_i` of all weight, is drawn with probability

    .. math:: p_i = \min\Bigl(1,\; \frac{m\, w_i}{2} \Bigl(1 + \frac{\|x_i\|^2}{\sum_j w_j \|x_j\|^2}\Bigr)\Bigr)

    and weighs :math:`w_i / p_i`, so that second moments are right on average. Were all rows drawn alike, a row
    with a feature that few others have, hundreds of standard deviations from its mean, would be missing more often
    than not, and nothing would tell of the curvature there.

    Parameters
    ----------
    objective : Objective
        Its standardisation applies.
    source : DataSource
        The source is read twice in its own order, or once if m is N.
    m : int

    References
    ----------
    Drineas, Kannan & Mahoney (2006), Fast Monte Carlo algorithms for matrices I, SIAM J. Comput. 36.
    """
    N, size = source.n_examples, block_rows(source.n_features)
    if m >= N:
        for batch in source.batches(size, seed=None):
            yield _standardized(objective, batch), row_weights(batch)
        return
    places, weights = drawn_rows(objective, source, m)
    # Stretches from which about a block is chosen: products of few rows are slow.
    stretch = size * N // m
    for begin in range(0, N, stretch):
        own = slice(*np.searchsorted(places, [begin, begin + stretch]))
        taken = places[own]
        if len(taken):
            X = source.rows.take(taken).reshape(len(taken), source.n_features)
            yield objective.standardized(X, compute_dtype(X.dtype)), weights[own]


def drawn_rows(objective: Objective, source: DataSource, m: int) -> tuple[Labels, FloatArray]:
    """Return the places of the rows that `sample_rows` draws, in order, and their weights."""
    if m >= source.n_examples:
        return np.arange(source.n_examples), read_labels(source).weights()
    weights, probability = _probabilities(objective, source, m)
    places = np.flatnonzero(np.random.default_rng(0).random(len(weights)) < probability)
    return places, weights[places] / probability[places]


def _probabilities(objective: Objective, source: DataSource, m: int) -> tuple[FloatArray, FloatArray]:
    """Return the weight of each row and its probability to be in the sample."""
    size = block_rows(stored_entries(source.rows))
    weights, squares = np.empty(source.n_examples), np.empty(source.n_examples)
    begin = 0
    for batch in source.batches(size, seed=None):
        end = begin + len(batch.y)
        weights[begin:end], squares[begin:end] = row_weights(batch), _squares(objective, batch)
        begin = end
    share = weights / weights.sum()
    mean = float(share @ squares)
    # Rows of nothing but zeros, or whose squares are too large for their dtype, have no lengths to go by.
    lengths = squares / mean if 0 < mean < np.inf else np.ones_like(squares)
    return weights, np.minimum(1.0, m * share * (UNIFORM_SHARE + (1 - UNIFORM_SHARE) * lengths))


def _squares(objective: Objective, batch: Batch) -> FloatArray:
    """Return the sum of squares of each row as W sees it."""
    if batch.matrix is not None:
        return objective.shifted(batch.matrix, np.dtype(np.float64)).squares()
    X = _standardized(objective, batch)
    return np.asarray(np.einsum("nd,nd->n", X, X))


def _standardized(objective: Objective, batch: Batch) -> FloatArray:
    return objective.standardized(batch.X, compute_dtype(batch.X.dtype))
