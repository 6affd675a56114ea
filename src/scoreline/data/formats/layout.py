"""What the folders around images mean: splits, classes, or neither."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scoreline.data.formats.base import split_of
from scoreline.data.image_kinds import SUFFIXES
from scoreline.data.image_tree import ImageTree, Parts
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["ACCEPTS", "Layout", "Placed", "understand"]

ACCEPTS = "a folder with one folder of images a class, or with train/, validation/, test/ of such"
#: Folders whose names mean only that they hold images.
_PLAIN_FOLDERS = frozenset({"images", "imgs", "image", "img", "pictures", "photos", "data"})


class Placed(NamedTuple):
    """An image, its split and its class."""

    path: str
    split: str
    name: str


@dataclass(frozen=True)
class Layout:
    """The images of each split and class, and how these were found."""

    images: list[Placed]
    #: Class folders without an image, with the split.
    empty: list[tuple[Parts, str]]
    #: Notes for the user.
    description: str


def understand(tree: ImageTree, *, evaluation: bool = False) -> Layout:
    """Find out what the folders mean; images that have no place in that are passed over.

    Without a training split the others are enough for an evaluation only.

    Raises
    ------
    DataError
        The folders mean nothing, or several things.
    """
    folders = _Folders(tree)
    base = folders.enter()
    within = f"in {'/'.join(map(printable, base))}/: " if base else ""
    children = folders.children(base)
    splits = {child: split for child in children if (split := split_of(child))}
    of_classes = [child for child in splits if folders.children((*base, child))]
    if of_classes:
        others = [printable(child) for child in children if child not in splits]
        _check_splits(tree, {child: splits[child] for child in of_classes}, others, evaluation=evaluation)
        return _split_folders(folders, base, {child: splits[child] for child in of_classes}, within)
    if splits and (len(set(splits.values())) > 1 or len(splits) == len(children)):
        raise _flat(tree, splits)
    if not children:
        raise _no_classes(tree)
    return _of_classes(folders, base, children, within)


def _of_classes(folders: _Folders, base: Parts, children: Sequence[str], within: str) -> Layout:
    """Return the layout of class folders, with or without folders for splits in all of them."""
    inner = {child: folders.inner_splits((*base, child)) for child in children}
    if all(inner.values()):
        return _class_first(folders, base, within)
    if any(inner.values()):
        odd = [printable(child) for child in children if inner[child]]
        raise DataError(
            f"Of the class folders in {printable(folders.tree.root)}, only {_some(odd)} hold folders for splits",
            allowed=f"{ACCEPTS}, or folders for splits in every class folder",
            fix="bring all classes into the same form",
        )
    return _class_folders(folders, base, within)


class _Folders:
    """Which folders hold images, right in them or below."""

    def __init__(self, tree: ImageTree) -> None:
        self.tree = tree
        self.direct = {parts for parts, _ in tree.images}
        unreadable = {folder.parts for folder in tree.unreadable}
        self._below: dict[Parts, dict[str, None]] = {}
        for parts in sorted(
            self.direct | unreadable, key=lambda parts: [name.encode(errors="surrogateescape") for name in parts]
        ):
            for depth, name in enumerate(parts):
                self._below.setdefault(parts[:depth], {})[name] = None

    def children(self, parts: Parts) -> list[str]:
        """Return the folders in a folder that hold images, in the order of their names."""
        return list(self._below.get(parts, ()))

    def enter(self) -> Parts:
        """Return the folder that matters: a single folder around all others, as archives have it, is entered."""
        base: Parts = ()
        while len(names := self.children(base)) == 1:
            inner = (*base, names[0])
            if split_of(names[0]) or inner in self.direct or not self.children(inner):
                break
            base = inner
        return base

    def enter_split(self, parts: Parts) -> Parts:
        """Return the folder within a split's folder that has the classes, as in train/train/ and train/images/."""
        while len(names := self.children(parts)) == 1:
            inner = (*parts, names[0])
            plain = split_of(names[0]) or names[0].lower() in _PLAIN_FOLDERS
            if not plain or inner in self.direct or not self.children(inner):
                break
            parts = inner
        return parts

    def inner_splits(self, parts: Parts) -> bool:
        """Return whether all that a class folder holds are folders for splits, of which one is for training."""
        names = [split_of(name) for name in self.children(parts)]
        return parts not in self.direct and all(names) and "train" in names

    def empty(self, parts: Parts) -> Iterator[Parts]:
        """Yield the folders right in a folder that hold nothing."""
        full = set(self.children(parts))
        for folder in self.tree.folders:
            if folder[:-1] == parts and folder[-1] not in full:
                yield folder


