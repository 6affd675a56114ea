"""Examples that are unlike all classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data import Split
from scoreline.engine.problem.objective import block_rows
from scoreline.rows import Rows

__all__ = ["Outlier", "Outliers", "find_outliers"]

#: Rows that the distances are learned from, and principal components.
SAMPLE, COMPONENTS = 4000, 48
#: An outlier is farther than the median by so many deviations of the logarithm, as the quartiles tell them.
DEVIATIONS = 3.0


class Outlier(NamedTuple):
    """An example that is far from all classes."""

    split: str
    id: str
    label: str
    #: The class whose mean is nearest.
    nearest: str
    #: Distance to it, the median of all training examples being 1.
    distance: float
    #: Whether it is farther than the rest lets expect.
    outlying: bool


@dataclass(frozen=True, eq=False)
class Outliers:
    """The examples that are farthest from all classes.

    Parameters
    ----------
    ranked : tuple of Outlier
        The farthest first, of all splits.
    n_outlying : int
        How many are farther than the rest lets expect.
    limit : float
        The distance from which on they are.
    """

    ranked: tuple[Outlier, ...]
    n_outlying: int
    limit: float

    #: The columns of `rows`.
    COLUMNS = Outlier._fields

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for every ranked example."""
        for *named, distance, outlying in self.ranked:
            yield *named, f"{distance:.4g}", int(outlying)


def find_outliers(
    features: Mapping[str, Rows],
    splits: Mapping[str, Split],
    classes: Sequence[str],
    *,
    most: int = 200,
    seed: int = 0,
) -> Outliers:
    """Rank examples by their distance to the nearest class.

    It is the Mahalanobis distance in the space of the principal components, with one shrunk covariance for all
    classes, together with the distance from that space; either counts in units of its median.

    Parameters
    ----------
    features : mapping of str to Rows (N, D)
        By split; ``"train"`` is learned from.
    splits : mapping of str to Split
        The same examples.
    classes : sequence of str
        Names of the classes.
    most : int, default 200
        Examples that are listed at the most.
    seed : int, default 0
        What a sample to learn from is drawn by.

    References
    ----------
    Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.
    """
    space = _Space.learned(features["train"], splits["train"].y, seed)
    measured = {name: space.distances(features[name]) for name in features}
    logs = np.log(np.maximum(measured["train"][0], np.finfo(np.float32).tiny))
    low, middle, high = np.percentile(logs, [25, 50, 75])
    scale = np.exp(middle)
    limit = float(np.exp(DEVIATIONS * max(high - middle, middle - low) / 0.6745))  # relative to the median
    ranked, n_outlying = [], 0
    for name, (distance, nearest) in measured.items():
        relative = distance / scale
        n_outlying += int(np.count_nonzero(relative > limit))
        split = splits[name]
        ranked += [
            Outlier(
                name,
                split.ids[i],
                classes[split.y[i]],
                classes[nearest[i]],
                float(relative[i]),
                bool(relative[i] > limit),
            )
            for i in np.argsort(-relative, kind="stable")[:most].tolist()
        ]
    ranked.sort(key=lambda outlier: -outlier.distance)
    return Outliers(tuple(ranked[:most]), n_outlying, limit)


@dataclass(frozen=True, eq=False)
class _Space:
    """Principal components with classes in them."""

    mean: FloatArray
    #: Columns are whitened directions; beside them, orthonormal ones that span the same space.
    whitening: FloatArray
    basis: FloatArray
    #: Means of the classes in whitened coordinates ``(c, q)``, and which classes these are.
    means: FloatArray
    labels: Labels
    #: Medians of both squared distances.
    medians: tuple[float, float]

    @classmethod
    def learned(cls, rows: Rows, y: Labels, seed: int) -> _Space:
        from sklearn.covariance import ledoit_wolf
        from sklearn.decomposition import PCA

        chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:SAMPLE])
        X, labels = rows.take(chosen).astype(np.float32), y[chosen]
        # Components that span all examples would leave nothing outside to compare others with.
        n_components = max(1, min(COMPONENTS, X.shape[1] - 1, (len(X) - 1) // 2))
        pca = PCA(n_components, svd_solver="randomized", random_state=seed).fit(X)
        present, index = np.unique(labels, return_inverse=True)
        inner = pca.transform(X).astype(np.float64)
        means = np.stack([inner[index == k].mean(axis=0) for k in range(len(present))])
        covariance, _ = ledoit_wolf(inner - means[index], assume_centered=True)
        values, vectors = np.linalg.eigh(covariance)
        floor = np.finfo(np.float32)
        smallest = max(float(values.max()) * float(floor.eps), float(floor.tiny))
        turn = vectors / np.sqrt(np.maximum(values, smallest))
        basis = pca.components_.T.astype(np.float32)
        space = cls(pca.mean_, (basis @ turn).astype(np.float32), basis, means @ turn, present, (1.0, 1.0))
        within, outside, _ = space.parts(X)
        # Rounding, where all examples lie in the space.
        least = float(((X - pca.mean_) ** 2).sum(axis=1).mean() * np.finfo(np.float32).eps)
        floors = (float(np.finfo(np.float32).eps), max(least, float(np.finfo(np.float32).tiny)))
        median, beyond = (
            max(float(np.median(part)), floor) for part, floor in zip((within, outside), floors, strict=True)
        )
        return cls(space.mean, space.whitening, basis, space.means, present, (median, beyond))

    def parts(self, X: Array) -> tuple[FloatArray, FloatArray, Labels]:
        """Return squared distances to the nearest class within the space, and to the space, and the class."""
        centred = X.astype(np.float32) - self.mean
        inner = centred @ self.whitening
        squares = ((inner[:, None] - self.means) ** 2).sum(axis=2)
        outside = (centred**2).sum(axis=1) - ((centred @ self.basis) ** 2).sum(axis=1)
        return squares.min(axis=1), np.maximum(outside, 0), self.labels[squares.argmin(axis=1)]

    def distances(self, rows: Rows) -> tuple[FloatArray, Labels]:
        """Return the distance of each row, and the class that it is nearest to."""
        step = block_rows(max(rows.shape[1], self.means.size))
        found, nearest = [], []
        for first in range(0, len(rows), step):
            within, outside, label = self.parts(rows.read(first, min(first + step, len(rows))))
            found.append(np.sqrt((within / self.medians[0] + outside / self.medians[1]) / 2))
            nearest.append(label)
        return np.concatenate(found), np.concatenate(nearest)
