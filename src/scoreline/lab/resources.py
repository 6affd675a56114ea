"""What all pages of the lab share: a data set, and finished runs."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from scoreline._typing import Array
from scoreline.data import Dataset, LoadOptions, Split, load_dataset
from scoreline.errors import DataError, UsageError
from scoreline.runs.config import RunConfig
from scoreline.runs.loaded import LoadedRun, load_run
from scoreline.runs.pipeline import build_classifier, fit_prepared, prepare, save_model

__all__ = ["BUILT_IN", "BUILT_IN_DATA", "NamedRun", "Resources", "has_pictures", "png"]

#: Most training and validation images of the lab, so that a step takes milliseconds.
MOST_TRAINING, MOST_VALIDATION = 5000, 1000
MOST_CLASSES = 100
#: The data set without one of the user's own.
BUILT_IN_DATA = "digits"
#: The runs without any of the user's own: their configurations by name.
BUILT_IN = {
    "digits, softmax": RunConfig.model_validate({"data": "digits", "loss": "softmax", "lam": 1e-3}),
    "digits, SVM": RunConfig.model_validate({"data": "digits", "loss": "weston-watkins:squared", "lam": 1e-3}),
}


@dataclass(frozen=True, eq=False)
class NamedRun:
    """A run and its name in the lab."""

    name: str
    #: Its folder; None where it is one of `BUILT_IN`.
    path: Path | None
    loaded: LoadedRun


class Resources:
    """A data set and runs, loaded when a page first asks for them, once for all pages.

    Parameters
    ----------
    data : str, default "digits"
        Name or path of a data set of images, for the page of images.
    runs : sequence of paths
        Folders of finished runs, for the page of mistakes; without any, two on the digits.
    data_dir : path, optional
        Folder with named data sets.
    trust : sequence of str
        Modules of the runs' own features that may be imported.
    """

    def __init__(
        self,
        data: str = BUILT_IN_DATA,
        runs: Sequence[Path] = (),
        data_dir: Path | None = None,
        trust: Sequence[str] = (),
    ) -> None:
        self.data, self.data_dir = data, data_dir
        self.paths, self.trust = tuple(runs), tuple(trust)
        self._kept: dict[Any, Any] = {}
        self._making: dict[Any, threading.Lock] = {}

    @property
    def run_names(self) -> tuple[str, ...]:
        """Names of the runs."""
        return tuple(str(path) for path in self.paths) or tuple(BUILT_IN)

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return the value of a key, computed once; for what is expensive and the same for every page.

        Callers with the same key wait for it; others do not.
        """
        with self._making.setdefault(key, threading.Lock()):
            if key not in self._kept:
                self._kept[key] = make()
            return self._kept[key]

    def images(self) -> Dataset:
        """Return the data set of images: a sample of its training and validation images, and no test images.

        Raises
        ------
        DataError
            The data are not images, have too many classes, or cannot be used.
        """
        found: Dataset = self.keep("images", self._load_images)
        return found

    def run(self, number: int) -> NamedRun:
        """Return a run.

        Raises
        ------
        UsageError
            There is no such run.
        ScorelineError
            It cannot be loaded.
        """
        if not 0 <= number < len(self.run_names):
            raise UsageError(
                f"There is no run {number}",
                allowed=", ".join(f"{i}: {name}" for i, name in enumerate(self.run_names)),
                fix="open the lab with the runs that the link was created with",
            )
        found: NamedRun = self.keep(("run", number), lambda: self._load_run(number))
        return found

    def picture(self, source: str, split: str, index: int) -> bytes:
        """Return an image as PNG: of the ``images``, or of the run with a number.

        Raises
        ------
        DataError, UsageError
            There is no such image.
        """
        dataset = self.images() if source == "images" else self.run(int(source)).loaded.dataset
        part: Split | None = getattr(dataset, split) if split in ("train", "validation", "test") else None
        if part is None or not 0 <= index < len(part) or not has_pictures(part):
            raise DataError(f"There is no image {index} in {split}", allowed="images of the data", fix="reload")
        return png(part.X[index])

    def _load_images(self) -> Dataset:
        found = load_dataset(self.data, LoadOptions(data_dir=self.data_dir))
        if not has_pictures(found.train):
            raise DataError(
                f"{found.name} has no images",
                allowed="a data set or folder of images",
                fix="give scoreline lab another --data",
            )
        if len(found.classes) > MOST_CLASSES:
            raise DataError(
                f"{found.name} has {len(found.classes):,} classes",
                allowed=f"{MOST_CLASSES} at most on this page",
                fix="give scoreline lab another --data",
            )
        train, validation = found.train, found.validation
        if validation is None:
            raise DataError(f"{found.name} has too few images to hold some out", allowed="more", fix="add images")
        return replace(
            found, train=_sample(train, MOST_TRAINING), validation=_sample(validation, MOST_VALIDATION), test=None
        )

    def _load_run(self, number: int) -> NamedRun:
        name = self.run_names[number]
        if self.paths:
            path = self.paths[number]
            return NamedRun(name, path, load_run(path, data_dir=self.data_dir, trust=self.trust))
        config = BUILT_IN[name]
        prepared = prepare(config)
        classifier = build_classifier(config, prepared)
        fit_prepared(classifier, prepared, ())
        return NamedRun(name, None, LoadedRun(save_model(config, prepared, classifier), prepared.dataset))


def has_pictures(split: Split) -> bool:
    """Return whether a split's examples are images of bytes in one channel or three, which can be drawn."""
    return len(split.rows.shape) == 4 and split.rows.dtype == np.uint8 and split.rows.shape[-1] in (1, 3)


def png(image: Array) -> bytes:
    """Return an image ``(H, W, 1 or 3)`` of bytes as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(file, "png")
    return file.getvalue()


def _sample(split: Split, most: int) -> Split:
    """Return a drawn sample of a split, in drawn order: files are ordered by class, and a page shows the first."""
    chosen = np.random.default_rng(0).permutation(len(split))[:most]
    return split.take(chosen).in_place()
