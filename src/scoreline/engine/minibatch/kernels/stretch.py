"""A stretch of mini-batch steps in compiled code, all threads side by side.

One step has two phases. In the first, each thread takes a share of the batch's rows: gathers them, scores them,
evaluates them. In the second, each takes a share of the features: the gradient of its columns of W, the update,
and the columns folded with the standardisation for the next step. A barrier follows each. Rows and columns are
summed in the same order whatever the number of threads, so that results are the same to the bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from scoreline.engine.minibatch.kernels.updates import column_of, put_column
from scoreline.engine.problem.kernels.losses import loss_rows
from scoreline.kernels.compiling import compiled, compiled_loosely
from scoreline.kernels.parallel import barrier
from scoreline.kernels.products import COLUMN_BLOCK, ROW_BLOCK, backward, forward, gather

__all__ = ["Buffers", "Given", "Results", "Rule", "Weights", "make_steps"]

_Array = np.ndarray[Any, Any]


class Given(NamedTuple):
    """What stays the same over a stretch: data, penalty, limits. M is K * R, DP is D padded."""

    X: _Array  # (N, D) uint8 or float32
    y: _Array  # (N,) int64
    weight: _Array  # (N,) float32
    mean: _Array  # (DP,) float32: of the standardisation
    scale: _Array  # (DP,) float32
    l2: _Array  # (K,) float32: 2 lam times the penalty's share of squares
    threshold: _Array  # (K,) float32: lam times the penalty's share of absolute values
    alive: _Array  # (K,) bool
    fit_intercept: bool
    mean_weight: float
    limit: float


class Rule(NamedTuple):
    """An update rule: its form, and zeros, as many as it remembers of a weight and as it has factors."""

    form: Any  # see `forms.as_argument`
    memory: Any
    factors: Any


class Weights(NamedTuple):
    """What a stretch changes in place; n numbers are remembered of each weight."""

    W: _Array  # (M, DP) float32
    memory: _Array  # (M, blocks, n * COLUMN_BLOCK) float32
    b: _Array  # (M,) float32
    b_memory: _Array  # (M, n) float32
    folded: _Array  # (M, DP) float32: W * scale
    shift: _Array  # (blocks, M) float64: sums of folded * mean


class Buffers(NamedTuple):
    """Room to work in."""

    batch: _Array  # see `products.batch_buffer`
    labels: _Array  # (B,) int64
    scores: _Array  # (B, M) float32
    slopes: _Array  # (B, M padded) float32
    values: _Array  # (B, K) float32
    hits: _Array  # (B, K) float32
    norms: _Array  # (blocks, K, 2) float64: sums of squares and of absolute values
    tiles: _Array  # (threads, M padded, COLUMN_BLOCK) float32
    sync: _Array  # see `threads.new_sync`


class Results(NamedTuple):
    """What a stretch tells of each step."""

    loss: _Array  # (steps, K) float64, sums over the step's rows
    hits: _Array  # (steps, K) float64
    norms: _Array  # (steps, K, 2) float64: of W before the step


@compiled
def make_steps(thread, n_threads, given, weights, buffers, results, loss, rule, order, size, lr, factors):
    """Make steps over the rows that `order` names, `size` at a time; return how many were made.

    A step whose loss is not finite, or beyond the limit, in a configuration that is alive, ends the stretch and is
    not made.
    """
    # Arrays go to the functions below one by one: a tuple of many would be counted in and out at every call.
    batch, labels, scores, slopes, values, hits, norms, tiles, sync = buffers
    M, K = len(weights.b), len(given.alive)
    n_blocks = len(norms)
    first_block, last_block = n_blocks * thread // n_threads, n_blocks * (thread + 1) // n_threads
    bias = np.empty(M, np.float32)
    slope_sums = np.empty(M, np.float64)
    n_steps = len(lr)
    for step in range(n_steps):
        rows = order[step * size : min((step + 1) * size, len(order))]
        n_rows = len(rows)
        groups = (n_rows + ROW_BLOCK - 1) // ROW_BLOCK
        low, high = ROW_BLOCK * (groups * thread // n_threads), ROW_BLOCK * (groups * (thread + 1) // n_threads)
        gather(given.X, rows, low, high, batch)
        _add_bias(weights.b, weights.shift, bias)
        forward(batch, low, high, weights.folded, bias, scores)
        _take(given.y, rows, low, high, labels)
        loss_rows(loss, scores, labels, n_rows, M // K, low, high, values, hits, slopes)
        _weigh(slopes, given.weight, rows, low, high)
        barrier(sync, n_threads)
        expected = n_rows * given.mean_weight
        limit = given.limit * expected
        if not _sum_rows(
            given.weight, rows, values, hits, given.alive, limit, results.loss[step], results.hits[step]
        ):
            return step
        _sum_slopes(slopes, n_rows, slope_sums)
        per_row = np.float32(1 / expected)
        for block in range(first_block, last_block):
            backward(batch, n_rows, slopes, block * COLUMN_BLOCK, tiles[thread])
            _update_columns(
                weights.W, weights.folded, weights.memory, weights.shift[block], norms[block], given.mean,
                given.scale, given.alive, given.l2, given.threshold, rule, tiles[thread], slope_sums, per_row,
                lr[step], factors[step], block,
            )  # fmt: skip
        if thread == 0 and given.fit_intercept:
            _update_bias(
                weights.b, weights.b_memory, given.alive, rule, slope_sums, per_row, lr[step], factors[step]
            )
        barrier(sync, n_threads)
        if thread == 0:
            _sum_blocks(norms, results.norms[step])
    return n_steps


@compiled
def _add_bias(b, shift, bias):
    """Write the bias of raw rows: b less what the means contribute."""
    for m in range(len(b)):
        total = 0.0
        for block in range(len(shift)):
            total += shift[block, m]
        bias[m] = np.float32(b[m] - total)


@compiled
def _take(y, rows, low, high, labels):
    for i in range(low, min(high, len(rows))):
        labels[i] = y[rows[i]]


@compiled
def _weigh(slopes, weight, rows, low, high):
    for i in range(low, min(high, len(rows))):
        for m in range(slopes.shape[1]):
            slopes[i, m] *= weight[rows[i]]


@compiled
def _sum_rows(weight, rows, values, hits, alive, limit, loss, right):
    """Sum losses and hits over the batch; tell whether all configurations that are alive are healthy."""
    healthy = True
    for k in range(len(loss)):
        loss_sum, hit_sum = 0.0, 0.0
        for i in range(len(rows)):
            loss_sum += weight[rows[i]] * float(values[i, k])
            hit_sum += weight[rows[i]] * float(hits[i, k])
        loss[k], right[k] = loss_sum, hit_sum
        # Written so that a loss that is not a number is unhealthy.
        if alive[k] and not loss_sum <= limit:
            healthy = False
    return healthy


@compiled
def _sum_slopes(slopes, n_rows, slope_sums):
    slope_sums[:] = 0
    for i in range(n_rows):
        for m in range(len(slope_sums)):
            slope_sums[m] += slopes[i, m]


@compiled
def _sum_blocks(norms, out):
    out[:] = 0
    for block in range(len(norms)):
        for k in range(len(out)):
            out[k, 0] += norms[block, k, 0]
            out[k, 1] += norms[block, k, 1]


@compiled_loosely
def _update_columns(
    W, folded, memory, shift, norms, mean, scale, alive, l2, threshold, rule, tile, slope_sums, per_row, lr,
    factors, block,
):  # fmt: skip
    """Turn the summed slopes of a block of columns into a step of the weights in it."""
    first, last = block * COLUMN_BLOCK, (block + 1) * COLUMN_BLOCK
    K = len(lr)
    M = len(slope_sums)
    norms[:] = 0
    means, scales = mean[first:last], scale[first:last]
    for m in range(M):
        k = m // (M // K)
        if not alive[k]:
            continue
        weights, scaled, sums = W[m, first:last], folded[m, first:last], tile[m]
        own = memory[m, block]
        function, numbers = _of_step(rule, factors, k)
        l2_k, threshold_k, lr_k = l2[k], threshold[k], lr[k]
        slope_mean = np.float32(slope_sums[m]) * per_row
        squares, absolutes, moved_mean = np.float32(0), np.float32(0), np.float32(0)
        for d in range(COLUMN_BLOCK):
            w = weights[d]
            gradient = (sums[d] * per_row - slope_mean * means[d]) * scales[d] + l2_k * w
            step, rate, kept = function(gradient, column_of(own, d, COLUMN_BLOCK, rule.memory), lr_k, numbers)
            put_column(own, d, COLUMN_BLOCK, kept)
            moved = w + step
            moved = np.copysign(max(abs(moved) - rate * threshold_k, np.float32(0)), moved)
            weights[d] = moved
            scaled[d] = moved * scales[d]
            squares += w * w
            absolutes += abs(w)
            moved_mean += scaled[d] * means[d]
        norms[k, 0] += squares
        norms[k, 1] += absolutes
        shift[m] = moved_mean


@compiled
def _of_step(rule, factors, k):
    """Return the form of a rule with the factors of a step, for a configuration, as its last numbers."""
    function, numbers = rule.form
    return function, numbers + column_of(factors[k], 0, 1, rule.factors)


@compiled
def _update_bias(b, memory, alive, rule, slope_sums, per_row, lr, factors):
    M = len(slope_sums)
    for m in range(M):
        k = m // (M // len(lr))
        if alive[k]:
            gradient = np.float32(slope_sums[m]) * per_row
            function, numbers = _of_step(rule, factors, k)
            step, _, kept = function(gradient, column_of(memory[m], 0, 1, rule.memory), lr[k], numbers)
            put_column(memory[m], 0, 1, kept)
            b[m] += step
