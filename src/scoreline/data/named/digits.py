"""The digits that come with scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scoreline.data.base import Dataset, Split
from scoreline.data.ids import NumberIds
from scoreline.data.named.base import NamedSet
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.splitting import stratified_split

__all__ = ["Digits"]

_TEST_SHARE = 0.2
# Always the same test split, whatever the run's seed, so that runs can be compared.
_TEST_SEED = 0


@dataclass(frozen=True)
class Digits(NamedSet):
    """1,797 handwritten digits, 8 x 8 pixels of 17 grey levels, stretched from 0-16 to 0-255.

    A fifth of them, always the same, is the test split.

    References
    ----------
    Alpaydin & Kaynak (1998), Optical recognition of handwritten digits, UCI Machine Learning Repository.
    """

    summary: ClassVar[str] = "1,797 handwritten digits, grey, 8x8, 10 classes (comes with scikit-learn)"

    def load(self, options: LoadOptions, progress: Progress) -> Dataset:
        """Return the digits in a training and a test split."""
        from sklearn.datasets import load_digits

        bunch = load_digits()
        X = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]
        y = bunch.target.astype(np.int64)
        train, test = (
            Split.of(X[rows], y[rows], NumberIds(rows)) for rows in stratified_split(y, _TEST_SHARE, _TEST_SEED)
        )
        return Dataset("digits", tuple(map(str, range(10))), train, test=test)
