"""Dictionaries: codes of patches that represent all of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array
from scoreline.registry import Registry

__all__ = ["DICTIONARIES", "Dictionary", "KMeansWords", "RandomPatches", "clustering_bytes"]

#: Codes in a mini-batch of k-means: so many, and so many for each word.
_BATCH, _FOR_A_WORD = 8192, 4


class Dictionary(ABC):
    """A way to choose k words among codes of patches."""

    @abstractmethod
    def learn(self, codes: Array, k: int, rng: np.random.Generator) -> Array:
        """Return words ``(k, d)``, float64, for codes ``(n, d)`` with n >= k."""


@dataclass(frozen=True)
class KMeansWords(Dictionary):
    """The means of k clusters of codes, by mini-batches (scikit-learn's MiniBatchKMeans).

    Parameters
    ----------
    epochs : float
        Number of passes over the codes.

    References
    ----------
    Sculley, D. (2010). Web-scale k-means clustering. Coates, Lee & Ng (2011) found it to beat sparse filters.
    """

    epochs: float = 2.0

    def __post_init__(self) -> None:
        check_field(self, "epochs", 0, above=True)

    def learn(self, codes: Array, k: int, rng: np.random.Generator) -> Array:
        """Return the means of the clusters."""
        from sklearn.cluster import MiniBatchKMeans

        batch = min(len(codes), max(_BATCH, _FOR_A_WORD * k))
        means = MiniBatchKMeans(
            k,
            init=codes[rng.choice(len(codes), k, replace=False)],
            n_init=1,
            batch_size=batch,
            # No early stopping, so that the number of steps is fixed.
            max_iter=max(1, round(self.epochs)),
            tol=0.0,
            max_no_improvement=None,
            reassignment_ratio=0.0,
            random_state=int(rng.integers(2**31)),
        )
        return means.fit(codes).cluster_centers_.astype(np.float64)


@dataclass(frozen=True)
class RandomPatches(Dictionary):
    """k codes drawn at random: no learning, and nearly as good with many words.

    References
    ----------
    Coates, A. & Ng, A. Y. (2011). The importance of encoding versus training with sparse coding and vector
    quantization.
    """

    def learn(self, codes: Array, k: int, rng: np.random.Generator) -> Array:
        """Return k different rows of the codes."""
        return codes[np.sort(rng.choice(len(codes), k, replace=False))].astype(np.float64)


def clustering_bytes(n: int, k: int, d: int) -> int:
    """Return the memory that k words are learned in, beside their n codes of d numbers.

    That is a few numbers for each code, three mini-batches that k-means begins with, and the words in float64.
    """
    return 32 * n + 4 * 4 * max(_BATCH, _FOR_A_WORD * k) * d + 8 * 8 * k * d


#: All dictionaries by the names that `PatchDictionary` takes.
DICTIONARIES: Registry[Dictionary] = Registry(
    "dictionary", {"k-means": KMeansWords, "random-patches": RandomPatches}
)
