"""A finished run's model on single images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from scoreline.data.image_tree import find_images
from scoreline.models import ImageClassifier, InputSpec, Prediction, SavedModel
from scoreline.runs.data_record import TrainedOn
from scoreline.runs.folder import RunFolder

__all__ = ["load_classifier", "predict_images"]


def load_classifier(run: str | Path, *, trust: Iterable[str] = ()) -> ImageClassifier:
    """Load the model of a finished run, to classify images.

    Parameters
    ----------
    run : path
        Folder of a finished run, or one that holds the two files of its model.
    trust : iterable of str
        Modules of extractors of one's own (``--features package.module:factory``) that may be imported, which runs
        their code; by default none is.

    Raises
    ------
    ModelError
        There is no usable model in `run`, or it was not trained on images.
    UntrustedError
        The model's features need a module that `trust` does not name.

    Examples
    --------
    >>> import scoreline
    >>> classifier = scoreline.load("run")
    >>> classifier
    ImageClassifier(3 classes, 4 x 5 x 3, 'pixels', 'softmax')
    >>> colour, large, none = classifier.predict(["colour.png", "large.png", "none.png"])
    >>> colour.label, colour.remark, colour.problem
    ('dim', '', '')
    >>> large.label, large.remark
    ('light', 'unlike the training images: much larger (40 x 40 pixels; they have sides of 5 at the most)')
    >>> none.label, none.problem
    (None, 'cannot be read (No such file or directory)')
    >>> classifier.predict_proba("colour.png").shape
    (1, 3)
    """
    folder = Path(run)
    if (folder / "config.yaml").is_file():  # else it may be a model's files alone
        RunFolder.open(folder)
    model = SavedModel.load(folder, trust)
    return ImageClassifier(model, input=recorded_input(model, TrainedOn.read(folder)))


def recorded_input(model: SavedModel, trained_on: TrainedOn | None) -> InputSpec | None:
    """Return what a model's images are turned into: what it says itself or, as it was once, its run's record."""
    images = None if trained_on is None else trained_on.record.images
    if model.input is not None or images is None or len(model.example_shape) != 3:
        return model.input
    height, width, channels = model.example_shape
    return InputSpec.model_validate(
        {
            "size": (height, width),
            "channels": channels,
            "deep": "refuse" if images.pixel_range is None else "range",
            "pixel_range": images.pixel_range,
            "training_images": images.model_dump(exclude={"pixel_range"}),
        }
    )


def predict_images(
    run: Path, images: Sequence[Path], *, top_k: int = 1, trust: Iterable[str] = ()
) -> Iterator[Prediction]:
    """Yield the model's best guesses for each image; see `ImageClassifier.stream`.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    images : sequence of paths
        Image files, or folders whose image files are all taken.
    top_k : int, default 1
        How many guesses.
    trust : iterable of str
        Modules of the user's own features that may be imported.

    Raises
    ------
    ModelError
        There is no usable model in `run`, or it was not trained on images.
    DataError
        A path does not exist or a folder holds no image.
    UsageError
        `top_k` is not between 1 and the number of classes.
    """
    classifier = load_classifier(run, trust=trust)
    return classifier.stream(find_images(images), top_k)
