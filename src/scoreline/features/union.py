"""Several features side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._text import shortened
from scoreline._typing import Array, FloatArray
from scoreline.errors import UsageError
from scoreline.features.base import FeatureExtractor
from scoreline.features.graph import FeatureGraph

__all__ = ["FeatureUnion", "side_by_side"]


def side_by_side(rows: Iterable[Array]) -> Array:
    """Return rows ``(n, D_part)`` of all parts of a union, in their order, as rows ``(n, D)`` float32."""
    return np.concatenate([own.astype(np.float32, copy=False) for own in rows], axis=1)


class FeatureUnion(FeatureExtractor):
    """The rows of several extractors, one after the other: D is the sum of theirs.

    Parameters
    ----------
    parts : sequence of (str, FeatureExtractor)
        Names, each of them once, and extractors.

    Raises
    ------
    UsageError
        There is no part, or two have the same name.
    """

    def __init__(self, parts: Sequence[tuple[str, FeatureExtractor]]) -> None:
        self.parts = parts

    def fit(self, X: Array, y: Any = None) -> Self:
        """Fit every part on the images ``(n, H, W, ch)``."""
        self.check_parts()
        for _, part in self.parts:
            part.fit(X, y)
        self.image_shape_ = X.shape[1:]
        return self

    def transform(self, X: Array) -> Array:
        """Return the parts' rows side by side, ``(n, D)`` float32."""
        check_is_fitted(self)
        return side_by_side(part.transform(X) for _, part in self.parts)

    def mirror_halves(self, X: Array) -> tuple[Array, Array | None]:
        """Return both parts side by side; the odd one is zeros for parts without, and None if all are."""
        check_is_fitted(self)
        return _halves_side_by_side(part.mirror_halves(X) for _, part in self.parts)

    def shifted_halves(self, X: Array, pixels: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield both parts side by side for each shift; see `FeatureExtractor.shifted_halves`."""
        check_is_fitted(self)
        of_parts = (part.shifted_halves(X, pixels) for _, part in self.parts)
        return (_halves_side_by_side(halves) for halves in zip(*of_parts, strict=True))

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the parts' rows side by side; see `FeatureExtractor.graph_rows`."""
        return graph.add("Concat", *(part.graph_rows(graph, images) for _, part in self.parts), axis=1)

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str | None]:
        """Add both parts side by side; see `mirror_halves`."""
        even, odd = zip(*(part.graph_halves(graph, images) for _, part in self.parts), strict=True)
        rows = graph.add("Concat", *even, axis=1)
        if all(half is None for half in odd):
            return rows, None
        filled = (
            graph.add("Sub", own, own) if half is None else half for own, half in zip(even, odd, strict=True)
        )
        return rows, graph.add("Concat", *filled, axis=1)

    def pixel_contributions(self, image: Array, weights: FloatArray) -> FloatArray | None:
        """Return the pixels' contributions through all parts; None where one part has none."""
        total = np.zeros(image.shape)
        ends = np.cumsum(self.widths())[:-1]
        for (_, part), own in zip(self.parts, np.split(weights, ends), strict=True):
            added = part.pixel_contributions(image, own)
            if added is None:
                return None
            total += added
        return total

    def leaves(self, spec: str) -> list[tuple[str, FeatureExtractor]]:
        """Return the features at the bottom of all parts; see `FeatureExtractor.leaves`."""
        return [leaf for name, part in self.parts for leaf in part.leaves(name)]

    def widths(self) -> list[int]:
        """Return the dimension of each part."""
        check_is_fitted(self)
        return [part.width() for _, part in self.parts]

    def width(self) -> int:
        """Return the dimension of all parts together."""
        return sum(self.widths())

    def numbers_at_work(self) -> int:
        """Return those of all parts, and of their rows side by side; see `FeatureExtractor.numbers_at_work`."""
        return self.width() + sum(part.numbers_at_work() for _, part in self.parts)

    def relative_weights(self) -> FloatArray:
        """Return the parts' weights, one after the other; see `FeatureExtractor.relative_weights`."""
        check_is_fitted(self)
        return np.concatenate([part.relative_weights() for _, part in self.parts])

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``{part}__{name}``, as scikit-learn's `FeatureUnion` does."""
        del input_features
        names = [f"{name}__{inner}" for name, part in self.parts for inner in part.get_feature_names_out()]
        return np.array(names, dtype=object)

    def state(self) -> dict[str, Array]:
        """Return the parts' states, their names before those of the arrays."""
        return {f"{name}.{key}": array for name, part in self.parts for key, array in part.state().items()}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore the state of each part."""
        self.check_parts()
        for name, part in self.parts:
            begin = f"{name}."
            own = {key.removeprefix(begin): array for key, array in state.items() if key.startswith(begin)}
            part.restore(image_shape, own)
        return super().restore(image_shape, state)

    def inner_features(self) -> list[FeatureExtractor]:
        """Return the parts."""
        return [part for _, part in self.parts]

    def content(self) -> str:
        """Return the contents of the parts; see `FeatureExtractor.content`."""
        return self._content(parts="+".join(part.content() for part in self.inner_features()))

    def check_sizes(self, n_features: int, image_shape: tuple[int, ...]) -> None:
        """Check each part; see `FeatureExtractor.check_sizes`."""
        for part in self.inner_features():
            part.check_sizes(n_features, image_shape)

    def check_parts(self) -> None:
        """Raise UsageError unless there are parts, each with a name of its own."""
        names = [name for name, _ in self.parts]
        if not names or len(set(names)) < len(names):
            raise UsageError(
                f"A union was made of the features {shortened(', '.join(names), 1000) or 'none'}",
                allowed="one feature or more, each under a name of its own",
                fix="leave the repeated one out, or give it other parameters",
            )


def _halves_side_by_side(halves: Iterable[tuple[Array, Array | None]]) -> tuple[Array, Array | None]:
    even, odd = zip(*halves, strict=True)
    rows = side_by_side(even)
    if all(half is None for half in odd):
        return rows, None
    filled = (np.zeros_like(own) if half is None else half for own, half in zip(even, odd, strict=True))
    return rows, side_by_side(filled)
