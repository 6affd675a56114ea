"""From arrays that somebody else made to a checked data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scoreline._text import shortened
from scoreline._typing import Array, Labels
from scoreline.data.base import Dataset, Rejected, Split
from scoreline.data.labels import check_count, read_labels
from scoreline.data.names import printable
from scoreline.data.pixels import read_examples
from scoreline.errors import DataError
from scoreline.rows import Allocate, batches

__all__ = ["array_dataset", "assemble"]

_PIECE = 4096


def array_dataset(
    name: str,
    parts: Mapping[str, tuple[Array, Array]],
    classes: Sequence[str] | None = None,
    *,
    notes: Sequence[str] = (),
    allocate: Allocate = np.empty,
    evaluation: bool = False,
) -> Dataset:
    """Check arrays of examples and labels and make a data set of them.

    Parameters
    ----------
    name : str
        Name of the data set.
    parts : mapping of str to (X, y)
        For ``"train"``, and perhaps ``"validation"`` and ``"test"``: examples and labels, in the forms that
        `read_examples` and `read_labels` take.
    classes : sequence of str, optional
        Class names; integer labels are then indices into them. Without it the classes are the distinct labels
        of the training split, in ascending order.
    notes : sequence of str
        Notes so far on how the arrays were read.
    allocate : callable, default numpy.empty
        Allocates memory for examples that have to be converted.
    evaluation : bool, default False
        The data are for evaluation: no training split is needed, and the labels of all splits make the classes.

    Raises
    ------
    DataError
        Shapes, dtypes or ranges do not fit, numbers are not finite, a label is outside the set of classes, or
        another split is a copy of the training split.
    """
    if not evaluation and "train" not in parts:
        raise _no_train(name, parts)
    for split, (X, y) in parts.items():
        check_count(f"{name}, {split} split", X.shape, y.shape)
    images, remarks = read_examples(name, {split: X for split, (X, _) in parts.items()}, allocate)
    shapes = {X.shape[1:] for X in images.values()}
    if len(shapes) > 1:
        raise DataError(
            f"The examples of {name} have different shapes: {', '.join(map(str, sorted(shapes, key=len)))}",
            allowed="one shape in all splits",
            fix="make all splits in the same way",
        )
    labels = {}
    for split, (_, y) in parts.items():
        labels[split], more = read_labels(f"{name}, {split} split", y, len(images[split]))
        remarks += more
    learned = [y for split, y in labels.items() if evaluation or split == "train"]
    known, names = _class_list(name, learned, classes)
    remarks += [
        f"The labels of {name}, {split} split are stored in another type than those of the training split."
        for split, y in labels.items()
        if (y.dtype.kind in "US") != (known.dtype.kind in "US")
    ]
    splits = {
        split: Split.of(images[split], _encode(f"{name}, {split} split", y, known)) for split, y in labels.items()
    }
    if not evaluation:
        _check_copies(name, splits)
    return assemble(name, names, splits, notes=(*notes, *remarks), evaluation=evaluation)


def assemble(
    name: str,
    classes: Sequence[str],
    splits: Mapping[str, Split],
    rejected: Sequence[Rejected] = (),
    notes: Sequence[str] = (),
    *,
    evaluation: bool = False,
) -> Dataset:
    """Make a data set of its splits; raise DataError if there is no training example.

    For `evaluation` any example will do: the training split is empty where the data have none.
    """
    train = splits.get("train")
    if not evaluation:
        _check_leaks(name, classes, train, rejected)
    if evaluation and (train is None or not len(train)):
        train = next((part.take(np.zeros(0, np.int64)) for part in splits.values() if len(part)), None)
        if train is None:
            raise _no_examples(name)
    elif train is None or not len(train):
        raise _no_train(name, splits)
    others = {split: part for split, part in splits.items() if split != "train" and len(part)}
    return Dataset(
        name,
        tuple(classes),
        train,
        validation=others.get("validation"),
        test=others.get("test"),
        rejected=tuple(rejected),
        notes=tuple(notes),
    )


def _check_leaks(name: str, classes: Sequence[str], train: Split | None, rejected: Sequence[Rejected]) -> None:
    """Raise DataError if classes have lost all their training examples because these lie in other splits too."""
    copies = [item for item in rejected if item.split == "train" and item.reason.startswith("duplicate of")]
    elsewhere = [item for item in copies if item.reason.endswith(" split")]
    left = np.bincount(np.zeros(0, np.int64) if train is None else train.y, minlength=len(classes))
    if not elsewhere or left.all():
        return
    emptied = ", ".join(shortened(classes[label], 40) for label in np.flatnonzero(left == 0)[:5])
    raise DataError(
        f"{len(elsewhere)} training images of {name} have the same content as images of another split and were "
        f"left out ({elsewhere[0].path}: {elsewhere[0].reason}), which leaves no training image of: {emptied}",
        allowed="a test split of images that are not learned from",
        fix="the folder of one split seems to be a copy of the other: put other images into it, or remove it",
    )


def _no_train(name: str, splits: Mapping[str, object]) -> DataError:
    found = ", ".join(splits) or "nothing"
    return DataError(
        f"{name} has no training examples, only: {found}",
        allowed="a training split, with or without validation and test splits",
        fix="call the part to learn from 'train'",
    )


def _no_examples(name: str) -> DataError:
    return DataError(
        f"{name} has no example that can be used",
        allowed="at least one example with its label",
        fix="see what the files and folders hold",
    )


def _check_copies(name: str, splits: Mapping[str, Split]) -> None:
    """Raise DataError if another split has the very examples and labels of the training split."""
    train = splits.get("train")
    for split, other in splits.items():
        if (
            train is None
            or other is train
            or not len(train)
            or other.rows.shape != train.rows.shape
            or (other.y != train.y).any()
        ):
            continue
        pieces = zip(batches(train.rows, _PIECE), batches(other.rows, _PIECE), strict=True)
        if all(np.array_equal(ours, theirs) for (_, ours), (_, theirs) in pieces):
            raise DataError(
                f"The {split} split of {name} is a copy of its training split, all {len(train)} examples",
                allowed=f"a {split} split of examples that are not learned from",
                fix=f"save other examples as the {split} split, or leave it out",
            )


def _class_list(
    name: str, labels: Sequence[Array], classes: Sequence[str] | None
) -> tuple[Array, tuple[str, ...]]:
    """Return what a label may be, in the order of the classes, and the classes' names."""
    if not labels:
        raise _no_examples(name)
    # Splits with numbers as labels in one and texts in another are detected where they are encoded.
    kind = labels[0].dtype.kind in "US"
    known = np.unique(np.concatenate([y for y in labels if (y.dtype.kind in "US") == kind]))
    if classes is None:
        return known, tuple(_text(value) for value in known.tolist())
    names = tuple(map(printable, classes))
    twice = [one for one, following in zip(sorted(names), sorted(names)[1:], strict=False) if one == following]
    if twice:
        raise DataError(
            f"{name} has the class {shortened(twice[0])} twice",
            allowed="class names that are all different",
            fix="rename one of them",
        )
    if known.dtype.kind in "US":
        return np.array([str(name) for name in classes]), names
    return np.arange(len(classes)), names


