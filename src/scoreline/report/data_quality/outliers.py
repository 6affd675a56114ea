"""Examples that are unlike all classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data import Split
from scoreline.engine.problem.objective import block_rows
from scoreline.report.data_quality.signatures import column_statistics
from scoreline.rows import ArrayRows, Rows

__all__ = ["Outlier", "Outliers", "find_outliers"]

#: Rows that the distances are learned from, and principal components.
SAMPLE, COMPONENTS = 4000, 48
#: Share of the rows, those that are farthest, that space and covariance are learned without in the end, and how
#: often they are looked for.
TRIMMED, ROUNDS = 0.05, 2
#: Columns that are turned to their principal components, at the most, and rows for each that this takes.
NARROW, ROWS_A_COLUMN = 48, 8
#: Least variance of a direction, as a share of the mean variance.
LEAST_VARIANCE = 0.01
#: Least squared distance from the space, in roundings of the mean squared length of the rows.
ROUNDING = 100
#: Deviations of a column from its mean that count, at the most: what hardly any row has would count for all.
WIDEST = 5.0
#: Rows among which neighbours are looked for, and which of the neighbours counts: there may be so many strange
#: examples of one kind.
REFERENCES, NEIGHBOUR = 2000, 15
#: Training rows up to which their distances are those from what the other folds have taught, and the folds: few
#: rows are nearer to what they have taught themselves than others can be.
FEW, FOLDS = 2000, 4
#: An outlier is farther than the median by so many deviations of the logarithm, as the quartiles show them.
DEVIATIONS = 4.0
#: Training rows below which quartiles say too little for that.
FEWEST = 20


class Outlier(NamedTuple):
    """An example that is far from all classes."""

    split: str
    id: str
    label: str
    #: The class that it is nearest to.
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
    """Rank examples by how strange they are in all views together.

    In each view the distance to the so-manyth nearest of other examples is measured in deviations of its logarithm
    from the median of the training examples; of several views, what is beyond the median counts as the sides of a
    right triangle do. In views whose directions mean more than lengths the distance is an angle, and two others
    may be larger: within the space of the principal components, by Mahalanobis, from the mean of the nearest
    class, with one covariance for all; and from that space. Within the space what is nearer to a mean than any
    example ought to be is as strange as what is far away.

    Examples of one kind are found although there are some of them: neighbours are counted beyond them, and a
    twentieth of the examples has no part in means, space and covariance.

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
    limit = DEVIATIONS if len(splits["train"].y) >= FEWEST else math.inf
    ranked, n_outlying = [], 0
    for name, found in strangeness.items():
        n_outlying += int(np.count_nonzero(found > limit))
        split = splits[name]
        ranked += [
            Outlier(
                name,
                split.ids[i],
                classes[split.y[i]],
                classes[nearest[name][i]],
                float(found[i]),
                bool(found[i] > limit),
            )
            for i in np.argsort(-found, kind="stable")[:most].tolist()
        ]
    ranked.sort(key=lambda outlier: -outlier.distance)
    return Outliers(tuple(ranked[:most]), n_outlying, limit)


def _strangest(
    views: Mapping[str, Mapping[str, Rows]], y: Labels, directed: Collection[str], seed: int
) -> tuple[dict[str, FloatArray], dict[str, Labels]]:
    """Return how strange each example is in all views together, and the class it is nearest to in the last."""
    squares = {name: np.zeros(len(next(iter(rows.values())))) for name, rows in views.items()}
    nearest: dict[str, Labels] = {}
    for view in views["train"]:
        rows = {name: of_split[view] for name, of_split in views.items()}
        found, nearest = (_in_directions if view in directed else _in_statistics)(rows, y, seed)
        for name, deviations in found.items():
            squares[name] += np.maximum(deviations, 0) ** 2
    return {name: np.sqrt(total) for name, total in squares.items()}, nearest


