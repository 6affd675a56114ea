"""Every image in a folder, and a count of every other file."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from scoreline.data.base import PassedOver
from scoreline.data.description import LOGGER, describe_passed_over
from scoreline.data.image_kinds import HEAD, SUFFIXES, is_image
from scoreline.data.names import printable, relative_name
from scoreline.errors import DataError

__all__ = ["ImageTree", "Parts", "find_images", "walk"]

#: The names of the folders from the root to a file.
Parts: TypeAlias = tuple[str, ...]

#: Folders within folders; links and mistakes make more, and each is one call within another.
_MAX_DEPTH = 64
#: Folders that systems and programs make by themselves; those that begin with a dot are hidden anyway.
_SYSTEM_FOLDERS = frozenset({
    "__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found", "__pycache__",
})  # fmt: skip
#: Names that are kept of each kind of files passed over.
_KEPT = 1000


class Unreadable(NamedTuple):
    """A folder whose files are not known."""

    parts: Parts
    reason: str
    #: Whether the system refuses to list it.
    refused: bool = False


@dataclass
class ImageTree:
    """What was found in a folder."""

    root: Path
    #: The folder and the path of every image, in the order of the names.
    images: list[tuple[Parts, str]] = field(default_factory=list)
    #: Every folder below the root.
    folders: list[Parts] = field(default_factory=list)
    #: Folders that could not be listed.
    unreadable: list[Unreadable] = field(default_factory=list)
    _passed: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def pass_over(self, kind: str, path: str) -> None:
        """Count a file or folder that is not used."""
        self._counts[kind] += 1
        if len(self._passed[kind]) < _KEPT:
            self._passed[kind].append(relative_name(path, self.root))

    @property
    def passed_over(self) -> tuple[PassedOver, ...]:
        """What is not used, by kind."""
        return tuple(
            PassedOver(kind, self._counts[kind], tuple(self._passed[kind])) for kind in sorted(self._counts)
        )


def walk(root: Path, follow: Callable[[Parts], bool] = lambda parts: len(parts) == 1) -> ImageTree:
    """List all images below a folder.

    Parameters
    ----------
    root : path
    follow : callable, optional
        Whether a folder is entered that is but a link; by default right under the root. Never one that leads back.

    Raises
    ------
    DataError
        The root cannot be listed.
    """
    tree = ImageTree(root)
    _walk(tree, root, (), follow, frozenset())
    return tree


def find_images(paths: Iterable[Path]) -> list[Path]:
    """Return image files: those named, and all in the folders named; log what is passed over in these.

    Raises
    ------
    DataError
        A path does not exist, or a folder holds no image.
    """
    files: list[Path] = []
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - that of Path raises where a folder may not be entered
            tree = walk(path)
            if not tree.images:
                raise DataError(
                    f"The folder {printable(path)} holds no image{_instead(tree)}",
                    allowed="files ending in " + ", ".join(sorted(SUFFIXES)),
                    fix="check the path",
                )
            files += [Path(file) for _, file in tree.images]
            for folder in tree.unreadable:
                tree.pass_over(folder.reason, os.fspath(path.joinpath(*folder.parts)))
            if tree.passed_over:
                LOGGER.info("%s: %s", printable(path), describe_passed_over(tree.passed_over))
        elif _may_be_there(path):
            files.append(path)
        else:
            raise DataError(
                f"There is no file or folder {printable(path)}",
                allowed="paths of images or of folders of images",
                fix="check the path",
            )
    return files


def _may_be_there(path: Path) -> bool:
    """Return whether a path is there, or cannot be looked up: why, its reading will say."""
    try:
        return path.exists()
    except OSError:
        return True


def _instead(tree: ImageTree) -> str:
    found = ", ".join(f"{item.n_files} {item.kind}" for item in tree.passed_over)
    return f", only {found}" if found else ""


def _walk(
    tree: ImageTree,
    folder: Path,
    parts: Parts,
    follow: Callable[[Parts], bool],
    above: frozenset[tuple[int, int]],
) -> None:
    try:
        status = folder.stat()
        with os.scandir(folder) as scan:
            entries = sorted(scan, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        reason = f"The folder {printable(folder)} cannot be read ({error.strerror})"
        if parts:
            tree.unreadable.append(Unreadable(parts, reason, refused=True))
            return
        raise DataError(
            reason, allowed="folders that you may list", fix="change its permissions, or move it away"
        ) from error
    above |= {(status.st_dev, status.st_ino)}
    for entry in entries:
        if entry.name.startswith("."):
            tree.pass_over("hidden", entry.path)
        elif not entry.is_dir():
            _sort_file(tree, parts, entry)
        elif len(parts) >= _MAX_DEPTH:
            tree.unreadable.append(Unreadable((*parts, entry.name), f"more than {_MAX_DEPTH} folders deep"))
        elif entry.name.lower() in _SYSTEM_FOLDERS:
            tree.pass_over("folder of the system", entry.path)
        elif entry.is_symlink() and not (follow((*parts, entry.name)) and _leads_on(entry, above)):
            tree.pass_over("link to a folder", entry.path)
        else:
            inner = (*parts, entry.name)
            tree.folders.append(inner)
            _walk(tree, Path(entry), inner, follow, above)


def _leads_on(entry: os.DirEntry[str], above: frozenset[tuple[int, int]]) -> bool:
    status = entry.stat()
    return (status.st_dev, status.st_ino) not in above


def _sort_file(tree: ImageTree, parts: Parts, entry: os.DirEntry[str]) -> None:
    _, dot, ending = entry.name.rpartition(".")
    suffix = f".{ending.lower()}" if dot and ending else ""
    if suffix in SUFFIXES or _begins_like_image(entry):
        tree.images.append((parts, entry.path))
    else:
        tree.pass_over(printable(suffix) if suffix else "without suffix", entry.path)


def _begins_like_image(entry: os.DirEntry[str]) -> bool:
    try:
        if not entry.is_file():  # a pipe would be waited for
            return False
        with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - as fast as there are files
            return is_image(file.read(HEAD))
    except OSError:
        return False
