"""How many digits of a computed function are significant."""

from __future__ import annotations

import math

import numpy as np

from scoreline._typing import FloatArray
from scoreline.gradients.differences import Function

__all__ = ["function_noise"]

#: Points on the line, and the orders of the differences that are noise alone.
POINTS, ORDERS = 7, (4, 5, 6)


def function_noise(f: Function, x: FloatArray, *, seed: int = 0) -> float:
    r"""Estimate the standard deviation of the rounding noise of ``f`` near `x`.

    High differences of a smooth function over points close together vanish, so that the rest is noise:
    the k-th difference of noise of deviation :math:`\sigma` has the mean square
    :math:`\sigma^2 (2k)! / (k!)^2`. The points lie on one side of `x`, so that a kink at `x` does no harm.
    The result is at least the last digit of ``f(x)`` in the dtype of `x`: rounding that is the same at all these
    points, as that of a logarithm near W = 0, does not show in differences.

    Parameters
    ----------
    f : callable
        Takes an array like `x`, gives a number.
    x : array of float32 or float64
        Where.
    seed : int, default 0
        Seed of the direction.

    References
    ----------
    Moré & Wild (2011), Estimating computational noise, SIAM J. Sci. Comput. 33.
    """
    eps = float(np.finfo(x.dtype).eps)
    direction = np.random.default_rng(seed).choice([-1.0, 1.0], size=x.shape)
    # A power of two adds to every entry without rounding, which would pass for noise.
    spacing = 2.0 ** math.ceil(math.log2(16 * eps * max(float(np.abs(x).max(initial=0)), 1.0)))
    values = np.array([f((x + i * spacing * direction).astype(x.dtype)) for i in range(1, POINTS + 1)])
    floor = eps * float(np.abs(values).max())
    estimates = [
        math.sqrt(np.mean(np.diff(values, k) ** 2) * math.factorial(k) ** 2 / math.factorial(2 * k))
        for k in ORDERS
    ]
    return max(float(np.median(estimates)), floor)
