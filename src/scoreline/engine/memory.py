"""What a fit is going to keep in memory, before it begins.

The rows themselves are not in it: they lie where they were, in memory or in a file. Blocks of rows have a fixed
size (`objective.BLOCK_ENTRIES`), so that a bound on memory decides where things lie and never changes a result.
The factors are counts of the arrays that are alive at the same time at the worst moment; a test holds them against
the true peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline.data.base import DataSource
from scoreline.data.budget import Need, show_size
from scoreline.engine.exact.moments import bytes_of_factors, bytes_of_matrix, choose_form
from scoreline.engine.exact.quadratics import HessianQuadratic
from scoreline.engine.minibatch.learning_rate import sample_rows
from scoreline.engine.problem.objective import Objective, block_rows
from scoreline.rows import stored_entries

__all__ = ["Extent"]

#: What makes the rows, or the numbers of a row, fewer.
_MINI_BATCHES = "choose a mini-batch solver (solver='momentum')"
_FEWER_FEATURES = "take fewer features (image_size)"


@dataclass(frozen=True)
class Extent:
    """The sizes that memory follows from.

    Parameters
    ----------
    n, D, R : int
        Rows of data, features, rows of scores.
    K : int
        Configurations side by side.
    dtype : dtype
        In which the data are multiplied.
    entries : int
        Numbers that a row takes as it lies: D, or what sparse rows store.
    absolutes : bool
        Whether the penalty has absolute values.
    n_ridges : int
        Strengths that moments are to serve.
    """

    n: int
    D: int
    R: int
    K: int
    dtype: np.dtype[np.floating]
    entries: int
    absolutes: bool = False
    n_ridges: int = 1

    @classmethod
    def of(cls, objective: Objective, source: DataSource, dtype: np.dtype[np.floating]) -> Extent:
        """Return the sizes of a fit."""
        K = objective.n_configurations
        absolutes = bool((objective.penalty.coefficients or (0, 0))[1])
        N, D, entries = source.n_examples, source.n_features, stored_entries(source.rows)
        return cls(N, D, objective.n_rows, K, dtype, entries, absolutes, K)

    def examples(self) -> Need:
        """Return the labels, weights and orders of all rows: some numbers of 64 bits each."""
        return Need(f"labels and order of {self.n:,} rows", 8 * 8 * self.n, "train on fewer rows")

    def weights(self, arrays: int) -> Need:
        """Return W, its gradient and what solvers derive from them: so many arrays of W's size, in float64."""
        what = f"{self.K * self.R:,} x {self.D:,} weights, gradients and steps"
        return Need(what, 8 * arrays * self.K * self.R * self.D, _FEWER_FEATURES)

    def blocks(self, *, sampled: bool = True) -> Need:
        """Return the rows that are turned into floats at a time, those of samples if any, and a block's scores."""
        rows = min(self.n, max(block_rows(self.entries), sample_rows(self.entries) if sampled else 0))
        floats = rows * self.entries * (8 + 2 * self.dtype.itemsize)
        columns = self.K * self.R
        scores = min(self.n, block_rows(max(self.entries, columns))) * columns * 6 * self.dtype.itemsize
        return Need(f"blocks of {rows:,} rows as floats", floats + scores, _FEWER_FEATURES)

    def batch(self, size: int, *, dropout: bool) -> Need:
        """Return a mini-batch: its rows as they lie, and with dropout as floats with holes."""
        rows, itemsize = min(size, self.n), self.dtype.itemsize
        each = itemsize + (3 * itemsize + 13 if dropout else 0)
        copied = dropout or rows < self.n
        return Need(f"a batch of {rows:,} rows", rows * self.entries * each * copied, "lower batch_size")

    def scores(self, arrays: int) -> Need:
        """Return the scores of all rows, and what is derived from them: so many arrays of their size."""
        size = self.n * self.K * self.R * self.dtype.itemsize
        what = f"{self.n:,} x {self.K * self.R:,} scores and slopes, {arrays} arrays of {show_size(size)},"
        return Need(what, arrays * size, "choose a mini-batch solver, which keeps no scores (solver='momentum')")

    def moments(self) -> Need:
        """Return the moments of the features and what is solved with them, in the form that costs least."""
        if self.absolutes:  # measured as a matrix, of which coordinate descent has a copy
            n_bytes = bytes_of_matrix(self.D, self.dtype) + 4 * self.D**2
        else:
            sizes = self.n, self.D, self.R, self.dtype
            n_bytes = choose_form(*sizes, n_ridges=self.n_ridges, entries=self.entries).n_bytes
        return Need(f"moments of {self.D:,} features", n_bytes, _MINI_BATCHES)

    def factors(self, most: int) -> Need:
        """Return factors of the moments of a sample of so many rows at the most, and what is solved with them."""
        rows = min(self.n, most)
        n_bytes = bytes_of_factors(rows, self.entries, self.dtype)
        return Need(f"factors of {rows:,} x {self.D:,} moments", n_bytes, _MINI_BATCHES)

    def hessian(self) -> Need:
        """Return the Hessian that fits with absolute values may go over to, where it is small enough for that."""
        kept = HessianQuadratic.entries(self.n, self.D, self.R) if self.absolutes else 0
        return Need(f"Hessian of {self.R * self.D:,} weights", 3 * 8 * kept, "choose penalty='l2'")
