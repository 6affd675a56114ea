"""From arrays that somebody else made to a checked data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from scoreline._typing import Array, Labels
from scoreline.data.base import Dataset, Rejected, Split
from scoreline.errors import DataError

__all__ = ["array_dataset", "assemble"]

_PIECE = 4096


def array_dataset(
    name: str,
    parts: Mapping[str, tuple[Array, Array]],
    classes: Sequence[str] | None = None,
    *,
    evaluation: bool = False,
) -> Dataset:
    """Check arrays of examples and labels and make a data set of them.

    Parameters
    ----------
    name : str
        Name of the data set.
    parts : mapping of str to (X, y)
        For ``"train"``, and perhaps ``"validation"`` and ``"test"``: examples (N, H, W) or (N, H, W, 1 or 3) of
        uint8, or (N, D) of any real dtype; labels (N,) or (N, 1) of integers or strings.
    classes : sequence of str, optional
        Class names; integer labels are then indices into them. Without it the classes are the distinct labels
        of the training split, in ascending order.
    evaluation : bool, default False
        The data are for evaluation: no training split is needed, and the labels of all splits make the classes.

    Raises
    ------
    DataError
        Shapes or dtypes do not fit, numbers are not finite, or a label is outside the set of classes.
    """
    checked = {split: _checked(f"{name}, {split} split", X, y) for split, (X, y) in parts.items()}
    if not evaluation and "train" not in checked:
        raise _no_train(name, checked)
    shapes = {X.shape[1:] for X, _ in checked.values()}
    if len(shapes) > 1:
        raise DataError(
            f"The examples of {name} have different shapes: {', '.join(map(str, sorted(shapes, key=len)))}",
            allowed="one shape in all splits",
            fix="make all splits in the same way",
        )
    learned = [y for split, (_, y) in checked.items() if evaluation or split == "train"]
    known, names = _class_list(name, learned, classes)
    splits = {
        split: Split(X, _encode(f"{name}, {split} split", y, known), tuple(map(str, range(len(y)))))
        for split, (X, y) in checked.items()
    }
    return assemble(name, names, splits, evaluation=evaluation)


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
    if evaluation and (train is None or not len(train)):
        train = next((Split(part.X[:0], part.y[:0], ()) for part in splits.values() if len(part)), None)
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


def _checked(where: str, X: Array, y: Array) -> tuple[Array, Array]:
    """Return the pair with images in four axes and labels in one."""
    if X.ndim == 3 and X.dtype == np.uint8:
        X = X[..., None]
    images = X.ndim == 4 and X.dtype == np.uint8 and X.shape[3] in (1, 3)
    vectors = X.ndim == 2 and X.dtype.kind in "buif"
    if not (images or vectors) or 0 in X.shape[1:]:
        raise DataError(
            f"The examples of {where} have shape {X.shape} and dtype {X.dtype}",
            allowed="images (N, H, W), (N, H, W, 1) or (N, H, W, 3) of uint8, or vectors (N, D) of real numbers",
            fix="store images as uint8 with the channels last, and everything else as one row an example",
        )
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or len(y) != len(X):
        raise DataError(
            f"{where} has {len(X)} examples but labels of shape {y.shape}",
            allowed="one label an example",
            fix="write examples and labels from the same list",
        )
    if y.dtype.kind not in "buiUS":
        raise DataError(
            f"The labels of {where} have dtype {y.dtype}",
            allowed="integers or strings",
            fix="store the labels as whole numbers, without missing values",
        )
    if X.dtype.kind == "f":
        _check_finite(where, X)
    return X, y


def _check_finite(where: str, X: Array) -> None:
    """Raise DataError at the first row with NaN or infinity; reads piece by piece, X may be a large file."""
    for first in range(0, len(X), _PIECE):
        finite = np.isfinite(X[first : first + _PIECE]).all(axis=1)
        if not finite.all():
            raise DataError(
                f"Row {first + int(np.argmin(finite))} of {where} contains NaN or infinity",
                allowed="finite numbers",
                fix="remove the row or fill in the missing values",
            )


def _class_list(
    name: str, labels: Sequence[Array], classes: Sequence[str] | None
) -> tuple[Array, tuple[str, ...]]:
    """Return what a label may be, in the order of the classes, and the classes' names."""
    if not labels:
        raise _no_examples(name)
    # Splits whose labels are numbers in one and texts in another are told apart where they are encoded.
    kind = labels[0].dtype.kind in "US"
    known = np.unique(np.concatenate([y for y in labels if (y.dtype.kind in "US") == kind]))
    if classes is None:
        return known, tuple(_text(value) for value in known.tolist())
    if known.dtype.kind in "US":
        return np.array([str(name) for name in classes]), tuple(classes)
    return np.arange(len(classes)), tuple(classes)


def _text(label: object) -> str:
    return label.decode("utf-8", "backslashreplace") if isinstance(label, bytes) else str(label)


def _encode(where: str, y: Array, known: Array) -> Labels:
    """Return the position of each label in `known`."""
    if y.dtype.kind == "S" and known.dtype.kind == "U":
        y = np.char.decode(y, "utf-8", "backslashreplace")
    comparable = (y.dtype.kind in "US") == (known.dtype.kind in "US")
    inside = np.isin(y, known) if comparable else np.zeros(len(y), dtype=np.bool_)
    if not inside.all():
        stray = ", ".join(_text(value) for value in np.unique(y[~inside])[:5].tolist())
        shown = ", ".join(_text(value) for value in known[:12].tolist()) + (", ..." if len(known) > 12 else "")
        raise DataError(
            f"Labels of {where} are outside the set of classes: {stray}",
            allowed=shown,
            fix="correct these labels, or add examples of these classes to the training split",
        )
    order = np.argsort(known, kind="stable")
    return order[np.searchsorted(known, y, sorter=order)].astype(np.int64)
