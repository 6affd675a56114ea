"""Examples that are nearly the same as others: within a split, and across splits, which are leaks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray, Labels
from scoreline.data import Split
from scoreline.engine.problem.objective import block_rows
from scoreline.report.data_quality.signatures import (
    DETAIL,
    Signatures,
    column_statistics,
    image_details,
    image_signatures,
    row_signatures,
)
from scoreline.rows import ConcatRows, Rows

__all__ = ["DuplicatePair", "NearDuplicates", "candidate_pairs", "find_near_duplicates"]

#: Tables of hashes: each finds the pairs that agree in some random bits, as many as make one example a bucket.
#: At an angle of 18 degrees two signatures differ in 10 % of their bits, and 99.9 % of such pairs are found.
TABLES, FEWEST_BITS, MOST_BITS = 48, 8, 24
#: Bits of a hash.
N_BITS = 63
#: Neighbours in a bucket that an example is compared with, and bits in which both may differ.
WINDOW, MOST_DIFFERENT = 32, 18
#: Largest angle between the signatures of near-duplicates, and as a share of the typical angle to the fifth
#: nearest example: where all are much alike, as handwritten digits are, copies have to be still more alike.
LARGEST_ANGLE, SHARE_OF_TYPICAL = 25.0, 0.4
#: Examples whose nearest are looked for to measure that, and among how many.
QUERIES, OTHERS, NEIGHBOUR = 1000, 2000, 5
#: Least cosine between the finer details of images that are copies, measured on CIFAR-10: below it there are birds
#: and aeroplanes before an empty sky.
LEAST_DETAIL = 0.25
#: Between rows of numbers that are copies, as a share of the distance of two rows.
LARGEST_DISTANCE = 0.2
#: Splits in the order in which pairs of them are listed: what is leaked into test comes first.
_PRECEDENCE = {"test": 0, "validation": 1, "train": 2}


class DuplicatePair(NamedTuple):
    """Two examples that are nearly the same; the first is of the split that evaluates, where they differ."""

    split: str
    id: str
    label: str
    other_split: str
    other_id: str
    other_label: str
    #: The cosine between their signatures, at most 1.
    similarity: float
    #: Whether one is like the mirror image of the other.
    mirrored: bool

    @property
    def leak(self) -> bool:
        """Whether they are in different splits."""
        return self.split != self.other_split

    @property
    def contradictory(self) -> bool:
        """Whether they are in different classes."""
        return self.label != self.other_label


@dataclass(frozen=True, eq=False)
class NearDuplicates:
    """Pairs of examples that are nearly the same.

    Parameters
    ----------
    pairs : tuple of DuplicatePair
        Leaks first, those into the test split before all others; then the most similar first.
    groups : mapping of str to array (N,) of integers
        By split, a number for each example that all examples have in common which are copies of one another, in
        whatever split: groups for cross-validation.
    largest_angle : float
        In degrees, between signatures of what was taken for a copy.
    """

    pairs: tuple[DuplicatePair, ...]
    groups: Mapping[str, Labels]
    largest_angle: float

    #: The columns of `rows`.
    COLUMNS = (*DuplicatePair._fields, "leak", "contradictory")

    @property
    def leaks(self) -> list[DuplicatePair]:
        """The pairs whose examples are in different splits."""
        return [pair for pair in self.pairs if pair.leak]

    @property
    def contradictions(self) -> list[DuplicatePair]:
        """The pairs whose examples are in different classes."""
        return [pair for pair in self.pairs if pair.contradictory]

    def n_leaked(self, split: str, source: str) -> int:
        """Return how many examples of a split have a copy in another one."""
        return len({pair.id for pair in self.pairs if (pair.split, pair.other_split) == (split, source)})

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield a row of `COLUMNS` for every pair."""
        for pair in self.pairs:
            *named, similarity, mirrored = pair
            yield *named, f"{similarity:.4f}", int(mirrored), int(pair.leak), int(pair.contradictory)


