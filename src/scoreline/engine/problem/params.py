"""The parameters of K configurations that train side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["Params", "random_params", "zero_params"]


class Params(NamedTuple):
    """Weights ``W (K, R, D)`` and biases ``b (K, R)``: R rows of scores, one a class (one for two classes).

    Arrays in it are never changed in place; a step makes new ones.
    """

    W: FloatArray
    b: FloatArray

    @property
    def n_configurations(self) -> int:
        """Number of configurations K."""
        return self.W.shape[0]

    def plus(self, other: Params, factor: float = 1.0) -> Params:
        """Return the sum with `factor` times `other`."""
        return Params(self.W + factor * other.W, self.b + factor * other.b)

    def where(self, keep: Array, other: Params) -> Params:
        """Return these parameters for the configurations that `keep` ``(K,)`` names, `other`'s for the rest."""
        if keep.all():
            return self
        return Params(np.where(keep[:, None, None], self.W, other.W), np.where(keep[:, None], self.b, other.b))

    def one(self, k: int) -> Params:
        """Return configuration `k` alone, with K = 1."""
        return Params(self.W[k : k + 1], self.b[k : k + 1])


def zero_params(K: int, R: int, D: int, dtype: np.dtype[np.floating]) -> Params:
    """Return parameters of 0."""
    return Params(np.zeros((K, R, D), dtype), np.zeros((K, R), dtype))


def random_params(
    K: int, R: int, D: int, dtype: np.dtype[np.floating], *, scale: float, rng: np.random.Generator
) -> Params:
    """Return weights from a normal distribution of deviation `scale`, the same for all K, and biases of 0."""
    W = scale * rng.standard_normal((R, D))
    return Params(np.broadcast_to(W, (K, R, D)).astype(dtype), np.zeros((K, R), dtype))
