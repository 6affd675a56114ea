"""From an image, in whatever form it comes, to a prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data.decoding_room import DecodingRoom
from scoreline.data.images import Picture, decode_pixels, fit_array, pillow_warnings_ignored
from scoreline.data.jpeg import decode_plain_jpeg
from scoreline.data.options import LoadOptions
from scoreline.errors import ImageError, MissingPackageError, ModelError, UnknownNameError, UsageError
from scoreline.models.examples import ExampleScorer
from scoreline.models.explanation import Explanation
from scoreline.models.given import ImageLike, content_of, each_image, name_of
from scoreline.models.input_spec import InputSpec
from scoreline.models.prediction import Guess, Prediction, class_scores, ranked
from scoreline.models.regions import Lead, grey, region_contributions
from scoreline.models.saved import SavedModel

__all__ = ["DecodedImage", "ImageClassifier", "ImageLike"]

#: Images that are decoded before they are scored together, at the most.
MOST_TOGETHER = 256


class DecodedImage(NamedTuple):
    """An image as the model sees it, with what is reported of it beside its guesses."""

    name: str
    #: Why it cannot be used; empty where it can.
    problem: str
    #: In what it is unlike the training images.
    remark: str
    #: ``(H, W, channels)`` of uint8; None where the image cannot be used.
    pixels: Array | None


class ImageClassifier:
    """A trained model with all that lies between an image and its prediction: decoding, fitting, features, scores.

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
    The same image has the same prediction, to the bit, as path, bytes or array, but for one thing: JPEG files of
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

    @classmethod
    def load(cls, folder: str | Path, *, input: InputSpec | None = None, trust: Iterable[str] = ()) -> Self:
        """Read a model from a run's folder.

        Parameters
        ----------
        folder : path
            The folder of a finished run, or one that holds the two files of its model.
        input : InputSpec, optional
            What images are turned into where the model does not say it; see `ImageClassifier`.
        trust : iterable of str
            Modules of the user's own features that may be imported.

        Raises
        ------
        ModelError
            There is no usable model in the folder, or it was not trained on images.
        """
        return cls(SavedModel.load(Path(folder), trust), input=input)

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
        return self._predictions(each_image(images), top_k)

    def decode(self, image: ImageLike, place: int = 0) -> DecodedImage:
        """Return an image as the model sees it, for `classify`; what is wrong with it is its `problem`.

        The first half of `predict`, for callers with threads of their own: it may run in many threads. Pillow's
        warnings are left to the caller (see `scoreline.data.images.pillow_warnings_ignored`).
        """
        name = name_of(image, place)
        try:
            picture = self._picture(image)
        except (ImageError, MissingPackageError) as error:
            return DecodedImage(name, error.given, "", None)
        return self._decoded(name, picture.pixels, picture.sides)

    def decode_plain(self, content: bytes, place: int = 0, *, max_pixels: int) -> DecodedImage | None:
        """Return what `decode` does for a plain JPEG file of the model's size; None, at once, for any other.

        For callers that cannot wait for large images, or for those that take long to read.
        """
        pixels = decode_plain_jpeg(content, min(max_pixels, self.max_pixels), self.input.size)
        if pixels is None:
            return None
        return self._decoded(name_of(content, place), pixels, (pixels.shape[0], pixels.shape[1]))

    def _decoded(self, name: str, pixels: Array, sides: tuple[int, int]) -> DecodedImage:
        known = self.input.training_images
        remark = "" if known is None else known.remark(sides, pixels)
        return DecodedImage(name, "", remark, self._matched(pixels))

    def classify(self, images: Sequence[DecodedImage], top_k: int = 1) -> list[Prediction]:
        """Return the best guesses for decoded images, as `predict` does, at most `most_together` at a time."""
        size = self.most_together
        blocks = (images[first : first + size] for first in range(0, len(images), size))
        return [prediction for block in blocks for prediction in self._predictions_of(self._batch(block), top_k)]

    @property
    def most_together(self) -> int:
        """Number of images that are scored together, at the most."""
        return min(MOST_TOGETHER, self._examples.most_together)

    def scores(self, images: ImageLike | Iterable[ImageLike]) -> FloatArray:
        """Return the score of each class for each image, ``(n, C)``; NaN for images that cannot be used.

        The scores of two classes are each other's opposites.
        """
        return self._of_each(images, class_scores)

    def scores_of_pixels(self, X: Array) -> FloatArray:
        """Return the score of each class, ``(n, C)``, for images ``(n, H, W, channels)`` as `pixels` returns them.

        Quicker than `scores` where images are many and already of the model's size: all of them are multiplied by
        the weights at once, so that the last digits may depend on how many these are.
        """
        return class_scores(self._examples.scores(X))

    def predict_proba(self, images: ImageLike | Iterable[ImageLike]) -> FloatArray:
        """Return the probability of each class for each image, ``(n, C)``; NaN for images that cannot be used.

        Where the loss has none of its own, they are the softmax of scores divided by the temperature that held-out
        examples have found (`temperature`).

        Raises
        ------
        UsageError
            The model's loss has no probabilities, and no temperature makes them.
        """
        if not self.model.has_probabilities:
            raise UsageError(
                f"The model was trained with the loss {self.model.loss}, which has no probabilities, and no "
                "held-out examples have found a temperature for its scores",
                allowed="models of the loss softmax, or trained with examples held out: a validation split, or "
                "folds that chose lam",
                fix="use scores, or train again with --loss softmax, or with examples held out "
                "(a --validation above 0, or data with a validation split)",
            )
        return self._of_each(images, lambda scores: np.asarray(self.model.probabilities(scores)))

    @property
    def temperature(self) -> float | None:
        """What scores are divided by before the softmax, where the loss has no probabilities of its own."""
        return self.model.temperature

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

    def explain(self, image: ImageLike, label: str | None = None, *, cover: bool = False) -> Explanation:
        """Take the score of a class apart into what each feature, and each pixel, adds to it.

        Contributions are those of raw features: relative to a feature of 0, which is black for pixels.

        Parameters
        ----------
        image : path, bytes or array
        label : str, optional
            Name of the class; by default the best guess.
        cover : bool, default False
            Whether regions are covered with grey in turn where features do not come from pixels: it takes as long
            as 17 images.

        Raises
        ------
        ImageError
            The image cannot be used.
        UnknownNameError
            There is no such class.
        """
        seen = self.pixels(image)
        extractor = self._examples.extractor
        place = self._best_two(seen)[0] if label is None else self._place(label)
        weights = class_scores(self.model.coef.T)[:, place].astype(np.float64)
        bias = float(class_scores(self.model.intercept[None])[0, place])
        contributions = weights * extractor.transform(seen[None])[0]
        added, covered = extractor.pixel_contributions(seen, weights), None
        if cover and added is None:
            rival = next(other for other in self._best_two(seen) if other != place)
            (covered,) = region_contributions(self.model, extractor, [Lead(seen, place, rival)], grey(seen.shape))
        return Explanation(
            self.classes[place],
            float(contributions.sum()) + bias,
            bias,
            contributions,
            extractor.get_feature_names_out(),
            None if added is None else added.sum(axis=2),
            covered,
        )

    def _best_two(self, seen: Array) -> list[int]:
        """Return the places of the classes with the largest scores of an image, the best first."""
        scores = class_scores(self._examples.scores_one_by_one(seen[None]))
        return list(ranked(scores, 2)[0].tolist())

    def _place(self, label: str) -> int:
        if str(label) not in self.classes:
            raise UnknownNameError.of("class", str(label), self.classes)
        return self.classes.index(str(label))

    def _of_each(
        self, images: ImageLike | Iterable[ImageLike], of_scores: Callable[[FloatArray], FloatArray]
    ) -> FloatArray:
        """Return what follows from the scores ``(m, R)``, one row an image."""
        parts = [batch.spread(of_scores(self._scores(batch))) for batch in self._batches(each_image(images))]
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)), self.model.coef.dtype)

    def _predictions(self, images: Iterator[ImageLike], top_k: int) -> Iterator[Prediction]:
        for batch in self._batches(images):
            yield from self._predictions_of(batch, top_k)

    def _predictions_of(self, batch: _Batch, top_k: int) -> Iterator[Prediction]:
        reason = "" if self.model.has_probabilities else _no_probability(self.model.loss)
        scores = self._scores(batch)
        by_class = batch.spread(class_scores(scores))
        best = ranked(by_class, top_k)
        found = self.model.probabilities(scores)
        chances = None if found is None else batch.spread(found)
        for row, (name, problem, remark, _) in enumerate(batch.images):
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
            yield Prediction(
                name, guesses, remark=remark, no_probability=reason, temperature=self.model.temperature
            )

    def _batches(self, images: Iterator[ImageLike]) -> Iterator[_Batch]:
        """Decode images a batch at a time."""
        size = self.most_together
        places = enumerate(images)
        while True:
            with pillow_warnings_ignored():
                found = [self.decode(image, place) for place, image in islice(places, size)]
            if not found:
                return
            yield self._batch(found)

    def _batch(self, images: Sequence[DecodedImage]) -> _Batch:
        good = {row: image.pixels for row, image in enumerate(images) if image.pixels is not None}
        X = np.empty((len(good), *self.input.shape), np.uint8)
        for own, pixels in zip(X, good.values(), strict=True):
            own[...] = pixels
        return _Batch(tuple(images), np.array(list(good), dtype=np.intp), X)

    def _picture(self, image: ImageLike) -> Picture:
        """Return an image fitted to the model's size, its channels as they came."""
        content = content_of(image)
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


class _Batch(NamedTuple):
    """Images that are scored together."""

    images: tuple[DecodedImage, ...]
    #: Rows of those that can be used, and their pixels ``(m, H, W, channels)``.
    good: Array
    X: Array

    def spread(self, values: FloatArray) -> FloatArray:
        """Return rows for all images from those of the images that can be used; NaN for the others."""
        spread = np.full((len(self.images), values.shape[1]), np.nan, values.dtype)
        spread[self.good] = values
        return spread


def _no_probability(loss: str) -> str:
    return (
        f"the loss {loss} gives scores and no probabilities, and no held-out examples have found a temperature "
        "for them: compare the scores, or train with --loss softmax"
    )
