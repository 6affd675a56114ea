"""Patches of images: sampled, contrast-normalised and whitened in a basis of even and odd vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array
from scoreline.kernels.threads import one_blas_thread

__all__ = ["PatchWhitening", "chunks", "draw_patches", "mean_variance", "mirrored_order", "normalized"]

#: Numbers of the patches that are held in float64 at a time.
_CHUNK = 1 << 20
#: A basis vector whose share of the variance is below this is rounding, or a constant such as the patches' mean.
_NOTHING = 1e-10


def draw_patches(images: Array, patch_size: int, n: int, rng: np.random.Generator) -> Array:
    """Return `n` patches from places drawn evenly, ``(n, p * p * ch)`` in the images' dtype.

    Parameters
    ----------
    images : array (N, H, W, ch)
    patch_size : int, p
    n : int
    rng : numpy Generator
    """
    N, H, W, ch = images.shape
    i = np.sort(rng.integers(N, size=n))  # sorted, so that images that are mapped from a file are read in order
    r, c = (rng.integers(side - patch_size + 1, size=n) for side in (H, W))
    windows = np.lib.stride_tricks.sliding_window_view(images, (patch_size, patch_size), axis=(1, 2))
    patches = np.empty((n, patch_size, patch_size, ch), images.dtype)
    for part in chunks(patches):
        patches[part] = windows[i[part], r[part], c[part]].transpose(0, 2, 3, 1)
    return patches.reshape(n, patch_size * patch_size * ch)


def normalized(patches: Array, norm_bias: float) -> Array:
    """Return ``(x - mean(x)) / sqrt(var(x) + norm_bias)`` for each row x, float32."""
    rows = np.empty(patches.shape, np.float32)
    for part in chunks(patches):
        x = patches[part].astype(np.float64)
        x -= x.mean(axis=1, keepdims=True)
        x /= np.sqrt(np.square(x).mean(axis=1, keepdims=True) + norm_bias)
        rows[part] = x
    return rows


def mean_variance(rows: Array) -> float:
    """Return the mean of the variances of the columns of ``(n, d)``."""
    mean, total = rows.mean(axis=0, dtype=np.float64), 0.0
    for part in chunks(rows):
        total += float(np.square(rows[part] - mean).sum())
    return total / rows.size


def chunks(rows: Array) -> Iterator[slice]:
    """Yield the places of rows a few at a time: of floats of all there would be several times as many bytes."""
    size = max(1, _CHUNK // max(1, rows[:1].size))
    return (slice(low, low + size) for low in range(0, len(rows), size))


def mirrored_order(shape: tuple[int, int, int]) -> Array:
    """Return the permutation that mirrors a patch ``(p, p, ch)`` as a row."""
    return np.arange(np.prod(shape)).reshape(shape)[:, ::-1].ravel()


@dataclass(frozen=True)
class PatchWhitening:
    """The affine map ``z = basis @ x + shift`` that whitens contrast-normalised patches x.

    The rows of the basis are principal directions ``v / sqrt(variance + eps)``. Those of a mirror-symmetric
    whitening are found among patches and their mirror images alike, so that each is even or odd: with z the code
    of a patch, its mirror image has the code ``(z_even, -z_odd)``.

    Parameters
    ----------
    basis : float64 array (d, P)
        The even rows first; never more odd ones than even ones, so that a row may be 0.
    shift : float64 array (d,)
    n_even : int
        How many rows are even; all of them in a whitening without mirror symmetry.

    References
    ----------
    Coates, A., Lee, H. & Ng, A. Y. (2011). An analysis of single-layer networks in unsupervised feature learning.
    """

    basis: Array
    shift: Array
    n_even: int

    @classmethod
    def of(cls, patches: Array, flip: Array | None, components: int, eps: float) -> PatchWhitening:
        """Return the whitening of patches ``(n, P)``, whose mirror images are ``patches[:, flip]``.

        At most `components` directions of the largest variances are kept, and none without any variance. Without
        `flip`, it has no mirror symmetry.
        """
        with one_blas_thread():  # as what is learned must not depend on the number of threads
            return cls._of(patches, flip, components, eps)

    @classmethod
    def _of(cls, patches: Array, flip: Array | None, components: int, eps: float) -> PatchWhitening:
        n, P = patches.shape
        mean = np.zeros(P)
        moments = np.zeros((P, P))
        for part in chunks(patches):
            x = patches[part].astype(np.float64)
            mean += x.sum(axis=0) / n
            moments += x.T @ x / n
        covariance = moments - np.outer(mean, mean)
        halves = [np.eye(P)]
        if flip is not None:
            mean = (mean + mean[flip]) / 2
            covariance = (covariance + covariance[np.ix_(flip, flip)]) / 2
            halves = list(_even_and_odd(flip))
        solved = [np.linalg.eigh(half @ covariance @ half.T) for half in halves]
        variance = np.concatenate([values for values, _ in solved])
        basis = np.concatenate([vectors.T @ half for (_, vectors), half in zip(solved, halves, strict=True)])
        is_odd = np.repeat(np.arange(len(halves)), [len(half) for half in halves])
        kept = np.argsort(-variance, kind="stable")[:components]
        kept = kept[variance[kept] > _NOTHING * max(variance.sum(), 1e-300)]
        even, odd = kept[is_odd[kept] == 0], kept[is_odd[kept] == 1]
        scaled = basis / np.sqrt(np.maximum(variance, 0) + eps)[:, None]
        # The compiled products need at least as many even rows as odd ones.
        nothing = np.zeros((max(0, len(odd) - len(even)), P))
        rows = np.concatenate([scaled[even], nothing, scaled[odd]])
        return cls(rows, -rows @ mean, len(even) + len(nothing))

    def __call__(self, patches: Array) -> Array:
        """Return the codes of contrast-normalised patches, ``(n, d)`` float32."""
        codes = np.empty((len(patches), len(self.basis)), np.float32)
        for part in chunks(patches):
            codes[part] = patches[part] @ self.basis.T + self.shift
        return codes


def _even_and_odd(flip: Array) -> tuple[Array, Array]:
    """Return orthonormal rows that span the vectors with ``x[flip] = x``, and those with ``x[flip] = -x``."""
    P = len(flip)
    first = np.flatnonzero(np.arange(P) < flip)
    middle = np.flatnonzero(np.arange(P) == flip)
    even, odd = np.zeros((len(first) + len(middle), P)), np.zeros((len(first), P))
    i = np.arange(len(first))
    even[i, first] = even[i, flip[first]] = odd[i, first] = np.sqrt(0.5)
    odd[i, flip[first]] = -np.sqrt(0.5)
    even[len(first) + np.arange(len(middle)), middle] = 1
    return even, odd
