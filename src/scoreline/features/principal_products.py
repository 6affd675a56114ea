"""Other features, and the products of their principal components: interaction terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray
from scoreline.errors import DataError
from scoreline.features.base import FeatureExtractor
from scoreline.features.derived import DerivedFeatures
from scoreline.features.descriptor import each_batch
from scoreline.features.graph import FeatureGraph
from scoreline.features.learned import learned_arrays
from scoreline.features.principal_components import principal_components
from scoreline.features.specs import FEATURES
from scoreline.rows import ArrayRows, FileRows, Rows, SubsetRows, UnstoredRows, blocks

__all__ = ["PrincipalProducts"]

#: Indices of the first and of the second component of each product.
_Pairs: TypeAlias = tuple[Array, Array]
#: A component whose variance is below this share of the first one's is rounding.
_NOTHING = 1e-6
#: How far a component may be from its mean, in standard deviations. Rare features (a pattern that few images have)
#: are hundreds away, where the product of two would dominate all else.
_FARTHEST = 3.0
#: Bytes of rows that components are computed from at a time.
_BLOCK_BYTES = 1 << 23
#: What `fit` learns itself, by the names of its attributes.
_LEARNED = {"mean": "d", "directions": "dp", "variances": "p", "odd_directions": "dq", "odd_variances": "q"}


class PrincipalProducts(DerivedFeatures):
    r"""The D columns x of other features, and the products of their p principal components: D + p (p + 1) / 2.

    A linear classifier is additive in its features. Products of two components are interaction terms.
    With x standardised, :math:`\lambda_i` the variances of its components along
    directions :math:`v_i`, and :math:`z_i = v_i \cdot x / \sqrt{\lambda_i}`, winsorised
    to [-3, 3], the features are

    .. math:: x_1, \dots, x_D, \; z_1 z_1, z_1 z_2, \dots, z_p z_p

    and the product of i and j has the relative weight :math:`(\lambda_i \lambda_j)^{1/4}` (`relative_weights`). In
    the kernel :math:`x \cdot x' + c \, (x \cdot x')^2`, restricted to p components, it would be the square of
    that, which is negligible for all but the first components.

    A mean over an image and its mirror image lacks the features' odd part (`FeatureExtractor.mirror_halves`).
    That changes its sign in the mirror image, so that a linear score cannot use it, but products of two odd
    components stay the same. For features that are such means, those of p of them, divided by the deviations
    of x, follow: another p (p + 1) / 2.

    Parameters
    ----------
    features : str or FeatureExtractor
        What is multiplied, such as ``"hog,lbp"``; as a spec, ``products:[hog:8,lbp]``.
    components : int
        p, or as many as there are; of either part.
    variance : float
        Total variance of all weighted products, where each column of x has 1.
    n_images : int
        Images that the components are learned from.
    random_state : int
        The seed of the choice of those images, and of the components.

    Raises
    ------
    DataError
        There are no images to learn from.
    UsageError
        A parameter is out of its range.

    References
    ----------
    Chang, Y.-W., Hsieh, C.-J., Chang, K.-W., Ringgaard, M. & Lin, C.-J. (2010). Training and testing low-degree
    polynomial data mappings via linear SVM. JMLR 11. Halko, N., Martinsson, P. G. & Tropp, J. A. (2011). Finding
    structure with randomness. SIAM Review 53, for the components. Tukey, J. W. (1962). The future of data
    analysis. Annals of Mathematical Statistics 33, for winsorising.
    """

    def __init__(
        self,
        features: Any = "hog",
        *,
        components: int = 100,
        variance: float = 12.0,
        n_images: int = 5_000,
        random_state: int = 0,
    ) -> None:
        self.features = features
        self.components = components
        self.variance = variance
        self.n_images = n_images
        self.random_state = random_state

    def fit(self, X: Array, y: Any = None) -> Self:
        r"""Fit the features on images ``(n, H, W, ch)``, and find the principal components of their rows.

        It sets ``inner_``, ``mean_`` (D,), ``directions_`` (D, p), the :math:`v_i / \sqrt{\lambda_i}` for rows
        that are not standardised yet, and ``variances_`` (p,), the :math:`\lambda_i`; of the odd part,
        ``odd_directions_`` and ``odd_variances_``, with no component where there is no such part.
        """
        from sklearn.preprocessing import StandardScaler

        for name in ("components", "n_images"):
            check_number(name, getattr(self, name), 1)
        check_number("variance", self.variance, 0, above=True)
        self.inner_ = self.unfitted_inner().fit(X, y)
        if not len(X):
            raise DataError(
                "There are no images to find principal components of",
                allowed="one image or more",
                fix="check the data: no image was left in the training split",
            )
        rng = np.random.default_rng(self.random_state)
        chosen = np.sort(rng.choice(len(X), min(self.n_images, len(X)), replace=False))
        halves = FileRows(_Halves(self.inner_, SubsetRows(ArrayRows(X), chosen)))
        scaler, weights, D = StandardScaler(), self.inner_.relative_weights(), self.inner_.width()
        for _, block in blocks(halves, _BLOCK_BYTES):
            scaler.partial_fit(block[:, :D])
        self.mean_ = scaler.mean_.astype(np.float32)
        scale = weights / scaler.scale_
        self.directions_, self.variances_ = self._components(halves, slice(0, D), self.mean_, scale)
        floor = self.variances_.max(initial=0)
        odd, nothing = slice(D, halves.shape[1]), np.zeros(1, np.float32)
        self.odd_directions_, self.odd_variances_ = self._components(halves, odd, nothing, scale, floor)
        return super().fit(X)

    def transform(self, X: Array) -> Array:
        """Return the rows and the products of both parts, ``(n, D + p (p + 1) / 2)`` or longer, float32."""
        check_is_fitted(self)
        return self._of(*self.inner_.mirror_halves(self._check(X)))

    def shifted_halves(self, X: Array, pixels: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield the rows for each shift, and no odd part; see `FeatureExtractor.shifted_halves`."""
        check_is_fitted(self)
        return ((self._of(*halves), None) for halves in self.inner_.shifted_halves(self._check(X), pixels))

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Add the rows and the products of both parts; see `FeatureExtractor.graph_rows`."""
        rows, odd = self.inner_.graph_halves(graph, images)
        pairs, odd_pairs = self._pairs()
        found = [rows, _graph_products(graph, graph.add("Sub", rows, self.mean_), self.directions_, pairs)]
        if odd is not None and len(odd_pairs[0]):
            found.append(_graph_products(graph, odd, self.odd_directions_, odd_pairs))
        return graph.add("Concat", *found, axis=1)

    def _of(self, rows: Array, odd: Array | None) -> Array:
        """Return rows and odd parts of inner features with their products."""
        D, (pairs, odd_pairs) = rows.shape[1], self._pairs()
        begin = D + len(pairs[0])
        out = np.empty((len(rows), begin + len(odd_pairs[0])), np.float32)

        def take(batch: slice) -> None:
            out[batch, :D] = rows[batch]
            _multiply((rows[batch] - self.mean_) @ self.directions_, pairs, out[batch, D:begin])
            if odd is not None:
                _multiply(odd[batch] @ self.odd_directions_, odd_pairs, out[batch, begin:])

        each_batch(len(rows), take)
        return out

    def numbers_at_work(self) -> int:
        """Return those of the inner features, both parts, and the row; see `FeatureExtractor.numbers_at_work`."""
        return self.inner_.numbers_at_work() + 2 * self.inner_.width() + self.width()

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return what the inner features take, or blocks of their rows; see `FeatureExtractor.fitting_bytes`."""
        return max(super().fitting_bytes(image_shape), 8 * _BLOCK_BYTES)

    def relative_weights(self) -> FloatArray:
        """Return those of x, and of each product; see `FeatureExtractor.relative_weights`."""
        check_is_fitted(self)
        inner = self.inner_.relative_weights()
        (i, j), (k, m) = self._pairs()
        even, odd = self.variances_, self.odd_variances_
        squares = np.sqrt(np.concatenate([even[i] * even[j], odd[k] * odd[m]]))
        return np.concatenate([inner, np.sqrt(self.variance * squares / squares.sum())])

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of x, and ``product_{i}_{j}``; ``odd_product_{i}_{j}`` of the odd part."""
        check_is_fitted(self)
        products = [
            f"{name}_{i}_{j}"
            for name, pairs in zip(("product", "odd_product"), self._pairs(), strict=True)
            for i, j in zip(*pairs, strict=True)
        ]
        inner = self.inner_.get_feature_names_out(input_features)
        return np.concatenate([inner, np.array(products, dtype=object)])

    def state(self) -> dict[str, Array]:
        """Return what the features have learned, and the components."""
        inner = {f"inner.{name}": array for name, array in self.inner_.state().items()}
        return {**inner, **{name: getattr(self, f"{name}_") for name in _LEARNED}}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Restore the components, and the state of the features."""
        inner = {name.removeprefix("inner."): part for name, part in state.items() if name.startswith("inner.")}
        self.inner_ = self.unfitted_inner().restore(image_shape, inner)
        for name, array in zip(_LEARNED, learned_arrays(state, {}, **_LEARNED), strict=True):
            setattr(self, f"{name}_", array)
        return super().restore(image_shape, state)

    def _pairs(self) -> tuple[_Pairs, _Pairs]:
        """Return the indices of the components of each product, of both parts."""
        return np.triu_indices(len(self.variances_)), np.triu_indices(len(self.odd_variances_))

    def _components(
        self, halves: Rows, columns: slice, mean: Array, scale: Array, largest: float = 0.0
    ) -> tuple[Array, Array]:
        """Return directions ``(D, p)`` for columns that are not yet scaled, and variances of components.

        Those negligible relative to the largest variance, of these or as given, are left out.
        """
        n, D = halves.shape[0], columns.stop - columns.start
        if not D:  # there is no odd part
            return np.zeros((len(scale), 0), np.float32), np.zeros(0)
        factors = scale.astype(np.float32)

        def standardized() -> Iterator[Array]:
            return ((block[:, columns] - mean) * factors for _, block in blocks(halves, _BLOCK_BYTES))

        lengths, directions = principal_components(standardized, (n, D), self.components, self.random_state)
        variances = np.square(lengths, dtype=np.float64) / n
        kept = variances > _NOTHING * variances.max(initial=largest)
        directions = scale[:, None] * directions[kept].T / np.sqrt(variances[kept])
        return directions.astype(np.float32), variances[kept]


