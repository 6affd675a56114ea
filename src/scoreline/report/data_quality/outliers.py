"""Examples that are unlike all classes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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
#: Share of the rows, those that are farthest, that space and covariance are learned without in the end, and how
#: often they are looked for.
TRIMMED, ROUNDS = 0.05, 2
#: Least variance of a direction within the space, as a share of the mean variance.
LEAST_VARIANCE = 0.01
#: Rows among which neighbours are looked for, and which of the neighbours counts: there may be so many strange
#: examples of one kind.
REFERENCES, NEIGHBOUR = 2000, 15
#: An outlier is farther than the median by so many deviations of the logarithm, as the quartiles show them.
DEVIATIONS = 4.0


class Outlier(NamedTuple):
    """An example that is far from all classes."""

    split: str
    id: str
    label: str
    #: The class whose mean is nearest.
    nearest: str
    #: By how many deviations it is stranger than the median of the training examples.
    distance: float
    #: Whether it is farther than the rest lets expect.
    outlying: bool


@dataclass(frozen=True, eq=False)
class Outliers:
    """The examples that are strangest, whatever the class.

    Parameters
    ----------
    ranked : tuple of Outlier
        The strangest first, of all splits.
    n_outlying : int
        How many are stranger than the rest lets expect.
    limit : float
        The deviations beyond which they are.
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
    views: Mapping[str, Mapping[str, Rows]],
    splits: Mapping[str, Split],
    classes: Sequence[str],
    *,
    directed: Collection[str] = ("features",),
    most: int = 200,
    seed: int = 0,
) -> Outliers:
    """Rank examples by how strange they are, in whichever view they are strangest.

    In each view there are two distances: within the space of the principal components, by Mahalanobis, from the
    mean of the nearest class, with one covariance for all; and from that space. In views whose directions mean
    more than lengths there is a third, the angle to the so-manyth nearest of other examples. All are measured in
    deviations of their logarithm from the median of the training examples. Within the space what is nearer to a
    mean than any picture ought to be, as noise is that has no edges in particular, is as strange as what is far
    away.

    Examples of one kind are found although there are some of them: a twentieth of the examples has no part in
    means, space and covariance.

    Parameters
    ----------
    views : mapping of str to mapping of str to Rows (N, D)
        By split, what is compared of its examples, by name; ``"train"`` is learned from.
    splits : mapping of str to Split
        The same examples.
    classes : sequence of str
        Names of the classes.
    directed : collection of str, default ("features",)
        The views in which directions mean more than lengths, as in embeddings.
    most : int, default 200
        Examples that are listed at the most.
    seed : int, default 0
        What a sample to learn from is drawn by.

    References
    ----------
    Ledoit & Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices; Rousseeuw & Van
    Driessen (1999), A fast algorithm for the minimum covariance determinant estimator, whose concentration steps
    leave the farthest out.
    """
    strangeness, nearest = _strangest(views, splits["train"].y, directed, seed)
    ranked, n_outlying = [], 0
    for name, found in strangeness.items():
        n_outlying += int(np.count_nonzero(found > DEVIATIONS))
        split = splits[name]
        ranked += [
            Outlier(
                name,
                split.ids[i],
                classes[split.y[i]],
                classes[nearest[name][i]],
                float(found[i]),
                bool(found[i] > DEVIATIONS),
            )
            for i in np.argsort(-found, kind="stable")[:most].tolist()
        ]
    ranked.sort(key=lambda outlier: -outlier.distance)
    return Outliers(tuple(ranked[:most]), n_outlying, DEVIATIONS)


def _strangest(
    views: Mapping[str, Mapping[str, Rows]], y: Labels, directed: Collection[str], seed: int
) -> tuple[dict[str, FloatArray], dict[str, Labels]]:
    """Return how strange each example is in the view in which it is strangest, and the class it is nearest to."""
    strangeness: dict[str, FloatArray] = {}
    nearest: dict[str, Labels] = {}
    for view, training in views["train"].items():
        space = _Space.learned(training, y, seed)
        measured = {name: space.distances(views[name][view]) for name in views}
        inside, beyond, _ = measured["train"]
        within, outside = _Deviations.of(inside), _Deviations.of(beyond)
        neighbours: dict[str, FloatArray] = {}
        if view in directed:
            neighbours = _neighbour_distances({name: views[name][view] for name in views}, seed)
        for name, (inner, outer, label) in measured.items():
            found = np.maximum(np.abs(within(inner)), outside(outer))
            if neighbours:
                found = np.maximum(found, _Deviations.of(neighbours["train"])(neighbours[name]))
            if name not in strangeness:
                strangeness[name], nearest[name] = found, label
            nearest[name] = np.where(found > strangeness[name], label, nearest[name])
            strangeness[name] = np.maximum(found, strangeness[name])
    return strangeness, nearest


