"""Folders of images: the folder says the class."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from scoreline.data.arrays import assemble
from scoreline.data.base import Dataset, Rejected
from scoreline.data.formats.base import SPLIT_NAMES, Reader
from scoreline.data.image_files import ImageFile, read_image_files
from scoreline.data.images import SUFFIXES
from scoreline.data.names import printable, relative_name
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError

__all__ = ["ImageFolder"]


@dataclass
class _Listing:
    """What was found on a walk through the folders."""

    root: Path
    #: Path, split and class name of each image file, in the order of the names.
    images: list[tuple[str, str, str]] = field(default_factory=list)
    #: Folders and files that should be readable and are not.
    bad: list[Rejected] = field(default_factory=list)
    #: Class folders without an image.
    empty: list[Rejected] = field(default_factory=list)
    #: Files of other kinds, by suffix.
    ignored: Counter[str] = field(default_factory=Counter)


class ImageFolder(Reader):
    """``root/<class>/*`` or ``root/{train,val|valid|validation,test}/<class>/*``.

    Images may lie deeper: the folder right under the root (or the split) names the class. Hidden files and
    folders are passed over; files without an image's suffix are passed over and counted in a note. Classes are
    sorted by name and matched by name across splits. A class folder without images is no class; it is listed
    among the rejected. An image of a class that the training split has not got is rejected.
    """

    accepts: ClassVar[str] = (
        "a folder with one folder of images a class, or with train/, validation/, test/ of such"
    )

    def matches(self, path: Path) -> bool:
        """Any folder."""
        return path.is_dir()

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """Walk through the folders, then read the images; see `Reader.read`."""
        listing = _Listing(path)
        for split, folder in _split_folders(path, evaluation=options.evaluation).items():
            _walk_split(listing, split, folder)
        classes = sorted({name for _, split, name in listing.images if options.evaluation or split == "train"})
        label = {name: index for index, name in enumerate(classes)}
        files, strangers = [], []
        for file, split, name in listing.images:
            if name in label:
                files.append(ImageFile(file, relative_name(file, path), split, label[name]))
            else:
                reason = f"the class {name} is not among the classes of the training split"
                strangers.append(Rejected(relative_name(file, path), split, reason))
        if not classes:
            raise DataError(
                f"The folder {printable(path)} has no class folders with training images",
                allowed=f"{self.accepts} (suffixes {', '.join(sorted(SUFFIXES))})",
                fix="put the images of each class into a folder with the name of the class",
            )
        result = read_image_files(files, classes, options, progress, already_bad=(*listing.bad, *strangers))
        return assemble(
            path.resolve().name,
            classes,
            result.splits,
            (*result.rejected, *listing.empty),
            (*result.notes, *_notes(listing)),
            evaluation=options.evaluation,
        )


def _notes(listing: _Listing) -> list[str]:
    notes = [f"The class folder {item.path} has no images and was left out." for item in listing.empty]
    if listing.ignored:
        kinds = ", ".join(
            f"{count} {suffix or 'without suffix'}" for suffix, count in sorted(listing.ignored.items())
        )
        notes.append(f"Files that are no images by their suffix were passed over: {kinds}.")
    return notes


def _split_folders(root: Path, *, evaluation: bool) -> dict[str, Path]:
    """Return the folder of each split; without folders for splits the root is the training split.

    Without a training split the others are enough for an evaluation only.
    """
    found: dict[str, Path] = {}
    for entry in _entries(root):
        split = SPLIT_NAMES.get(entry.name.lower())
        # A folder that is called test but holds images is a class, not a split.
        if split is None or not entry.is_dir() or not any(child.is_dir() for child in _entries(Path(entry))):
            continue
        if split in found:
            raise DataError(
                f"The folders {found[split].name} and {entry.name} are both {split} splits",
                allowed="one folder a split",
                fix="merge the two folders",
            )
        found[split] = Path(entry)
    return found if "train" in found or (evaluation and found) else _root_as_train(root, found)


def _root_as_train(root: Path, found: dict[str, Path]) -> dict[str, Path]:
    if found:
        raise DataError(
            f"{printable(root)} has the splits {', '.join(found)} but no training split",
            allowed="train/ beside validation/ and test/, or class folders only",
            fix="add a folder train, or name the folder that holds the classes",
        )
    return {"train": root}


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what a folder holds, hidden names left out, in the order of the names' bytes."""
    try:
        with os.scandir(folder) as scan:
            entries = [entry for entry in scan if not entry.name.startswith(".")]
    except OSError as error:
        raise DataError(
            f"The folder {printable(folder)} cannot be read ({error.strerror})",
            allowed="folders that you may list",
            fix="change its permissions, or move it away",
        ) from error
    return sorted(entries, key=lambda entry: os.fsencode(entry.name))


def _walk_split(listing: _Listing, split: str, folder: Path) -> None:
    for entry in _entries(folder):
        if not entry.is_dir():
            listing.ignored[_suffix(entry.name)] += 1
            continue
        before = len(listing.images), len(listing.bad)
        _walk_class(listing, split, printable(entry.name), Path(entry))
        if (len(listing.images), len(listing.bad)) == before:
            listing.empty.append(
                Rejected(relative_name(Path(entry), listing.root), split, "no image in this folder")
            )


def _walk_class(listing: _Listing, split: str, name: str, folder: Path) -> None:
    """List the images of one class; links to folders are not followed, they might lead round in a circle."""
    try:
        entries = _entries(folder)
    except DataError as error:
        listing.bad.append(Rejected(relative_name(folder, listing.root), split, error.given))
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            _walk_class(listing, split, name, Path(entry))
        elif _suffix(entry.name) in SUFFIXES:
            listing.images.append((entry.path, split, name))
        else:
            listing.ignored[_suffix(entry.name)] += 1


def _suffix(name: str) -> str:
    _, dot, suffix = name.rpartition(".")
    return printable(f".{suffix.lower()}") if dot and suffix else ""