def _in_statistics(
    rows: Mapping[str, Rows], y: Labels, seed: int
) -> tuple[dict[str, FloatArray], dict[str, Labels]]:
    """Return deviations by the distance to neighbours, all columns being as wide, and their commonest class.

    Few columns are turned to their principal components before: what none of them shows, some together may.
    """
    training = rows["train"]
    mean, scale = column_statistics(training)
    turn = np.eye(training.shape[1], dtype=np.float32)
    if training.shape[1] <= min(NARROW, len(training) // ROWS_A_COLUMN):
        turn = _whitening((training.read(0, len(training)) - mean) / scale)

    def standardised(X: Array) -> FloatArray:
        return np.clip((X.astype(np.float32) - mean) / scale @ turn, -WIDEST, WIDEST)

    found = _neighbours(rows, y, seed, standardised)
    usual = _Deviations.of(found["train"][0])
    return {name: usual(one[0]) for name, one in found.items()}, {name: one[1] for name, one in found.items()}


def _whitening(X: Array) -> FloatArray:
    """Return what turns rows to their principal components, each as wide, learned without the farthest rows."""
    kept = np.ones(len(X), bool)
    for _ in range(1 + ROUNDS):
        values, vectors = np.linalg.eigh(np.cov(X[kept], rowvar=False, ddof=0))
        turn = vectors / np.sqrt(np.maximum(values, LEAST_VARIANCE))
        far = ((X @ turn) ** 2).sum(axis=1)
        kept = far <= np.quantile(far, 1 - TRIMMED)
    return np.asarray(turn, np.float32)


def _in_directions(
    rows: Mapping[str, Rows], y: Labels, seed: int
) -> tuple[dict[str, FloatArray], dict[str, Labels]]:
    """Return the largest of deviations within a space of classes, from it, and by the angle to neighbours."""
    space = _Space.learned(rows["train"], y, seed)
    measured = {name: space.distances(part) for name, part in rows.items() if name != "train"}
    measured["train"] = _training_distances(space, rows["train"], y, seed)
    within, outside = (_Deviations.of(distances) for distances in measured["train"][:2])
    neighbours = _neighbours(rows, y, seed, _directions)
    apart = _Deviations.of(neighbours["train"][0])
    found = {
        name: np.maximum.reduce([np.abs(within(inner)), outside(outer), apart(neighbours[name][0])])
        for name, (inner, outer, _) in measured.items()
    }
    return found, {name: label for name, (_, _, label) in measured.items()}


def _training_distances(space: _Space, rows: Rows, y: Labels, seed: int) -> tuple[FloatArray, FloatArray, Labels]:
    """Return the distances of the rows that a space was learned from, of few as if it had been learned without."""
    if not FOLDS < len(rows) <= FEW:
        return space.distances(rows)
    fold = np.random.default_rng(seed).permutation(len(rows)) % FOLDS
    X = rows.read(0, len(rows)).astype(np.float32)
    inside, outside, nearest = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows), y.dtype)
    for number in range(FOLDS):
        left_out = fold == number
        other = _Space.learned(ArrayRows(X[~left_out]), y[~left_out], seed)
        inside[left_out], outside[left_out], nearest[left_out] = other.parts(X[left_out])
    return inside, outside, nearest


def _neighbours(
    rows: Mapping[str, Rows], y: Labels, seed: int, prepared: Callable[[Array], FloatArray]
) -> dict[str, tuple[FloatArray, Labels]]:
    """Return the squared distance of each row to its so-manyth neighbour in a sample of training rows.

    Beside it the commonest class of these neighbours.
    """
    training = rows["train"]
    chosen = np.sort(np.random.default_rng(seed).permutation(len(training))[:REFERENCES])
    references, labels = prepared(training.take(chosen)), y[chosen]
    lengths, place = (references**2).sum(axis=1), min(NEIGHBOUR, len(chosen) - 1)
    n_classes, step = int(labels.max()) + 1, block_rows(max(training.shape[1], len(chosen)))

    def block(X: FloatArray) -> tuple[FloatArray, Labels]:
        squares = (X**2).sum(axis=1)[:, None] + lengths - 2 * X @ references.T
        order = np.argpartition(squares, place, axis=1)[:, : place + 1]
        distance = np.take_along_axis(squares, order[:, place:], axis=1)[:, 0]
        least = np.finfo(np.float32).eps * max(float(lengths.mean()), 1.0)
        votes = np.stack([np.bincount(row, minlength=n_classes) for row in labels[order]])
        return np.maximum(distance, least), votes.argmax(axis=1)

    found = {}
    for name, part in rows.items():
        blocks = [block(prepared(part.read(k, min(k + step, len(part))))) for k in range(0, len(part), step)]
        found[name] = np.concatenate([one for one, _ in blocks]), np.concatenate([one for _, one in blocks])
    return found


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
        least = float(((X - pca.mean_) ** 2).sum(axis=1).mean() * ROUNDING * floor.eps)
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