def _neighbour_distances(rows: Mapping[str, Rows], seed: int) -> dict[str, FloatArray]:
    """Return the distance on the unit sphere of each row to its so-manyth neighbour in a sample of training rows.

    Where directions mean more than lengths, as in embeddings, it shows what is like no other example.
    """
    training = rows["train"]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(training))[:REFERENCES])
    references = _directions(training.take(chosen))
    place = min(NEIGHBOUR, len(chosen) - 1)
    step = block_rows(max(training.shape[1], len(chosen)))

    def distances(X: Array) -> FloatArray:
        cosines = _directions(X) @ references.T
        nearest = np.partition(cosines, -1 - place, axis=1)[:, -1 - place]
        return np.maximum(1 - nearest, np.finfo(np.float32).eps)

    return {
        name: np.concatenate(
            [distances(part.read(k, min(k + step, len(part)))) for k in range(0, len(part), step)]
        )
        for name, part in rows.items()
    }


def _directions(X: Array) -> FloatArray:
    X = X.astype(np.float32)
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    return np.divide(X, lengths, out=np.zeros_like(X), where=lengths > 0)


class _Deviations(NamedTuple):
    """What a distance is compared with: the median of its logarithm, and how far apart the quartiles are."""

    median: float
    deviation: float

    @classmethod
    def of(cls, distances: FloatArray) -> _Deviations:
        low, middle, high = np.percentile(cls.logs(distances), [25, 50, 75])
        return cls(float(middle), float(max(high - middle, middle - low) / 0.6745))

    @staticmethod
    def logs(distances: FloatArray) -> FloatArray:
        return np.log(np.maximum(distances, np.finfo(np.float32).tiny))

    def __call__(self, distances: FloatArray) -> FloatArray:
        apart = self.logs(distances) - self.median
        return apart / self.deviation if self.deviation else np.zeros_like(apart)


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
    #: Distance from the space below which there is nothing but rounding.
    least: float

    @classmethod
    def learned(cls, rows: Rows, y: Labels, seed: int) -> _Space:
        """Learn from a sample, at last without the rows that are farthest from what is learned."""
        chosen = np.sort(np.random.default_rng(seed).permutation(len(rows))[:SAMPLE])
        X, labels = rows.take(chosen).astype(np.float32), y[chosen]
        space = cls.fitted(X, labels, seed)
        for _ in range(ROUNDS):
            within, outside, _ = space.parts(X)
            medians = [max(float(np.median(part)), space.least) for part in (within, outside)]
            far = within / medians[0] + outside / medians[1]
            kept = far <= np.quantile(far, 1 - TRIMMED)
            space = cls.fitted(X[kept], labels[kept], seed)
        return space

    @classmethod
    def fitted(cls, X: FloatArray, labels: Labels, seed: int) -> _Space:
        """Learn from all rows of an array."""
        from sklearn.covariance import ledoit_wolf
        from sklearn.decomposition import PCA

        # Components that span all examples would leave nothing outside to compare others with.
        n_components = max(1, min(COMPONENTS, X.shape[1] - 1, (len(X) - 1) // 2))
        pca = PCA(n_components, svd_solver="randomized", random_state=seed).fit(X)
        present, index = np.unique(labels, return_inverse=True)
        inner = pca.transform(X).astype(np.float64)
        means = np.stack([inner[index == k].mean(axis=0) for k in range(len(present))])
        covariance, _ = ledoit_wolf(inner - means[index], assume_centered=True)
        values, vectors = np.linalg.eigh(covariance)
        floor = np.finfo(np.float32)
        smallest = max(LEAST_VARIANCE * float(values.mean()), float(floor.tiny))
        turn = vectors / np.sqrt(np.maximum(values, smallest))
        basis = pca.components_.T.astype(np.float32)
        least = float(((X - pca.mean_) ** 2).sum(axis=1).mean() * floor.eps)
        whitening = (basis @ turn).astype(np.float32)
        return cls(pca.mean_, whitening, basis, means @ turn, present, max(least, float(floor.tiny)))

    def parts(self, X: Array) -> tuple[FloatArray, FloatArray, Labels]:
        """Return squared distances to the nearest class within the space, and to the space, and the class."""
        centred = X.astype(np.float32) - self.mean
        inner = centred @ self.whitening
        squares = ((inner[:, None] - self.means) ** 2).sum(axis=2)
        outside = (centred**2).sum(axis=1) - ((centred @ self.basis) ** 2).sum(axis=1)
        return squares.min(axis=1), np.maximum(outside, self.least), self.labels[squares.argmin(axis=1)]

    def distances(self, rows: Rows) -> tuple[FloatArray, FloatArray, Labels]:
        """Return the squared distances of each row within and from the space, and the class it is nearest to."""
        step = block_rows(max(rows.shape[1], self.means.size))
        blocks = [self.parts(rows.read(k, min(k + step, len(rows)))) for k in range(0, len(rows), step)]
        within, outside, labels = zip(*blocks, strict=True)
        return np.concatenate(within), np.concatenate(outside), np.concatenate(labels)
