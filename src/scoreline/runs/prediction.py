"""A finished run's model on single images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import LoadOptions, decode_image, to_pixels
from scoreline.data.image_files import read_image_file
from scoreline.data.image_tree import find_images
from scoreline.data.images import open_image
from scoreline.data.names import printable
from scoreline.data.pixel_range import PixelRange, own_range
from scoreline.errors import ImageError, MissingPackageError, ModelError, UsageError
from scoreline.features import FeatureExtractor
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.runs.data_record import TrainedOn, TrainingImages
from scoreline.runs.predictions import class_scores
from scoreline.runs.unlike_training import unlike_training

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
    #: In what the image is unlike those that the model was trained on, so that guesses mean little; else empty.
    remark: str = ""
    #: Why the guesses have no probabilities; empty where they have.
    no_probability: str = ""


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
    model, trained_on = SavedModel.load(run), TrainedOn.read(run)
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
    trained = None if trained_on is None else trained_on.record.images
    predictor = _Predictor(model, model.extractor(), trained, top_k)
    return (predictor.predict(path) for path in find_images(images))


@dataclass(frozen=True, eq=False)
class _Predictor:
    model: SavedModel
    extractor: FeatureExtractor
    #: What kind of images the model was trained on; None where the run does not say.
    trained: TrainingImages | None
    top_k: int

    def predict(self, path: Path) -> Prediction:
        """Return the best guesses for a file, or why there are none."""
        height, width, channels = self.model.example_shape
        limit = LoadOptions().max_pixels
        try:
            content = read_image_file(path)
            header = open_image(content, limit)
            sides = header.height, header.width
            image = decode_image(content, max_pixels=limit, size=(height, width), range_of=self._range)
        except (ImageError, MissingPackageError) as error:
            return Prediction(printable(path), (), error.given)
        scores = self.model.scores(self.extractor.transform(to_pixels(image, channels)[None]))
        remark = "" if self.trained is None else unlike_training(sides, np.asarray(image), self.trained)
        return Prediction(printable(path), self._guesses(scores), remark=remark, no_probability=self._reason())

    def _range(self, values: Array) -> PixelRange:
        """Return the range of pixels of more than 8 bits: that of the training images.

        Where nothing is known of these it is the image's own; where they had 8 bits, any range would be a guess.
        """
        if self.trained is None:
            return own_range(values)
        if self.trained.pixel_range is None:
            raise ImageError(
                "its pixels have more than 8 bits, and the model was trained on pixels of 8 bits",
                allowed="images of 8 bits",
                fix="save the image with 8 bits, in the way in which the training images were made",
            )
        return PixelRange(*self.trained.pixel_range)

    def _guesses(self, scores: FloatArray) -> tuple[Guess, ...]:
        probabilities = self.model.probabilities(scores)
        by_class = class_scores(scores)[0]
        return tuple(
            Guess(
                self.model.classes[label],
                float(by_class[label]),
                None if probabilities is None else float(probabilities[0, label]),
            )
            for label in np.argsort(-by_class, kind="stable")[: self.top_k]
        )

    def _reason(self) -> str:
        loss = LOSSES.build(self.model.loss)
        if loss.probabilistic:
            return ""
        return (
            f"the loss {self.model.loss} gives scores and no probabilities: compare the scores, or train with "
            "--loss softmax"
        )
