"""Assignments: the weights of a local descriptor for the words of a vocabulary.

With x the descriptor and c_k the words, all begin with the products ``x @ c_k``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import Array, FloatArray
from scoreline.registry import Registry

__all__ = ["ASSIGNMENTS", "Assignment", "Hard", "Rectified", "Soft"]


class Assignment(ABC):
    """From a descriptor's similarities to all words to its weight for each."""

    def weights(self, words: Array) -> tuple[Array, Array]:
        """Return weights ``(k, d)`` and biases ``(k,)`` of the responses of words ``(k, d)``.

        Here, of ``x @ c_k - |c_k|^2 / 2``, which grows as the distance shrinks.
        """
        return words, -np.square(words).sum(axis=1) / 2

    @abstractmethod
    def count(self, answers: FloatArray, cells: Array, out: FloatArray) -> None:
        """Add the weights for responses ``(n, k)`` to their cells.

        Parameters
        ----------
        answers : float32 array (n, k)
            May be overwritten.
        cells : int64 array (n,)
        out : float32 array (cells, k)
        """


@dataclass(frozen=True)
class Hard(Assignment):
    """1 for the nearest word.

    References
    ----------
    Csurka, G. et al. (2004). Visual categorization with bags of keypoints. ECCV workshop.
    """

    def count(self, answers: FloatArray, cells: Array, out: FloatArray) -> None:
        """Count the nearest words."""
        from scoreline.features.kernels.counting import count_nearest

        count_nearest(answers, cells, out)


@dataclass(frozen=True)
class Soft(Assignment):
    r"""The share :math:`e^{-\beta |x - c_k|^2}` of each word, all of which sum to 1.

    Parameters
    ----------
    beta : float
        Sharpness, for descriptors of length 1.

    References
    ----------
    van Gemert, J. C. et al. (2010). Visual word ambiguity. PAMI 32.
    """

    beta: float = 30.0

    def __post_init__(self) -> None:
        check_field(self, "beta", 0, above=True)

    def count(self, answers: FloatArray, cells: Array, out: FloatArray) -> None:
        """Count the shares."""
        from scoreline.features.kernels.counting import count_shares

        count_shares(answers, cells, 2 * self.beta, out)


@dataclass(frozen=True)
class Rectified(Assignment):
    """``max(0, mean_j |x - c_j|^2 - |x - c_k|^2) / 2``: the triangle code of squared distances.

    References
    ----------
    Coates, A., Lee, H. & Ng, A. Y. (2011). An analysis of single-layer networks in unsupervised feature learning.
    """

    def weights(self, words: Array) -> tuple[Array, Array]:
        """Return the centred words, and half the deviation of their squared lengths from the mean."""
        half_squares = np.square(words).sum(axis=1) / 2
        return words - words.mean(axis=0), half_squares.mean() - half_squares

    def count(self, answers: FloatArray, cells: Array, out: FloatArray) -> None:
        """Add the positive part."""
        from scoreline.features.kernels.counting import count_positive

        count_positive(answers, cells, out)


#: All assignments by the names that `BagOfWords` takes.
ASSIGNMENTS: Registry[Assignment] = Registry("assignment", {"hard": Hard, "soft": Soft, "triangle": Rectified})