def find_near_duplicates(splits: Mapping[str, Split], classes: Sequence[str]) -> NearDuplicates:
    """Find examples that are nearly the same as others.

    Of images those are found that were re-encoded, resized, mirrored, or given other brightness or contrast; not
    those that were turned or cropped by much. Rows of numbers have to be equal but for a little noise.

    Parameters
    ----------
    splits : mapping of str to Split
        Images ``(N, H, W, ch)`` or rows ``(N, D)``, of one shape.
    classes : sequence of str
        Names of the classes.

    Notes
    -----
    The time grows about as the number of examples: no example is compared with all others, but those that agree in
    some bits of a perceptual hash with their neighbours there.
    """
    names = sorted(splits, key=lambda name: _PRECEDENCE.get(name, len(_PRECEDENCE)))
    rows = ConcatRows([splits[name].rows for name in names])
    images = len(rows.shape) == 4
    signatures = image_signatures(rows) if images else row_signatures(rows)
    angle = _largest_angle(signatures)
    found = _near_pairs(signatures, math.cos(math.radians(angle)))
    found = found.chosen(_same_details(rows, found) if images else _near_rows(rows, found))
    ends = np.cumsum([len(splits[name]) for name in names])
    return NearDuplicates(
        tuple(_described(found, [splits[name] for name in names], names, classes)),
        dict(zip(names, np.split(_groups(found, len(rows)), ends[:-1]), strict=True)),
        angle,
    )