FEATURES.register("products", PrincipalProducts)


class _Halves(UnstoredRows):
    """Rows of features of images, and behind each its odd part if there is one, computed when they are read."""

    def __init__(self, extractor: FeatureExtractor, images: Rows) -> None:
        self._extractor, self._images = extractor, images
        has_odd = extractor.mirror_halves(images.read(0, 1))[1] is not None
        self._width = extractor.width() * (1 + has_odd)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of images, and of numbers of both parts."""
        return (len(self), self._width)

    def __len__(self) -> int:
        return len(self._images)

    def read(self, start: int, stop: int) -> Array:
        """Return both parts of images in order; see `Rows.read`."""
        return self._of(self._images.read(start, stop))

    def take(self, index: Array) -> Array:
        """Return both parts of images by place; see `Rows.take`."""
        return self._of(self._images.take(index))

    def _of(self, images: Array) -> Array:
        found = [half for half in self._extractor.mirror_halves(images) if half is not None]
        return np.concatenate(found, axis=1, dtype=np.float32)


def _graph_products(graph: FeatureGraph, rows: str, directions: Array, pairs: _Pairs) -> str:
    """Add what `_multiply` writes of components along directions."""
    z = graph.add("MatMul", rows, directions)
    bounded = graph.add("Clip", z, np.array(-_FARTHEST, np.float32), np.array(_FARTHEST, np.float32))
    return graph.add("Mul", *(graph.add("Gather", bounded, places, axis=1) for places in pairs))


def _multiply(z: Array, pairs: _Pairs, products: Array) -> None:
    """Write the products of pairs of components ``(n, p)``, which are winsorised."""
    np.clip(z, -_FARTHEST, _FARTHEST, out=z)
    i, j = pairs
    np.multiply(z[:, i], z[:, j], out=products)
