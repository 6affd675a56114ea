"""Extractors of the user's own: made by a factory in a module outside of scoreline, and checked."""

from __future__ import annotations

import hashlib
import importlib.metadata
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from scoreline._text import shown
from scoreline._typing import Array, FloatArray
from scoreline.errors import ScorelineError, UsageError
from scoreline.features.base import FeatureExtractor
from scoreline.features.trust import check_trusted
from scoreline.registry import read_parameters

__all__ = ["UserExtractor"]

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_PLACE = re.compile(rf"\s*({_NAME}):({_NAME})\s*(?:,(.*))?", re.DOTALL)
#: Kinds of arrays that a model's file can hold: floats and whole numbers.
_KEPT = (np.float32, np.float64, np.int32, np.int64, np.uint8)


class UserExtractor(FeatureExtractor):
    """Features of a class, or a function that returns an extractor, in any module: ``package.module:factory``.

    The module is imported when the features are fitted or restored, and only if it is trusted; see
    `scoreline.features.trusting`. What the factory makes has to be a `FeatureExtractor`, whose rows, and whose
    state, are checked: what was learned must come back from the arrays of `state`.

    Parameters
    ----------
    module : str
        Name of the module.
    factory : str
        Name of the class or function in it.
    options : str
        Its parameters: ``key=value,...``, read as the types of their defaults.

    Raises
    ------
    UntrustedError
        The module may not be imported.
    UsageError
        It cannot be, or the extractor does not keep to the interface.
    """

    def __init__(self, module: str, factory: str, options: str = "") -> None:
        self.module = module
        self.factory = factory
        self.options = options

    @classmethod
    def named(cls, spec: str) -> Self | None:
        """Return the extractor of a spec ``module:factory,key=value``; None where it is no such spec."""
        found = _PLACE.fullmatch(spec)
        return cls(found[1], found[2], found[3] or "") if found else None

    def fit(self, X: Array, y: Any = None) -> Self:
        """Make the extractor and fit it on images ``(n, H, W, ch)``; it sets ``inner_``."""
        made = self._made()
        with self._foreign():
            self.inner_ = made.fit(X, y)
        super().fit(X)
        self._check_state(X[:1])
        return self

    def transform(self, X: Array) -> Array:
        """Return the rows of the extractor, ``(n, D)`` float32."""
        check_is_fitted(self)
        X = self._check(X)
        with self._foreign():
            rows, width = np.asarray(self.inner_.transform(X)), self.width()
        if rows.shape != (len(X), width) or rows.dtype.kind not in "buif" or not np.isfinite(rows).all():
            found = f"an array of shape {rows.shape} and dtype {rows.dtype}"
            raise self._wrong(
                f"gives {found}{'' if rows.shape != (len(X), width) else ', with numbers that are not finite'}",
                f"finite numbers of shape {(len(X), width)}, one row an image and one column a name",
            )
        return rows.astype(np.float32, copy=False)

    def pixel_contributions(self, image: Array, weights: FloatArray) -> FloatArray | None:
        """Return those of the extractor; see `FeatureExtractor.pixel_contributions`."""
        return self.inner_.pixel_contributions(image, weights)

    def relative_weights(self) -> FloatArray:
        """Return those of the extractor; see `FeatureExtractor.relative_weights`."""
        return self.inner_.relative_weights()

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return the names of the extractor's features."""
        check_is_fitted(self)
        return self.inner_.get_feature_names_out(input_features)

    def width(self) -> int:
        """Return the dimension of the extractor's rows."""
        check_is_fitted(self)
        return self.inner_.width()

    def numbers_at_work(self) -> int:
        """Return those that the extractor tells; see `FeatureExtractor.numbers_at_work`."""
        return self.inner_.numbers_at_work()

    def state(self) -> dict[str, Array]:
        """Return what the extractor has learned, as arrays by name."""
        check_is_fitted(self)
        with self._foreign():
            state = {str(name): np.asarray(array) for name, array in self.inner_.state().items()}
        for name, array in state.items():
            if array.dtype not in _KEPT or not np.isfinite(array).all():
                raise self._wrong(
                    f"has learned {shown(name)}, an array of dtype {array.dtype}",
                    f"finite numbers of {', '.join(kind.__name__ for kind in _KEPT)}",
                )
        return state

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Make the extractor and restore its state."""
        made = self._made()
        with self._foreign():
            self.inner_ = made.restore(image_shape, state)
        return super().restore(image_shape, state)

    def check_available(self) -> None:
        """Import the module and make the extractor."""
        self._made()

    def modules(self) -> set[str]:
        """Return the name of the module."""
        return {self.module}

    def sources(self) -> dict[str, str]:
        """Return the version of the module's package, and the digest of the module's source."""
        if not hasattr(self, "inner_"):
            self._made()
        top, source = self.module.partition(".")[0], getattr(sys.modules.get(self.module), "__file__", None)
        packages = importlib.metadata.packages_distributions().get(top, [])
        version = " ".join(f"{name} {importlib.metadata.version(name)}" for name in sorted(set(packages)))
        digest = hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else "none"
        return {self.module: f"{version or 'no package'}, sha256:{digest}"}

    def content(self) -> str:
        """Return the parameters with the version of the module; see `FeatureExtractor.content`."""
        return self._content(module=f"{self.module} {self.sources()[self.module]}")

    def _made(self) -> FeatureExtractor:
        """Return an extractor that the factory has made."""
        check_trusted(self.module)
        with self._foreign():
            factory = pkgutil.resolve_name(f"{self.module}:{self.factory}")
        if not callable(factory):
            raise self._wrong("is no class and no function", "what makes an extractor when it is called")
        values = read_parameters(f"factory {self.module}:{self.factory}", factory, self.options)
        with self._foreign():
            made = factory(**values)
        if not isinstance(made, FeatureExtractor):
            raise self._wrong(
                f"makes an object of the class {type(made).__name__}",
                "an instance of a class derived from scoreline.features.FeatureExtractor",
            )
        return made

    def _check_state(self, images: Array) -> None:
        """Raise UsageError unless another extractor gives the same rows once it has this one's state."""
        state = {name: array.copy() for name, array in self.state().items()}
        again = type(self)(self.module, self.factory, self.options).restore(self.image_shape_, state)
        if not np.array_equal(again.transform(images), self.transform(images)):
            raise self._wrong(
                "gives other rows once its state has been saved and restored",
                "state() with all that fit() learns, and restore() that sets it",
            )

    @contextmanager
    def _foreign(self) -> Iterator[None]:
        """Turn whatever the user's code raises into a UsageError that tells where."""
        try:
            yield
        except ScorelineError:
            raise
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
            raise self._wrong(
                f"fails: {type(error).__name__}: {error}{place}", "a module that can be imported, and that works"
            ) from error

    def _wrong(self, what: str, allowed: str) -> UsageError:
        return UsageError(
            f"The extractor {self.module}:{self.factory} {what}",
            allowed=allowed,
            fix="mend it; docs/encoders.md has an example, and PYTHONPATH names folders of modules",
        )
