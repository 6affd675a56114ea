"""The trained model on disk: numbers in safetensors, all else in JSON, and nothing that runs code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from scoreline._files import write_bytes, write_text
from scoreline._typing import Array, FloatArray
from scoreline.errors import ModelError

__all__ = ["SavedModel"]

WEIGHTS, DESCRIPTION = "model.safetensors", "model.json"
FORMAT = "scoreline-linear/1"
#: What the names of the features' arrays begin with.
OF_FEATURES = "features."


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
        Specs of the loss (it says whether scores make probabilities) and of the features.
    example_shape : tuple of int
        Shape of one example: ``(H, W, channels)`` of an image or ``(D,)``.
    penalty_value : float
        ``lam * R(W)`` at the end of training, in the coordinates of training (standardised, perhaps), so that
        objectives on other data can be told.
    feature_state : mapping of str to array
        What the features learned from the training images; see `FeatureExtractor.state`.
    """

    coef: FloatArray
    intercept: FloatArray
    classes: tuple[str, ...]
    loss: str
    features: str
    example_shape: tuple[int, ...]
    penalty_value: float = 0.0
    feature_state: Mapping[str, Array] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the two files into `folder`, the description last: without it there is no model.

        Both are flushed to the disk, and neither is ever seen half written.

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
        write_bytes(folder / WEIGHTS, weights)
        description = {
            "format": FORMAT,
            "classes": list(self.classes),
            "loss": self.loss,
            "features": self.features,
            "example_shape": list(self.example_shape),
            "penalty_value": self.penalty_value,
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
        }
        write_text(folder / DESCRIPTION, json.dumps(description, indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> SavedModel:
        """Read a model from a run folder.

        Raises
        ------
        ModelError
            A file is missing or damaged, or the two files do not belong together.
        """
        description = _read_description(folder)
        if _digest(folder / WEIGHTS) != description["weights_sha256"]:
            raise _broken(folder, f"{WEIGHTS} is not the file that {DESCRIPTION} was written for")
        tensors, names = _read_weights(folder)
        coef, intercept = tensors.pop("coef"), tensors.pop("intercept")
        classes = tuple(description["classes"])
        if names != classes:
            raise _broken(folder, f"the class names in {WEIGHTS} and {DESCRIPTION} differ")
        rows = 1 if len(classes) == 2 else len(classes)
        if coef.ndim != 2 or intercept.shape != (rows,) or len(coef) != rows:
            raise _broken(folder, f"weights {coef.shape} and {len(classes)} class names do not fit together")
        return cls(
            coef,
            intercept,
            classes,
            str(description["loss"]),
            str(description["features"]),
            tuple(int(n) for n in description["example_shape"]),
            float(description["penalty_value"]),
            {name.removeprefix(OF_FEATURES): part for name, part in tensors.items()},
        )

    def scores(self, rows: Array) -> FloatArray:
        """Return the scores ``(n, R)`` of feature rows ``(n, D)``."""
        from scoreline.engine.objective import linear_scores
        from scoreline.engine.params import Params

        if rows.ndim != 2 or rows.shape[1] != self.coef.shape[1]:
            raise ModelError(
                f"Rows of shape {rows.shape} came to a model of {self.coef.shape[1]} features",
                allowed=f"rows (n, {self.coef.shape[1]})",
                fix="use the features that the model was trained on",
            )
        return linear_scores(Params(self.coef[None], self.intercept[None]), rows)[:, 0]

    def probabilities(self, scores: FloatArray) -> FloatArray | None:
        """Return class probabilities ``(n, C)``, or None where the loss has none."""
        from scoreline.losses import LOSSES

        loss = LOSSES.build(self.loss)
        return loss.probabilities(scores) if loss.probabilistic else None


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _broken(path.parent, f"{path.name} cannot be read ({error.strerror})") from error


def _read_description(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _broken(folder, f"{DESCRIPTION} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _broken(folder, f"{DESCRIPTION} is no JSON ({error})") from error
    wanted = {"format", "classes", "loss", "features", "example_shape", "penalty_value", "weights_sha256"}
    if not isinstance(description, dict) or not wanted <= description.keys():
        raise _broken(folder, f"{DESCRIPTION} lacks some of {', '.join(sorted(wanted))}")
    if description["format"] != FORMAT:
        raise _broken(folder, f"its format is {description['format']!r}, and this version reads {FORMAT!r}")
    names = description["classes"]
    if not (isinstance(names, list) and len(names) >= 2 and all(isinstance(name, str) for name in names)):
        raise _broken(folder, f"the classes in {DESCRIPTION} are not a list of two names or more")
    return description


def _read_weights(folder: Path) -> tuple[dict[str, Array], tuple[str, ...]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / WEIGHTS, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors: dict[str, Array] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _broken(folder, f"{WEIGHTS} cannot be read ({error})") from error
    if not {"coef", "intercept"} <= tensors.keys():
        raise _broken(folder, f"{WEIGHTS} lacks coef or intercept")
    if not all(np.isfinite(part).all() for part in tensors.values()):
        raise _broken(folder, "a weight is not a finite number")
    return tensors, tuple(json.loads(metadata.get("classes", "[]")))


def _broken(folder: Path, problem: str) -> ModelError:
    return ModelError(
        f"The model in {folder} cannot be used: {problem}",
        allowed="a folder that 'scoreline train' has written",
        fix="give the path of a finished run, or train again",
    )