def candidate_pairs(hashes: Array, seed: int = 0) -> Array:
    """Return pairs ``(2, m)`` of places of hashes ``(N,)`` that differ in few bits: the most, not all of them.

    References
    ----------
    Indyk & Motwani (1998), Approximate nearest neighbors: towards removing the curse of dimensionality.
    """
    rng, n = np.random.default_rng(seed), len(hashes)
    n_bits = min(max(math.ceil(math.log2(max(n, 2))), FEWEST_BITS), MOST_BITS)
    found = [np.empty(0, np.int64)]
    for _ in range(TABLES):
        chosen = rng.choice(N_BITS, n_bits, replace=False).astype(np.uint64)
        mask = np.bitwise_or.reduce(np.left_shift(np.uint64(1), chosen))
        # Of one key in the order of all bits, so that the most alike of a large bucket are neighbours.
        order = np.lexsort((hashes, hashes & mask))
        ordered = hashes[order]
        keys = ordered & mask
        for distance in range(1, min(WINDOW, n - 1) + 1):
            same = np.flatnonzero(keys[distance:] == keys[:-distance])
            if not len(same):
                break
            different = np.bitwise_count(ordered[same] ^ ordered[same + distance])
            near = same[different <= MOST_DIFFERENT]
            one, other = order[near], order[near + distance]
            found.append(np.minimum(one, other) * n + np.maximum(one, other))
    pairs = np.unique(np.concatenate(found))
    return np.stack([pairs // n, pairs % n])


class _Pairs(NamedTuple):
    """Places of two examples, their similarity, and whether one is mirrored: ``(m,)`` each."""

    one: Labels
    other: Labels
    similarity: FloatArray
    mirrored: Array

    def chosen(self, index: Array) -> _Pairs:
        return _Pairs(self.one[index], self.other[index], self.similarity[index], self.mirrored[index])


def _near_pairs(signatures: Signatures, least: float) -> _Pairs:
    """Return pairs whose signatures, or one and the mirrored other one, have a cosine of `least` or more."""
    vectors, hashes, n = signatures.vectors, signatures.hashes, len(signatures.vectors)
    mirrored_hashes = signatures.mirrored_hashes
    both = hashes if mirrored_hashes is None else np.concatenate([hashes, mirrored_hashes])
    one, other = candidate_pairs(both)
    # An image that is symmetric is its own mirror image, and two mirror images are alike where the images are.
    useful = (one < n) & (one != other % n)
    one, other = one[useful], other[useful]
    mirrored = other >= n
    other = other % n
    theirs = vectors[other]
    if signatures.mirrored is not None:
        theirs[mirrored] *= signatures.mirrored
    similarity = np.einsum("ij,ij->i", vectors[one], theirs)
    near = np.flatnonzero(similarity >= least)
    pairs = _Pairs(np.minimum(one, other)[near], np.maximum(one, other)[near], similarity[near], mirrored[near])
    # A pair that is alike both ways is listed once, as it is more alike.
    order = np.lexsort((pairs.mirrored, -pairs.similarity, pairs.other, pairs.one))
    pairs = pairs.chosen(order)
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(pairs.one) != 0) | (np.diff(pairs.other) != 0)
    return pairs.chosen(first)


def _largest_angle(signatures: Signatures, seed: int = 0) -> float:
    """Return the angle in degrees up to which examples are taken for copies."""
    vectors = signatures.vectors
    if len(vectors) <= NEIGHBOUR:
        return LARGEST_ANGLE
    order = np.random.default_rng(seed).permutation(len(vectors))
    queries, others = vectors[order[:QUERIES]], vectors[order[:OTHERS]]
    # The nearest of all is the example itself.
    nearest = -np.partition(-(queries @ others.T), NEIGHBOUR, axis=1)[:, NEIGHBOUR]
    typical = math.degrees(math.acos(min(max(float(np.median(nearest)), -1.0), 1.0)))
    return min(LARGEST_ANGLE, SHARE_OF_TYPICAL * typical)


def _same_details(rows: Rows, pairs: _Pairs) -> Array:
    """Return which pairs of images are alike in what their signatures leave out, where they have that."""
    if min(rows.shape[1:3]) < DETAIL:
        return np.ones(len(pairs.one), dtype=bool)
    same = [np.empty(0, dtype=bool)]
    for block, one, other in _taken(rows, pairs):
        turned = np.where(pairs.mirrored[block, None, None, None], other[:, :, ::-1], other)
        ours, theirs = image_details(one), image_details(turned)
        smooth = ~(ours.any(axis=1) & theirs.any(axis=1))
        same.append(smooth | (np.einsum("ij,ij->i", ours, theirs) >= LEAST_DETAIL))
    return np.concatenate(same)


def _near_rows(rows: Rows, pairs: _Pairs) -> Array:
    """Return which pairs of rows are much nearer to one another than two are in the mean."""
    _, scale = column_statistics(rows)
    mean_square = 2 * np.count_nonzero(np.isfinite(scale))
    near = [np.empty(0, dtype=bool)]
    for _, one, other in _taken(rows, pairs):
        square = (((one.astype(np.float32) - other.astype(np.float32)) / scale) ** 2).sum(axis=1)
        near.append(square <= LARGEST_DISTANCE**2 * mean_square)
    return np.concatenate(near)


def _taken(rows: Rows, pairs: _Pairs) -> Iterator[tuple[slice, Array, Array]]:
    """Yield the examples of some pairs at a time."""
    step = block_rows(math.prod(rows.shape[1:]))
    for first in range(0, len(pairs.one), step):
        block = slice(first, first + step)
        yield block, rows.take(pairs.one[block]), rows.take(pairs.other[block])


def _groups(pairs: _Pairs, n: int) -> Labels:
    """Return a number for each example, the same for all that pairs connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs.one), dtype=bool), (pairs.one, pairs.other)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _described(
    pairs: _Pairs, splits: Sequence[Split], names: Sequence[str], classes: Sequence[str]
) -> Iterator[DuplicatePair]:
    """Yield pairs with the names of their examples, leaks first."""
    starts = np.cumsum([0, *(len(split) for split in splits)])
    of_one, of_other = (np.searchsorted(starts, places, side="right") - 1 for places in (pairs.one, pairs.other))
    order = np.lexsort((-pairs.similarity, -of_other, of_one, of_one == of_other))
    for place in order.tolist():
        one, other = (
            _named(splits[part], names[part], int(row - starts[part]), classes)
            for part, row in ((of_one[place], pairs.one[place]), (of_other[place], pairs.other[place]))
        )
        similarity, mirrored = min(float(pairs.similarity[place]), 1.0), bool(pairs.mirrored[place])
        yield DuplicatePair(*one, *other, similarity=similarity, mirrored=mirrored)


def _named(split: Split, name: str, row: int, classes: Sequence[str]) -> tuple[str, str, str]:
    return name, split.ids[row], classes[split.y[row]]
