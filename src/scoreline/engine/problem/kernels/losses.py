"""Losses for compiled code: one example's scores in, its loss and slopes out.

Each loss of `scoreline.losses` has a named tuple of its numbers here and the code for one row; Numba picks the
code by the tuple's type. `scoreline.losses` stays the reference, which every row here is tested against.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from scoreline.kernels.compiling import LOOSE, compiled_loosely
from scoreline.kernels.exponential import exponential
from scoreline.kernels.searching import first_place, largest
from scoreline.losses import CrammerSinger, Loss, OneVsAll, Softmax, SquaredError, WestonWatkins

__all__ = ["CompiledLoss", "compiled_loss", "is_first_best", "loss_row", "loss_rows"]


class SoftmaxRow(NamedTuple):
    """See `scoreline.losses.Softmax`."""

    label_smoothing: np.float32


class WestonWatkinsRow(NamedTuple):
    """See `scoreline.losses.WestonWatkins`."""

    margin: np.float32
    squared: bool
    #: Of sums over the wrong classes, for ``C`` classes: 1 or one over their number.
    average: bool
    include_true: bool
    rounding: np.float32


class CrammerSingerRow(NamedTuple):
    """See `scoreline.losses.CrammerSinger`."""

    margin: np.float32
    rounding: np.float32


class HingesRow(NamedTuple):
    """See `scoreline.losses.OneVsAll`."""

    margin: np.float32
    squared: bool
    rounding: np.float32


class SquaredErrorRow(NamedTuple):
    """See `scoreline.losses.SquaredError`."""

    target: np.float32


#: Any of the above.
CompiledLoss: TypeAlias = SoftmaxRow | WestonWatkinsRow | CrammerSingerRow | HingesRow | SquaredErrorRow

_COMPILED: dict[type[Loss], Callable[[Any], CompiledLoss]] = {
    Softmax: lambda loss: SoftmaxRow(np.float32(loss.label_smoothing)),
    WestonWatkins: lambda loss: WestonWatkinsRow(
        np.float32(loss.margin), loss.squared, loss.average, loss.include_true, np.float32(loss.rounding)
    ),
    CrammerSinger: lambda loss: CrammerSingerRow(np.float32(loss.margin), np.float32(loss.rounding)),
    OneVsAll: lambda loss: HingesRow(np.float32(loss.margin), loss.squared, np.float32(loss.rounding)),
    SquaredError: lambda loss: SquaredErrorRow(np.float32(1)),
}


def compiled_loss(loss: Loss) -> CompiledLoss | None:
    """Return the compiled form of a loss, or None where it has none."""
    make = _COMPILED.get(type(loss))
    return None if make is None else make(loss)


def loss_row(loss, scores, y, slopes):
    """Write the slopes of one example, label `y`, into `slopes`; return its loss. For compiled code alone."""
    raise NotImplementedError


@overload(loss_row, jit_options={"fastmath": LOOSE})
def _pick(loss, scores, y, slopes):
    kind = loss.instance_class if isinstance(loss, types.BaseNamedTuple) else None
    return _ROWS.get(kind)


@register_jitable
def is_first_best(scores, y):
    """Return whether y is the class with the best score, the first one of equals."""
    before = y == 0 or largest(scores, 0, y) < scores[y]
    return before and (y == len(scores) - 1 or largest(scores, y + 1, len(scores)) <= scores[y])


def _softmax(loss, scores, y, slopes):
    R = len(scores)
    one = np.float32(1)
    if R == 1:  # the pair (-s/2, s/2): the logistic loss
        sign = one if y == 1 else -one
        margin = sign * scores[0]
        small = math.exp(-abs(margin))
        value = np.log1p(small) - min(margin, np.float32(0))
        wrong = small / (one + small) if margin > 0 else one / (one + small)
        share = loss.label_smoothing / np.float32(2)
        slopes[0] = sign * (share - wrong)
        return value + share * margin
    best = largest(scores, 0, R)
    top = y if scores[y] == best else first_place(scores, best)
    for c in range(R):
        slopes[c] = exponential(scores[c] - best)
    slopes[top] = 0  # the sum of the exponentials is 1 + rest
    rest = np.float32(0)
    for c in range(R):
        rest += slopes[c]
    slopes[top] = one
    each = one / (one + rest)
    for c in range(R):
        slopes[c] *= each
    value = np.log1p(rest) - (scores[y] - best)
    slopes[y] = -rest * each if y == top else slopes[y] - one
    if loss.label_smoothing > 0:
        mean = np.float32(0)
        share = loss.label_smoothing / np.float32(R)
        for c in range(R):
            mean += scores[c]
            slopes[c] -= share
        slopes[y] += loss.label_smoothing
        value += loss.label_smoothing * (scores[y] - mean / np.float32(R))
    return value


@register_jitable
def _hinge(v, squared, rounding):
    """Return a hinge and its slope; see `scoreline.losses.hinge.hinge`."""
    zero, one = np.float32(0), np.float32(1)
    short = max(v, zero)
    if squared:
        return short * short, np.float32(2) * short
    if rounding > 0:
        slope = min(short / rounding, one)
        return slope * (short - rounding / np.float32(2) * slope), slope
    return short, one if short > 0 else zero


def _weston_watkins(loss, scores, y, slopes):
    R = len(scores)
    zero, one = np.float32(0), np.float32(1)
    value = zero
    scale = one
    if loss.average:
        scale = one / np.float32(max(R, 2) if loss.include_true else max(R, 2) - 1)
    constant = _hinge(loss.margin, loss.squared, loss.rounding)[0] if loss.include_true else zero
    if R == 1:
        sign = one if y == 1 else -one
        value, slope = _hinge(loss.margin - sign * scores[0], loss.squared, loss.rounding)
        slopes[0] = -sign * scale * slope
        return scale * (value + constant)
    down = zero
    own = scores[y]
    for c in range(R):
        if c == y:
            continue
        each, slope = _hinge(scores[c] - own + loss.margin, loss.squared, loss.rounding)
        value += each
        slopes[c] = scale * slope
        down += scale * slope
    slopes[y] = -down
    return scale * (value + constant)


def _crammer_singer(loss, scores, y, slopes):
    R = len(scores)
    zero, one = np.float32(0), np.float32(1)
    if R == 1:
        sign = one if y == 1 else -one
        short = loss.margin - sign * scores[0]
        if loss.rounding > 0:
            small = math.exp(-abs(short) / loss.rounding)
            slopes[0] = -sign * (one / (one + small) if short > 0 else small / (one + small))
            return max(short, zero) + loss.rounding * np.log1p(small)
        slopes[0] = -sign if short > 0 else zero
        return max(short, zero)
    rival = 1 if y == 0 else 0
    for c in range(R):
        if c != y and scores[c] > scores[rival]:
            rival = c
    short = scores[rival] - scores[y] + loss.margin
    if loss.rounding > 0:
        most = max(short, zero)
        sharpness = one / loss.rounding
        for c in range(R):
            slopes[c] = exponential(min((scores[c] - scores[y] + loss.margin - most) * sharpness, zero))
        slopes[y] = zero
        rivals = zero
        for c in range(R):
            rivals += slopes[c]
        total = rivals + exponential(-most * sharpness)
        each = one / total
        for c in range(R):
            slopes[c] *= each
        slopes[y] = -rivals * each
        return most + loss.rounding * math.log(total)
    for c in range(R):
        slopes[c] = zero
    if short > 0:
        slopes[rival] = one
        slopes[y] = -one
    return max(short, zero)


def _hinges(loss, scores, y, slopes):
    R = len(scores)
    one = np.float32(1)
    value = np.float32(0)
    true = 0 if R == 1 else y  # one score for two classes speaks for class 1
    for c in range(R):
        sign = one if c == true and (R > 1 or y == 1) else -one
        each, slope = _hinge(loss.margin - sign * scores[c], loss.squared, loss.rounding)
        value += each
        slopes[c] = -sign * slope
    return value


def _squared_error(loss, scores, y, slopes):
    R = len(scores)
    value = np.float32(0)
    true = 0 if R == 1 else y
    for c in range(R):
        target = loss.target if c == true and (R > 1 or y == 1) else -loss.target
        miss = scores[c] - target
        value += miss * miss
        slopes[c] = np.float32(2) * miss
    return value


_ROWS: dict[Any, Callable[..., Any]] = {
    SoftmaxRow: _softmax,
    WestonWatkinsRow: _weston_watkins,
    CrammerSingerRow: _crammer_singer,
    HingesRow: _hinges,
    SquaredErrorRow: _squared_error,
}


@compiled_loosely
def loss_rows(loss, scores, y, n_rows, R, low, high, values, hits, slopes):
    """Judge rows ``low:high`` of K configurations with R scores each; rows beyond `n_rows` get slopes of 0."""
    for i in range(low, high):
        if i >= n_rows:
            for m in range(slopes.shape[1]):
                slopes[i, m] = 0
            continue
        for k in range(values.shape[1]):
            own = scores[i, k * R : (k + 1) * R]
            values[i, k] = loss_row(loss, own, y[i], slopes[i, k * R : (k + 1) * R])
            hits[i, k] = (own[0] > 0) == (y[i] == 1) if R == 1 else is_first_best(own, y[i])
