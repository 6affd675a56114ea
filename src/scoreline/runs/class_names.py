"""The classes of a data set, matched by name with those of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from scoreline._text import counted
from scoreline._typing import Labels
from scoreline.data import Dataset, Split
from scoreline.errors import DataError

__all__ = ["match_classes"]

#: Class names that a message tells at the most.
MOST_NAMES = 10


def match_classes(
    dataset: Dataset, classes: tuple[str, ...], *, leave_out_unknown: bool = False
) -> tuple[Dataset, Mapping[str, int]]:
    """Renumber the labels of a data set by the class names of a model.

    Parameters
    ----------
    dataset : Dataset
        Its arrays may be overwritten where examples are left out.
    classes : tuple of str
        Class names of the model.
    leave_out_unknown : bool, default False
        Leave out the examples of classes that the model does not know, instead of refusing the data.

    Returns
    -------
    dataset : Dataset
        With the classes of the model.
    unknown : mapping of str to int
        Number of examples that were left out, by class.

    Raises
    ------
    DataError
        The data have examples of a class that the model does not know, or no example of any that it knows.
    """
    number = {name: label for label, name in enumerate(classes)}
    new_label = np.array([number.get(name, -1) for name in dataset.classes], dtype=np.int64)
    splits = [split for split in (dataset.train, dataset.validation, dataset.test) if split is not None]
    counts = np.bincount(np.concatenate([split.y for split in splits]), minlength=len(dataset.classes))
    unknown = {
        name: int(count)
        for name, count, label in zip(dataset.classes, counts, new_label, strict=True)
        if count and label < 0
    }
    none_known = sum(unknown.values()) == sum(map(len, splits))
    if unknown and (none_known or not leave_out_unknown):
        raise _strangers(dataset, unknown, classes, none_known=none_known)

    def renumbered(split: Split | None) -> Split | None:
        return None if split is None else _renumbered(split, new_label)

    return replace(
        dataset,
        classes=classes,
        train=_renumbered(dataset.train, new_label),
        validation=renumbered(dataset.validation),
        test=renumbered(dataset.test),
    ), unknown


def _renumbered(split: Split, new_label: Labels) -> Split:
    y = new_label[split.y]
    known = y >= 0
    if known.all():
        return replace(split, y=y)
    return replace(split, y=y).take(np.flatnonzero(known))


def _strangers(
    dataset: Dataset, unknown: Mapping[str, int], classes: tuple[str, ...], *, none_known: bool
) -> DataError:
    named = ", ".join(f"{name} ({count:,})" for name, count in list(unknown.items())[:MOST_NAMES])
    more = ", ..." if len(unknown) > MOST_NAMES else ""
    total = sum(unknown.values())
    kinds = "1 class" if len(unknown) == 1 else f"{len(unknown):,} classes"
    examples = counted(total, "example")
    return DataError(
        f"{dataset.name} has {'only ' * none_known}{examples} of {kinds} that the model was not trained on: "
        f"{named}{more}",
        allowed=", ".join(classes[:20]) + (", ..." if len(classes) > 20 else ""),
        fix="give data of the model's classes, or rename the classes"
        if none_known
        else "rename the classes, or evaluate the other examples only (--leave-out-unknown)",
    )
