"""From an image, in whatever form it comes, to an answer."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from functools import singledispatch
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.decoding_room import DecodingRoom
from scoreline.data.image_files import read_image_file
from scoreline.data.images import Picture, decode_pixels, fit_array, pillow_warnings_ignored
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions
from scoreline.engine.problem.objective import block_rows
from scoreline.errors import ImageError, MissingPackageError, ModelError, UnknownNameError, UsageError
from scoreline.losses import LOSSES
from scoreline.models.answers import Guess, Prediction, class_scores, ranked
from scoreline.models.examples import ExampleScorer
from scoreline.models.explanation import Explanation
from scoreline.models.input_spec import InputSpec
from scoreline.models.saved import SavedModel

__all__ = ["ImageClassifier", "ImageLike"]

#: A path, the bytes of a file, or pixels ``(H, W)`` or ``(H, W, channels)``.
ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | Array"
#: Images that are decoded before they are scored together, at the most.
MOST_TOGETHER = 256


class ImageClassifier:
    """A trained model with all that lies between an image and its answer: decoding, fitting, features, scores.

    An image is a path, the bytes of a file, or an array of pixels. Files are decoded as training images are (see
    `scoreline.data.decode_image`), and all are turned into what `input` says.

    Parameters
    ----------
    model : SavedModel
        A model that was trained on images.
    input : InputSpec, optional
        What images are turned into where the model does not say it, as models did not once. By default the
        model's size and channels, and deep pixels by each image's own range.
    max_pixels : int, optional
        Larger images are not decoded; by default as in `scoreline.data.LoadOptions`.

    Raises
    ------
    ModelError
        The model was not trained on images, or its features cannot be used.

    Notes
    -----
    The same image gives the same answer, to the bit, as path, bytes or array, but for one thing: JPEG files of
    four times the model's size or more are decoded at a lower resolution, as in training, and the array of all
    their pixels is not what the model sees of them (`pixels` returns that, and its answer is that of the file).

    Nor do scores depend on the other images of a call, to the bit, where features are computed image by image:
    pixels, HOG, LBP, SIFT, self-similarity, histograms, unions and mirror averages of these. The others (GIST,
    textons, words, dictionaries, products, whitened pixels) multiply rows of several images by a matrix at once,
    and the last digits may depend on how many these are.

    Calls hold `MOST_TOGETHER` images at the most, fewer where images or rows are large, however many are asked
    about, and may run in several threads.
    """

    def __init__(
        self, model: SavedModel, *, input: InputSpec | None = None, max_pixels: int | None = None
    ) -> None:
        if len(model.example_shape) != 3 or model.example_shape[2] not in (1, 3):
            raise ModelError(
                f"The model was trained on examples of shape {model.example_shape}",
                allowed="models of images (height, width, 1 or 3 channels)",
                fix="use 'scoreline evaluate' with data in the format of the training data",
            )
        self.model = model
        self.input = model.input or input or InputSpec.for_shape(model.example_shape)
        self.max_pixels = LoadOptions().max_pixels if max_pixels is None else max_pixels
        self._examples = ExampleScorer(model)
        self._room = DecodingRoom()
        self._loss = LOSSES.build(model.loss)

    @classmethod
    def load(cls, folder: str | Path, *, input: InputSpec | None = None) -> Self:
        """Read a model from a run's folder.

        Parameters
        ----------
        folder : path
            The folder of a finished run, or one that holds the two files of its model.
        input : InputSpec, optional
            What images are turned into where the model does not say it; see `ImageClassifier`.

        Raises
        ------
        ModelError
            There is no usable model in the folder, or it was not trained on images.
        """
        return cls(SavedModel.load(Path(folder)), input=input)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.model.classes

    def __repr__(self) -> str:
        height, width, channels = self.input.shape
        kind = f"{len(self.classes):,} classes, {height} x {width} x {channels}"
        return f"ImageClassifier({kind}, {self.model.features!r}, {self.model.loss!r})"

    def predict(self, images: ImageLike | Iterable[ImageLike], top_k: int = 1) -> list[Prediction]:
        """Return the best guesses for each image.

        Parameters
        ----------
        images : path, bytes, array or iterable of these
            One image or several; an array ``(n, H, W, channels)`` is n images.
        top_k : int, default 1
            How many guesses an image.

        Returns
        -------
        list of Prediction
            One an image, in their order. An image that cannot be used has no guesses but a `problem`, and an image
            that is unlike the training images a `remark`.

        Raises
        ------
        UsageError
            `top_k` is not between 1 and the number of classes, or `images` are none.
        """
        return list(self.stream(images, top_k))

    def stream(self, images: ImageLike | Iterable[ImageLike], top_k: int = 1) -> Iterator[Prediction]:
        """Yield what `predict` returns, for any number of images."""
        if not 1 <= top_k <= len(self.classes):
            raise UsageError(
                f"top-k is {top_k}",
                allowed=f"1 to {len(self.classes)}, the number of classes",
                fix="change top_k (--top-k)",
            )
        return self._predictions(_each(images), top_k)

    def scores(self, images: ImageLike | Iterable[ImageLike]) -> FloatArray:
        """Return the score of each class for each image, ``(n, C)``; NaN for images that cannot be used.

        The scores of two classes are each other's opposites.
        """
        parts = [batch.spread(class_scores(self._scores(batch))) for batch in self._batches(_each(images))]
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)), self.model.coef.dtype)

    def predict_proba(self, images: ImageLike | Iterable[ImageLike]) -> FloatArray:
        """Return the probability of each class for each image, ``(n, C)``; NaN for images that cannot be used.

        Raises
        ------
        UsageError
            The model's loss has no probabilities.
        """
        if not self._loss.probabilistic:
            raise UsageError(
                f"The model was trained with the loss {self.model.loss}, which has no probabilities",
                allowed="models of losses that have: softmax",
                fix="use scores, or train with --loss softmax",
            )
        parts = [
            batch.spread(self._loss.probabilities(self._scores(batch))) for batch in self._batches(_each(images))
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)), self.model.coef.dtype)

    def pixels(self, image: ImageLike) -> Array:
        """Return what the model sees of an image, ``(H, W, channels)`` of uint8.

        Raises
        ------
        ImageError
            The image cannot be used.
        MissingPackageError
            A package that reads it is not installed.
        """
        return self._matched(self._picture(image).pixels)

    def explain(self, image: ImageLike, label: str | None = None) -> Explanation:
        """Take the score of a class apart into what each feature, and each pixel, adds to it.

        What is added is told for the weights of raw features, against a feature of 0: against black, for pixels.

        Parameters
        ----------
        image : path, bytes or array
        label : str, optional
            Name of the class; by default the best guess.

        Raises
        ------
        ImageError
            The image cannot be used.
        UnknownNameError
            There is no such class.
        """
        seen = self.pixels(image)
        row = self._examples.extractor.transform(seen[None])[0].astype(np.float64)
        coef, bias = self._of_classes()
        scores = coef @ row + bias
        place = int(scores.argmax()) if label is None else self._place(label)
        added = self._examples.extractor.pixel_contributions(seen, coef[place])
        contributions = coef[place] * row
        return Explanation(
            self.classes[place],
            float(contributions.sum() + bias[place]),
            float(bias[place]),
            contributions,
            self._examples.extractor.get_feature_names_out(),
            None if added is None else added.sum(axis=2),
        )

    def _of_classes(self) -> tuple[FloatArray, FloatArray]:
        """Return weights ``(C, D)`` and biases ``(C,)`` of one score a class, float64."""
        coef, bias = (array.astype(np.float64) for array in (self.model.coef, self.model.intercept))
        return class_scores(coef.T).T, class_scores(bias[None])[0]

    def _place(self, label: str) -> int:
        if str(label) not in self.classes:
            raise UnknownNameError.of("class", str(label), self.classes)
        return self.classes.index(str(label))

    def _predictions(self, images: Iterator[ImageLike], top_k: int) -> Iterator[Prediction]:
        reason = "" if self._loss.probabilistic else _no_probability(self.model.loss)
        for batch in self._batches(images):
            scores = self._scores(batch)
            by_class = batch.spread(class_scores(scores))
            best = ranked(by_class, top_k)
            chances = batch.spread(self._loss.probabilities(scores)) if self._loss.probabilistic else None
            for row, (name, problem, remark) in enumerate(batch.told):
                if problem:
                    yield Prediction(name, (), problem)
                    continue
                guesses = tuple(
                    Guess(
                        self.classes[label],
                        float(by_class[row, label]),
                        None if chances is None else float(chances[row, label]),
                    )
                    for label in best[row]
                )
                yield Prediction(name, guesses, remark=remark, no_probability=reason)

    def _batches(self, images: Iterator[ImageLike]) -> Iterator[_Batch]:
        """Decode images a batch at a time."""
        numbers = (math.prod(self.input.shape), self.model.coef.shape[1], len(self.classes))
        size = min(MOST_TOGETHER, block_rows(max(numbers)))
        place = 0
        while together := list(islice(images, size)):
            with pillow_warnings_ignored():
                told, pixels = zip(
                    *(self._told(image, place + i) for i, image in enumerate(together)), strict=True
                )
            place += len(together)
            good = [row for row, own in enumerate(pixels) if own is not None]
            X = np.stack([pixels[row] for row in good]) if good else np.empty((0, *self.input.shape), np.uint8)
            yield _Batch(told, np.array(good, dtype=np.intp), X)

    def _told(self, image: ImageLike, place: int) -> tuple[_Told, Array | None]:
        """Return an image's name with what is said of it, and its pixels as the model sees them, if any."""
        name = _name(image, place)
        try:
            picture = self._picture(image)
        except (ImageError, MissingPackageError) as error:
            return _Told(name, error.given, ""), None
        known = self.input.training_images
        remark = "" if known is None else known.remark(picture.sides, picture.pixels)
        return _Told(name, "", remark), self._matched(picture.pixels)

    def _picture(self, image: ImageLike) -> Picture:
        """Return an image fitted to the model's size, its channels as they came."""
        content = _content(image)
        if isinstance(content, bytes):
            return decode_pixels(
                content,
                max_pixels=self.max_pixels,
                size=self.input.size,
                range_of=self.input.range_of,
                room=self._room,
            )
        return fit_array(content, max_pixels=self.max_pixels, size=self.input.size, range_of=self.input.range_of)

    def _matched(self, pixels: Array) -> Array:
        with_channels = pixels if pixels.ndim == 3 else pixels[..., None]
        return self._examples.matched(with_channels[None])[0]

    def _scores(self, batch: _Batch) -> FloatArray:
        """Return the scores ``(m, R)`` of the images of a batch that can be used."""
        coef = self.model.coef
        if not len(batch.X):
            return np.empty((0, len(coef)), coef.dtype)
        return self._examples.scores_one_by_one(batch.X)


