"""A finished run's model on single images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoreline.data import LoadOptions, decode_image, to_pixels
from scoreline.data.image_tree import find_images
from scoreline.data.names import printable
from scoreline.errors import ImageError, ModelError, UsageError
from scoreline.features import FeatureExtractor
from scoreline.models import SavedModel
from scoreline.runs.predictions import class_scores

__all__ = ["Guess", "Prediction", "predict_images"]


@dataclass(frozen=True)
class Guess:
    """A class and what the model makes of it; the probability is None where the loss has none."""

    label: str
    score: float
    probability: float | None


@dataclass(frozen=True)
class Prediction:
    """The best guesses for one image, or the reason why there are none."""

    path: str
    guesses: tuple[Guess, ...]
    problem: str = ""


def predict_images(run: Path, images: Sequence[Path], *, top_k: int = 1) -> Iterator[Prediction]:
    """Yield the model's best guesses for each image, one at a time.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    images : sequence of paths
        Image files, or folders whose image files are all taken.
    top_k : int, default 1
        How many guesses.

    Raises
    ------
    ModelError
        There is no usable model in `run`, or it was not trained on images.
    DataError
        A path does not exist or a folder holds no image.
    UsageError
        `top_k` is not between 1 and the number of classes.
    """
    model = SavedModel.load(run)
    if len(model.example_shape) != 3 or model.example_shape[2] not in (1, 3):
        raise ModelError(
            f"The model in {run} was trained on examples of shape {model.example_shape}",
            allowed="models of images (height, width, 1 or 3 channels)",
            fix="use 'scoreline evaluate' with data in the format of the training data",
        )
    if not 1 <= top_k <= len(model.classes):
        raise UsageError(
            f"top-k is {top_k}", allowed=f"1 to {len(model.classes)}, the number of classes", fix="change --top-k"
        )
    extractor = model.extractor()
    return (_predict(model, extractor, path, top_k) for path in find_images(images))


def _predict(model: SavedModel, extractor: FeatureExtractor, path: Path, top_k: int) -> Prediction:
    height, width, channels = model.example_shape
    try:
        image = decode_image(path.read_bytes(), max_pixels=LoadOptions().max_pixels, size=(height, width))
    except ImageError as error:
        return Prediction(printable(path), (), error.given)
    except OSError as error:
        return Prediction(printable(path), (), f"cannot be read ({error.strerror})")
    pixels = to_pixels(image, channels)[None]
    scores = model.scores(extractor.transform(pixels))
    probabilities = model.probabilities(scores)
    by_class = class_scores(scores)[0]
    best = np.argsort(-by_class, kind="stable")[:top_k]
    return Prediction(
        printable(path),
        tuple(
            Guess(
                model.classes[label],
                float(by_class[label]),
                None if probabilities is None else float(probabilities[0, label]),
            )
            for label in best
        ),
    )
