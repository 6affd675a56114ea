"""Folders of images, named by their class."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from scoreline.data.base import Dataset, PassedOver, Rejected
from scoreline.data.description import describe_passed_over
from scoreline.data.formats.base import Reader, split_of
from scoreline.data.formats.layout import ACCEPTS, Layout, understand
from scoreline.data.image_files import ImageFile, read_image_files
from scoreline.data.image_tree import Parts, walk
from scoreline.data.names import printable, relative_name
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.rejections import check_folders
from scoreline.errors import DataError

__all__ = ["ImageFolder"]


class ImageFolder(Reader):
    """``root/<class>/*`` or ``root/{train,validation,test}/<class>/*`` or ``root/<class>/{train,...}/*``.

    Splits may have other customary names (see `split_of`), and a single folder around all is entered. Images may
    be deeper: the folder right under the root (or the split) names the class. Files are images by their suffix or
    else by their first bytes; all others, and images outside the class folders, are passed over and counted.
    Classes are sorted by name and matched by name across splits, where need be without regard to letter case. A
    class folder without images is no class; it is listed among the rejected. An image of a class that the training
    split has not got is rejected. Folders that may mean several things are refused.
    """

    accepts: ClassVar[str] = ACCEPTS

    def matches(self, path: Path) -> bool:
        """Any folder."""
        return path.is_dir()

    def read(self, path: Path, options: LoadOptions, progress: Progress) -> Dataset:
        """List the folders, then read the images; see `Reader.read`."""
        tree = walk(path, _may_be_link)
        layout = understand(tree, evaluation=options.evaluation)
        matcher = _Classes(layout, evaluation=options.evaluation)
        files: list[ImageFile] = []
        bad: list[Rejected] = []
        refused: list[Rejected] = []
        for unread in tree.unreadable:
            split = next((s for part in unread.parts if (s := split_of(part))), "train")
            bad.append(Rejected(relative_name(path.joinpath(*unread.parts), path), split, unread.reason))
            if unread.refused:
                refused.append(bad[-1])
        check_folders(refused, options.max_rejected)
        for image, split, folder in layout.images:
            name = relative_name(image, path)
            if (label := matcher.label(folder)) is None:
                reason = f"the class {printable(folder)} is not among the classes of the training split"
                bad.append(Rejected(name, split, reason))
            else:
                files.append(ImageFile(image, name, split, label))
        if not matcher.names:
            raise DataError(
                f"The folder {printable(path)} has no class folders with training images",
                allowed=ACCEPTS,
                fix="put the images of each class into a folder with the name of the class",
            )
        result = read_image_files(files, matcher.names, options, progress, already_bad=bad)
        empty = [Rejected(_joined(parts), split, "no image in this folder") for parts, split in layout.empty]
        dataset = result.dataset(printable(path.resolve().name), matcher.names, evaluation=options.evaluation)
        return replace(
            dataset,
            rejected=(*dataset.rejected, *empty),
            notes=(*dataset.notes, *_notes(empty, tree.passed_over, matcher)),
            layout=layout.description,
            passed_over=tree.passed_over,
        )


def _may_be_link(parts: Parts) -> bool:
    """Return whether a folder may be a link: the folder of a class or split."""
    return len(parts) == 1 or (len(parts) == 2 and split_of(parts[0]) is not None)


def _joined(parts: Sequence[str]) -> str:
    return "/".join(map(printable, parts))


class _Classes:
    """The classes of the training split (for an evaluation, of all splits), found by the names of folders."""

    def __init__(self, layout: Layout, *, evaluation: bool) -> None:
        folders = {name for _, split, name in layout.images if evaluation or split == "train"}
        self.names = sorted({printable(name) for name in folders})
        self._labels = {name: label for label, name in enumerate(self.names)}
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.names:
            alike[_plain(name)].append(name)
        self._alike = alike
        #: What was matched although it is written otherwise.
        self.matched: dict[str, str] = {}

    def label(self, folder: str) -> int | None:
        """Return the label of a folder's images, None where there is no such class."""
        name = printable(folder)
        if name in self._labels:
            return self._labels[name]
        candidates = self._alike.get(_plain(name), [])
        if len(candidates) != 1:
            return None
        self.matched[name] = candidates[0]
        return self._labels[candidates[0]]

    def near_twins(self) -> Iterator[list[str]]:
        """Yield classes whose names differ only in letter case and the like."""
        return (names for names in self._alike.values() if len(names) > 1)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _notes(empty: Sequence[Rejected], passed_over: Sequence[PassedOver], matcher: _Classes) -> Iterator[str]:
    for item in empty[:10]:
        yield f"The class folder {item.path} has no images and was left out."
    if len(empty) > 10:
        yield f"So were {len(empty) - 10} other class folders."
    for names in matcher.near_twins():
        yield f"The classes {' and '.join(names)} are kept apart although their names hardly differ."
    for name, taken in matcher.matched.items():
        yield f"The folder {name} was taken for the class {taken}."
    if passed_over:
        yield describe_passed_over(passed_over)
