"""The entry point: from a name or a path to a data set that is ready for training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from scoreline._text import escaped, shortened
from scoreline.data.archives import is_archive, unpack
from scoreline.data.base import Dataset, ImageSizes, Split
from scoreline.data.budget import check_taken
from scoreline.data.description import log_dataset
from scoreline.data.formats import read_path
from scoreline.data.images import resize_images
from scoreline.data.named import NAMED_SETS
from scoreline.data.names import leads_elsewhere, printable
from scoreline.data.nearby import not_found
from scoreline.data.options import LoadOptions, Progress, no_progress
from scoreline.data.places import cache_folder, expanded
from scoreline.data.splitting import split_off_validation
from scoreline.errors import DataError
from scoreline.rows import Allocate, ArrayRows

__all__ = ["absolute_spec", "load_dataset"]

_DEFAULTS = LoadOptions()


def load_dataset(
    spec: str | Path, options: LoadOptions = _DEFAULTS, *, progress: Progress | None = None
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    spec : str or path
        The name of a data set, perhaps with parameters (``"digits"``, ``"synthetic:pose=0.3,occlusion=0.2"``), or
        the path of a file, folder or tar archive. A name goes before a path: write ``./digits`` for a folder of
        that name.
    options : LoadOptions
        How to load it.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while files are read, unpacked or downloaded; a total of 0 is an
        unknown one.

    Returns
    -------
    Dataset
        With a training split and, unless ``options.validation`` is 0, a validation split: that of the data, or
        a stratified part of the training split. A test split is there where the data have one (and for the
        digits); none is ever cut from the training examples of the user's own data. With ``options.evaluation``
        the training split may be empty and one class is enough.

    Raises
    ------
    DataError
        The data cannot be used. Single bad images do not raise: they are listed in ``Dataset.rejected``, up to
        the share ``options.max_rejected``.
    DownloadError
        A named set could not be fetched.
    UsageError
        A parameter of a named set is wrong.
    """
    dataset = _load(spec, options, progress or no_progress)
    dataset = replace(dataset, classes=tuple(escaped(name) for name in dataset.classes))
    _check_class_names(dataset)
    if not options.evaluation:
        _check_classes(dataset)
    if len(dataset.example_shape) == 3 and dataset.sizes is None:  # arrays of images
        dataset = replace(dataset, sizes=ImageSizes.of([dataset.example_shape[:2]]))
    if options.size is not None:
        dataset = _resized(dataset, options.size, options.allocate)
    dataset = split_off_validation(dataset, options.validation, options.seed)
    if options.memory is not None:
        check_taken(options.memory, dataset.name)
    log_dataset(dataset)
    return dataset


def absolute_spec(spec: str) -> str:
    """Return the name of a data set as it is, and a path as an absolute one: what is the same in every folder."""
    return spec if _is_named(spec) else str(expanded(spec).absolute())


def _is_named(spec: str | Path) -> bool:
    return isinstance(spec, str) and spec.partition(":")[0].strip().replace("_", "-") in NAMED_SETS


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise DataError(
            f"{shortened(printable(path))} cannot be looked up ({error.strerror})",
            allowed="the path of a file or folder that you may read",
            fix="check the spelling and the permissions of the folders above it",
        ) from error


def _load(spec: str | Path, options: LoadOptions, progress: Progress) -> Dataset:
    if isinstance(spec, str) and _is_named(spec):
        return NAMED_SETS.build(spec).load(options, progress)
    path = expanded(spec)
    if not _exists(path):
        raise not_found(path, NAMED_SETS, options)
    if not is_archive(path):
        return read_path(path, options, progress)
    dataset = read_path(unpack(path, cache_folder(options), progress), options, progress)
    return replace(dataset, name=printable(path.name.split(".")[0]))


def _check_class_names(dataset: Dataset) -> None:
    """Raise DataError where a class is called what no model may call it: a path out of a folder."""
    strange = next((name for name in dataset.classes if leads_elsewhere(name)), None)
    if strange is not None:
        raise DataError(
            f"{dataset.name} has a class that is called {shortened(strange)}, a path to another folder",
            allowed="names that begin with no slash and no drive, and have no '..' between slashes",
            fix="rename the class",
        )


def _check_classes(dataset: Dataset) -> None:
    """Raise DataError unless there are two classes or more, each with a training example."""
    if len(dataset.classes) < 2:
        raise DataError(
            f"{dataset.name} has one class only: {', '.join(dataset.classes)}",
            allowed="two classes or more",
            fix="add examples of what is not in this class",
        )
    counts = np.bincount(dataset.train.y, minlength=len(dataset.classes))
    if not counts.all():
        empty = [dataset.classes[label] for label in np.flatnonzero(counts == 0)]
        raise DataError(
            f"{dataset.name} has classes without a usable training example: {', '.join(empty[:10])}",
            allowed="at least one training example a class",
            fix="add examples of these classes, or remove the classes",
        )


def _resized(dataset: Dataset, size: tuple[int, int], allocate: Allocate) -> Dataset:
    """Fit images from arrays to the size; images from files have it already, vectors have none."""
    if len(dataset.example_shape) != 3:
        return dataset

    def resized(split: Split) -> Split:
        return replace(split, rows=ArrayRows(resize_images(split.X, size, allocate=allocate)))

    validation, test = (None if split is None else resized(split) for split in (dataset.validation, dataset.test))
    return replace(dataset, train=resized(dataset.train), validation=validation, test=test)