def _class_folders(folders: _Folders, base: Parts, within: str) -> Layout:
    depth, images = len(base), []
    for parts, path in folders.tree.images:
        if len(parts) > depth:
            images.append(Placed(path, "train", parts[depth]))
        else:
            folders.tree.pass_over("image outside the class folders", path)
    description = f"{within}a folder a class"
    if named := [child for child in folders.children(base) if split_of(child)]:
        description += f"; {printable(named[0])}/ was taken for a class"
    return Layout(images, [(parts, "train") for parts in folders.empty(base)], description)


def _class_first(folders: _Folders, base: Parts, within: str) -> Layout:
    depth = len(base)
    images, order = [], ("train", "validation", "test")
    for parts, path in folders.tree.images:
        if len(parts) > depth + 1 and (split := split_of(parts[depth + 1])):
            images.append(Placed(path, split, parts[depth]))
        else:
            folders.tree.pass_over("image outside the class folders", path)
    images.sort(key=lambda image: order.index(image.split))
    empty = [(parts, "train") for parts in folders.empty(base)]
    return Layout(images, empty, f"{within}a folder a class, with folders for splits in each")


def _split_folders(folders: _Folders, base: Parts, splits: dict[str, str], within: str) -> Layout:
    roots = {child: folders.enter_split((*base, child)) for child in splits}
    images = []
    for parts, path in folders.tree.images:
        child = parts[len(base)] if len(parts) > len(base) else ""
        root = roots.get(child)
        if root is not None and len(parts) > len(root) and parts[: len(root)] == root:
            images.append(Placed(path, splits[child], parts[len(root)]))
        elif child in splits or not child:
            folders.tree.pass_over("image outside the class folders", path)
        elif split_of(child):
            folders.tree.pass_over(f"image in {printable(child)}/, which has no class folders", path)
        else:
            folders.tree.pass_over(f"image in {printable(child)}/, beside the folders for splits", path)
    empty = [(parts, split) for child, split in splits.items() for parts in folders.empty(roots[child])]
    named = ", ".join(
        f"{'/'.join(map(printable, roots[child][len(base) :]))}/ ({split})" for child, split in splits.items()
    )
    return Layout(images, empty, f"{within}folders for splits {named} with a folder a class")


def _check_splits(tree: ImageTree, splits: dict[str, str], others: list[str], *, evaluation: bool) -> None:
    """Raise DataError unless there is one folder a split, one for training, and nothing else of importance."""
    found: dict[str, str] = {}
    for child, split in splits.items():
        if split in found:
            raise DataError(
                f"The folders {found[split]} and {printable(child)} are both {split} splits",
                allowed="one folder a split",
                fix="merge the two folders",
            )
        found[split] = printable(child)
    # With two splits the layout is certain, and the rest is reported as passed over.
    if others and ("train" not in found or len(found) == 1):
        raise DataError(
            f"{printable(tree.root)} has folders of images ({_some(others)}) beside the "
            f"{' and '.join(found)} split {', '.join(found.values())}/: what the classes are is not clear",
            allowed=ACCEPTS,
            fix="move all class folders into the folder for the split, or rename that folder if it is a class",
        )
    if "train" not in found and not evaluation:
        raise DataError(
            f"{printable(tree.root)} has the splits {', '.join(found)} but no training split",
            allowed="train/ beside validation/ and test/, or class folders only",
            fix="add a folder train, or name the folder that holds the classes",
        )


def _flat(tree: ImageTree, splits: dict[str, str]) -> DataError:
    shown = ", ".join(f"{printable(name)}/" for name in splits)
    folder, split = next(iter(splits.items()))
    example = Path(tree.images[0][1]).name
    return DataError(
        f"{printable(tree.root)} has images right in {shown}, without a folder for each class",
        allowed=f"{ACCEPTS}, such as train/cat/1.png",
        fix="move the images of each class into a folder with its name, or list them in a .csv file with the "
        "columns path, label and split, such as "
        f"'{printable(folder)}/{printable(example)},cat,{split}', and give that file; "
        "rename the folders if their names are the classes",
    )


def _no_classes(tree: ImageTree) -> DataError:
    there = f", but {len(tree.images):,} images right in it" if tree.images else ""
    if not there and tree.passed_over:
        there = ", only " + ", ".join(f"{item.n_files:,} {item.kind}" for item in tree.passed_over)
    return DataError(
        f"The folder {printable(tree.root)} has no class folders with training images{there}",
        allowed=f"{ACCEPTS} (suffixes {', '.join(sorted(SUFFIXES))})",
        fix="put the images of each class into a folder with the name of the class, or list them in a .csv file "
        "with the columns path and label",
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