class _Told(NamedTuple):
    """What is said of an image beside its guesses."""

    name: str
    problem: str
    remark: str


class _Batch(NamedTuple):
    """Images that are scored together."""

    told: tuple[_Told, ...]
    #: Rows of those that can be used, and their pixels ``(m, H, W, channels)``.
    good: Array
    X: Array

    def spread(self, values: FloatArray) -> FloatArray:
        """Return rows for all images from those of the images that can be used; NaN for the others."""
        spread = np.full((len(self.told), values.shape[1]), np.nan, values.dtype)
        spread[self.good] = values
        return spread


@singledispatch
def _each(images: Any) -> Iterator[ImageLike]:
    """Yield one image after the other."""
    try:
        return iter(images)
    except TypeError:
        raise UsageError(
            f"A {type(images).__name__} was given as images",
            allowed="paths, bytes of files, arrays of pixels, or several of these",
            fix="give the path of an image, or numpy.asarray of a picture",
        ) from None


@_each.register(str)
@_each.register(os.PathLike)
@_each.register(bytes)
@_each.register(bytearray)
@_each.register(memoryview)
def _(images: ImageLike) -> Iterator[ImageLike]:
    return iter((images,))


@_each.register(np.ndarray)
def _(images: Array) -> Iterator[ImageLike]:
    return iter(images if images.ndim == 4 else (images,))


@singledispatch
def _content(image: Any) -> bytes | Array:
    """Return the bytes of a file, or pixels."""
    raise ImageError(
        f"a {type(image).__name__} is no image",
        allowed="paths, bytes of files and arrays of pixels",
        fix="give the path of an image",
    )


@_content.register(str)
@_content.register(os.PathLike)
def _(image: str | os.PathLike[str]) -> bytes:
    return read_image_file(Path(image))


@_content.register(bytearray)
@_content.register(memoryview)
def _(image: bytearray | memoryview) -> bytes:
    return bytes(image)


@_content.register(bytes)
@_content.register(np.ndarray)
def _(image: bytes | Array) -> bytes | Array:
    return image


@singledispatch
def _name(image: Any, place: int) -> str:
    """Return what to call an image."""
    del image
    return f"image {place}"


@_name.register(str)
@_name.register(os.PathLike)
def _(image: str | os.PathLike[str], place: int) -> str:
    del place
    return printable(Path(image))


def _no_probability(loss: str) -> str:
    return f"the loss {loss} gives scores and no probabilities: compare the scores, or train with --loss softmax"
