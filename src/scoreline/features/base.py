"""The interface of every feature extractor: images in, feature vectors out."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from scoreline._typing import Array, FloatArray
from scoreline.errors import DataError, MismatchError, UsageError
from scoreline.features.graph import FeatureGraph
from scoreline.features.shifting import shifted_images

__all__ = ["FeatureExtractor"]


class FeatureExtractor(TransformerMixin, BaseEstimator):
    """A scikit-learn transformer from images ``(n, H, W, ch)`` of uint8 to rows ``(n, D)``.

    Plain vectors ``(n, D)`` count as images of one pixel row, ``(n, 1, D, 1)``, for extractors that can take them.
    """

    #: Names and extractors of the features whose rows lie side by side in those of this one; none for most.
    parts: Sequence[tuple[str, FeatureExtractor]] = ()
    #: Whether rows are means over transformed copies of an image, whose variation `training_pairs` keeps.
    averages_copies: ClassVar[bool] = False

    def fit(self, X: Array, y: Any = None) -> Self:
        """Learn what must be learned from training images; here, only their shape.

        Parameters
        ----------
        X : array (n, H, W, ch) or (n, D)
        y : ignored
        """
        del y
        self.image_shape_ = self._check(X).shape[1:]
        return self

    def state(self) -> dict[str, Array]:
        """Return what `fit` learned apart from the shape of the images, as arrays by name."""
        return {}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore what `fit` of an extractor with the same parameters learned: the inverse of `state`.

        Parameters
        ----------
        image_shape : tuple of int
            Shape of one image of that `fit`.
        state : mapping of str to array
        """
        del state
        self.image_shape_ = image_shape
        return self

    def check_sizes(self, n_features: int, image_shape: tuple[int, ...]) -> None:
        """Raise UsageError if the parameters imply far more work than rows of `n_features` columns need.

        Each whole number is a count or a length, so that their product is bounded by the row and the image.
        """
        counts = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if type(value) is int and not name.startswith(("n_", "random_"))
        }
        if math.prod(max(1, count) for count in counts.values()) > 1000 * n_features * max(image_shape) ** 2:
            raise UsageError(
                f"The features have the sizes {', '.join(f'{name}={value}' for name, value in counts.items())}",
                allowed=f"sizes that make rows of {n_features:,} numbers from examples of the shape {image_shape}",
                fix="check the features",
            )

    def inner_features(self) -> list[FeatureExtractor]:
        """Return the extractors that these features are made of, fitted or not; none for most."""
        return []

    def check_available(self) -> None:
        """Raise UsageError unless what the parameters name outside of scoreline, such as files, can be used."""
        for part in self.inner_features():
            part.check_available()

    def sources(self) -> dict[str, str]:
        """Return what the rows depend on outside of scoreline: files and modules, each with its version."""
        return {name: version for part in self.inner_features() for name, version in part.sources().items()}

    def modules(self) -> set[str]:
        """Return the names of the modules outside of scoreline that are imported to fit or to restore these."""
        return set().union(*(part.modules() for part in self.inner_features()))

    def content(self) -> str:
        """Return what, with the images and `state`, decides the rows: kind and parameters, contents for paths."""
        return self._content()

    def anchored(self) -> Self:
        """Return the same features with absolute paths; themselves where there is no path."""
        return self

    def _content(self, **instead: str) -> str:
        """Return kind and parameters as text, some of them by another text than their own."""
        values = self.get_params(deep=False) | instead
        return f"{type(self).__qualname__}({', '.join(f'{name}={value}' for name, value in values.items())})"

    @abstractmethod
    def transform(self, X: Array) -> Array:
        """Return a row of features for each image, ``(n, D)``."""

    def mirror_halves(self, X: Array) -> tuple[Array, Array | None]:
        r"""Return the rows of `transform`, and their odd part under mirroring, ``(n, D)``.

        Rows :math:`(f(x) + f(\bar x)) / 2` are the even part of f; the odd part :math:`(f(x) - f(\bar x)) / 2`
        changes its sign in the mirror image. It is None where nothing is averaged.
        """
        return self.transform(X), None

    def shifted_halves(self, X: Array, pixels: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield what `mirror_halves` returns for each of `shifted_images`, in that order."""
        return (self.mirror_halves(images) for images in shifted_images(X, pixels))

    def training_pairs(self, X: Array, rng: np.random.Generator) -> Array:
        """Return two rows for each image, ``(2 n, D)`` float32, that vary as the rows of its copies do.

        Raises
        ------
        MismatchError
            These features are no average over copies.
        """
        del X, rng
        raise MismatchError(
            f"{type(self).__name__} is no average over copies of an image",
            allowed="features with averages_copies",
            fix="train on the rows themselves, or on an average of these features",
        )

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add what `transform` computes to a graph, and return the name of the rows ``(N, D)``, float32.

        Parameters
        ----------
        graph : FeatureGraph
        images : str
            Name of images ``(N, H, W, ch)`` of uint8 in the graph, of the size of those of `fit`.

        Raises
        ------
        MismatchError
            These features cannot be written as a graph.
        """
        del graph, images
        raise MismatchError(
            f"{type(self).__name__} cannot be written as a graph",
            allowed="features with graph_rows",
            fix="export what follows the features, or train on others",
        )

    def graph_halves(self, graph: FeatureGraph, images: str) -> tuple[str, str | None]:
        """Add what `mirror_halves` computes to a graph, and return the names of both parts; see `graph_rows`."""
        return self.graph_rows(graph, images), None

    def pixel_contributions(self, image: Array, weights: FloatArray) -> FloatArray | None:
        """Return the contribution of each pixel value to ``weights @ f(image)``, ``(H, W, ch)`` float64.

        None where features are no sums of terms that depend on one pixel each.

        Parameters
        ----------
        image : array (H, W, ch)
        weights : array (D,)
        """
        del image, weights
        return None

    @abstractmethod
    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of the D features, an array of str."""

    def width(self) -> int:
        """Return D, the number of columns."""
        return len(self.get_feature_names_out())

    @property
    def computes(self) -> bool:
        """Whether rows are computed, a shard at a time of many images, and are not the images themselves."""
        return True

    def numbers_at_work(self) -> int:
        """Return the numbers in float32 that are held for each image while its row is computed, with the row."""
        return self.width()

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return the memory that `fit` takes at its worst moment, beside the images and those at work.

        What is learned from is a sample of fixed size: however little memory there is, the same is learned.

        Parameters
        ----------
        image_shape : tuple of int
            Shape of an image.
        """
        return max((part.fitting_bytes(image_shape) for part in self.inner_features()), default=0)

    def relative_weights(self) -> FloatArray:
        """Return the relative weight of each of the D features once all are standardised: equal.

        A classifier multiplies standardised rows by them, so that a penalty shrinks those of small weight more.
        """
        return np.ones(self.width())

    def leaves(self, spec: str) -> list[tuple[str, FeatureExtractor]]:
        """Return the features at the bottom of these, which were built from `spec`, each with its own spec."""
        return [(spec, self)]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "image_shape_")

    def _check(self, X: Array) -> Array:
        """Return images as an array, or raise DataError."""
        X = np.asarray(X)
        if X.ndim not in (2, 4) or X.dtype.kind not in "buif":
            raise DataError(
                f"Images came as an array of shape {X.shape} and dtype {X.dtype}",
                allowed="numbers (n, H, W, channels), or (n, D) for vectors",
                fix="add the missing axis: grey images have one channel, X[..., None]",
            )
        fitted = getattr(self, "image_shape_", X.shape[1:])
        if X.shape[1:] != fitted:
            raise DataError(
                f"Images of shape {X.shape[1:]} came to features that were fitted on {fitted}",
                allowed=f"images of shape {fitted}",
                fix="resize the images first (image_size)",
            )
        return X