def _text(label: object) -> str:
    return printable(label.decode("utf-8", "backslashreplace") if isinstance(label, bytes) else str(label))


def _encode(where: str, y: Array, known: Array) -> Labels:
    """Return the position of each label in `known`."""
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "backslashreplace")
    if known.dtype.kind == "S":
        known = np.char.decode(known, "utf-8", "backslashreplace")
    if (y.dtype.kind == "U") != (known.dtype.kind == "U"):
        y, known = _as_texts(where, y, known)
    inside = np.isin(y, known)
    if not inside.all():
        stray = ", ".join(shortened(_text(value), 40) for value in np.unique(y[~inside])[:5].tolist())
        shown = ", ".join(shortened(_text(value), 40) for value in known[:12].tolist())
        raise DataError(
            f"Labels of {where} are outside the set of classes: {stray}",
            allowed=shown + (", ..." if len(known) > 12 else ""),
            fix="correct these labels, or add examples of these classes to the training split",
        )
    order = np.argsort(known, kind="stable")
    return order[np.searchsorted(known, y, sorter=order)].astype(np.int64)


def _as_texts(where: str, y: Array, known: Array) -> tuple[Array, Array]:
    """Return numbers and texts both as texts, where the texts are those of numbers: ``"3"`` is 3."""
    texts = y.astype(str), known.astype(str)
    if np.isin(*texts).all():
        return texts
    here, there = (shortened(str(labels[0].item()), 40) for labels in (y, known))
    kinds = [("text" if labels.dtype.kind == "U" else "numbers") for labels in (y, known)]
    raise DataError(
        f"The labels of {where} are {kinds[0]}, such as {here!r}, where those of the training split or the class "
        f"names are {kinds[1]}, such as {there!r}",
        allowed="labels of one type in all splits",
        fix="save the labels of all splits alike, for example all as text with y.astype(str)",
    )
