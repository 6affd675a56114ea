"""The trained model on disk: numbers in safetensors, all else in JSON, and nothing that runs code."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scoreline._files import replacing
from scoreline._text import shortened, shown
from scoreline._typing import Array, FloatArray
from scoreline.errors import MissingPackageError, ModelError, ScorelineError, UntrustedError, UsageError
from scoreline.losses import LOSSES, Loss, Softmax
from scoreline.models.description import FORMAT, Description, broken
from scoreline.models.input_spec import InputSpec
from scoreline.models.provenance import Provenance
from scoreline.models.weights import OF_FEATURES, read_weights

if TYPE_CHECKING:
    from scoreline.engine.problem.params import Params
    from scoreline.features import FeatureExtractor

__all__ = ["SavedModel"]

WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
#: Numbers of an example that any model may have; the more weights there are, the larger examples may be.
MOST_NUMBERS_FOR_ONE = 1 << 24
#: What makes probabilities of scores that are divided by a temperature.
SOFTMAX = Softmax()


@dataclass(frozen=True, eq=False)
class SavedModel:
    """A linear classifier with all that is needed to use it again.

    Parameters
    ----------
    coef : array (R, D) of float32 or float64
        Weights for raw feature rows; R = 1 for two classes, else one row a class.
    intercept : array (R,)
        Biases.
    classes : tuple of str
        Class names in the order of the rows; they are written into the weights' file too, and the two must agree.
    loss, features : str
        Specs of the loss (it says whether scores make probabilities by themselves) and of the features.
    example_shape : tuple of int
        Shape of one example: ``(H, W, channels)`` of an image or ``(D,)``.
    penalty_value : float
        ``lam * R(W)`` at the end of training, in the coordinates of training (standardised, perhaps), so that
        objectives on other data can be computed.
    feature_state : mapping of str to array
        What the features learned from the training images; see `FeatureExtractor.state`.
    input : InputSpec, optional
        What images are turned into; None for vectors, and where it is not known.
    sources : mapping of str to str
        Files and modules that the features depend on, each with its version; see `FeatureExtractor.sources`.
    trust : set of str
        Modules that the features may import; no part of what is saved.
    provenance : Provenance, optional
        Objective, duality gap, temperature, data, licence and the like; None where nobody knows.
    """

    coef: FloatArray
    intercept: FloatArray
    classes: tuple[str, ...]
    loss: str
    features: str
    example_shape: tuple[int, ...]
    penalty_value: float = 0.0
    feature_state: Mapping[str, Array] = field(default_factory=dict)
    input: InputSpec | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    trust: frozenset[str] = frozenset()
    provenance: Provenance | None = None

    def save(self, folder: Path) -> None:
        """Write the two files into `folder`, the description last: without it there is no model.

        Both are flushed to the disk, and neither is ever seen half written. A model that was there stays until
        both are on the disk; then its description goes before its weights do.

        Raises
        ------
        OSError
            The folder is not there or cannot be written.
        """
        from safetensors.numpy import save

        names = json.dumps(list(self.classes))
        tensors = {
            "coef": np.ascontiguousarray(self.coef),
            "intercept": np.ascontiguousarray(self.intercept),
            **{OF_FEATURES + name: np.ascontiguousarray(part) for name, part in self.feature_state.items()},
        }
        # One entry only: safetensors writes several in an order that differs from process to process.
        weights = save(tensors, metadata={"classes": names})
        description: dict[str, object] = {
            "format": FORMAT,
            "classes": list(self.classes),
            "loss": self.loss,
            "features": self.features,
            "example_shape": list(self.example_shape),
            "penalty_value": self.penalty_value,
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
        }
        if self.input is not None:
            description["input"] = self.input.model_dump(mode="json")
        if self.sources:
            description["sources"] = dict(self.sources)
        if self.provenance is not None:
            description["provenance"] = self.provenance.model_dump(mode="json")
        text = (json.dumps(description, indent=2) + "\n").encode()
        with replacing(folder / DESCRIPTION) as described, replacing(folder / WEIGHTS) as part:
            described.write_bytes(text)
            part.write_bytes(weights)
            if _is_of_others(folder / DESCRIPTION, text):
                (folder / DESCRIPTION).unlink()

    @classmethod
    def load(cls, folder: Path, trust: Iterable[str] = ()) -> SavedModel:
        """Read a model from a run folder.

        Parameters
        ----------
        folder : path
        trust : iterable of str
            Modules of the user's own features that may be imported; by default none is.

        Raises
        ------
        ModelError
            A file is missing or damaged, or the two files do not belong together.
        UntrustedError
            The features would import another module.
        """
        description = Description.read(folder / DESCRIPTION)
        arrays = read_weights(folder / WEIGHTS, description.classes, description.weights_sha256)
        coef, intercept = arrays.pop("coef"), arrays.pop("intercept")
        try:
            LOSSES.build(description.loss)
        except UsageError as error:
            raise broken(folder, f"the loss in {DESCRIPTION} cannot be built ({error.given})") from error
        model = cls(
            coef,
            intercept,
            tuple(description.classes),
            description.loss,
            description.features,
            tuple(description.example_shape),
            description.penalty_value,
            {name.removeprefix(OF_FEATURES): array for name, array in arrays.items()},
            description.input,
            description.sources,
            frozenset(trust),
            description.provenance,
        )
        if math.prod(model.example_shape) > max(MOST_NUMBERS_FOR_ONE, 64 * coef.shape[1]):
            raise broken(
                folder, f"examples of the shape {model.example_shape} do not go with {coef.shape[1]} weights"
            )
        model.check_trust()
        return model

    def check_trust(self) -> None:
        """Raise UntrustedError unless `trust` names all modules that the features import."""
        from scoreline.features import build_features, trusting
        from scoreline.features.trust import check_trusted

        try:
            modules = build_features(self.features).modules()
        except ScorelineError:
            return  # `extractor` tells what is wrong with them
        with trusting(*self.trust):
            check_trusted(*sorted(modules))

    def extractor(self) -> FeatureExtractor:
        """Return the features of the model, as they were fitted.

        Raises
        ------
        ModelError
            They cannot be built, or what they learned does not belong to them or to the weights.
        MissingPackageError
            They need a package that is not installed.
        UntrustedError
            They would import a module that `trust` does not name.
        """
        from scoreline.features import build_features, trusting

        try:
            with trusting(*self.trust):
                extractor = build_features(self.features)
                extractor.check_sizes(self.coef.shape[1], self.example_shape)
                extractor.restore(self.example_shape, self.feature_state)
                row = extractor.transform(np.zeros((1, *self.example_shape), np.uint8))
                sources = extractor.sources()
        except (MissingPackageError, UntrustedError):
            raise
        except MemoryError as error:
            raise _wrong_features(self.features, "they need more memory than there is") from error
        except Exception as error:  # arrays of any content went into code of many kinds
            said = error.given if isinstance(error, ScorelineError) else f"{type(error).__name__}: {error}"
            raise _wrong_features(self.features, said) from error
        if row.shape != (1, self.coef.shape[1]):
            raise _wrong_features(
                self.features, f"they give {row.shape[1]} numbers, and {self.coef.shape[1]} have a weight"
            )
        for name, version in sources.items():
            if self.sources.get(name, version) != version:
                warnings.warn(
                    f"The model was trained with {name} of the version {shown(self.sources[name])}, and this is "
                    f"{version}: its predictions may differ",
                    stacklevel=2,
                )
        return extractor

    def scores(self, rows: Array) -> FloatArray:
        """Return the scores ``(n, R)`` of feature rows ``(n, D)``."""
        from scoreline.engine.problem.objective import linear_scores

        if rows.ndim != 2 or rows.shape[1] != self.coef.shape[1]:
            raise ModelError(
                f"Rows of shape {rows.shape} came to a model of {self.coef.shape[1]} features",
                allowed=f"rows (n, {self.coef.shape[1]})",
                fix="use the features that the model was trained on",
            )
        return linear_scores(self.params, rows)[:, 0].astype(self.coef.dtype, copy=False)

    @cached_property
    def params(self) -> Params:
        """Weights and biases as scores are computed with, those of images in float64.

        Scores of features of images are small differences of large sums: of all rounding in float32, most would be
        that of these.
        """
        from scoreline.engine.problem.params import Params

        dtype = np.dtype(np.float64) if len(self.example_shape) == 3 else self.coef.dtype
        return Params(*(part[None].astype(dtype, copy=False) for part in (self.coef, self.intercept)))

    def to_sklearn(self) -> Any:
        """Return a fitted estimator of scikit-learn that has the same scores for feature rows ``(n, D)``.

        Its labels are the names of the classes. It is a ``LogisticRegression`` where the loss has probabilities, a
        ``RidgeClassifier`` for squared error and a ``LinearSVC`` otherwise.
        """
        from scoreline.estimators.sklearn_models import sklearn_estimator

        return sklearn_estimator(self.coef, self.intercept, self.classes, self._loss)

    @cached_property
    def _loss(self) -> Loss:
        # To read its spec takes as long as to classify a small image, and several answers ask for it.
        return LOSSES.build(self.loss)

    @property
    def temperature(self) -> float | None:
        """What scores are divided by to become probabilities, where the loss has none of its own.

        None where it has, and where no held-out examples have found a temperature.
        """
        if self.provenance is None or self._loss.probabilistic:
            return None
        return self.provenance.temperature

    @property
    def has_probabilities(self) -> bool:
        """Whether `probabilities` returns any."""
        return self.temperature is not None or self._loss.probabilistic

    def probabilities(self, scores: FloatArray) -> FloatArray | None:
        """Return class probabilities ``(n, C)``: the loss's own, else those of temperature scaling.

        These are the softmax of ``scores / temperature``. None where there is neither.
        """
        loss, temperature = self._loss, self.temperature
        if loss.probabilistic:
            return loss.probabilities(scores)
        return None if temperature is None else SOFTMAX.probabilities(scores / temperature)


def _is_of_others(path: Path, text: bytes) -> bool:
    """Tell whether a model is described there whose weights may be others."""
    return path.is_file() and path.read_bytes() != text


def _wrong_features(features: str, problem: str) -> ModelError:
    return ModelError(
        f"The features of the model, {shown(features)}, cannot be used: {shortened(problem)}",
        allowed="features, and what they learned, as 'scoreline train' has written them",
        fix="give the path of a finished run, or train again",
    )
