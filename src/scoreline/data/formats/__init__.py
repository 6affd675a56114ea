"""Data formats: how files and folders become a data set.

To add one: a file here with one reader, a line in `READERS` (before the image folder, that takes any folder), a
line in ``docs/parts.md``.
"""

from __future__ import annotations

from pathlib import Path

from scoreline.data.base import Dataset
from scoreline.data.formats.base import Reader
from scoreline.data.formats.cifar_binary import CifarBinary
from scoreline.data.formats.cifar_pickle import CifarPickle
from scoreline.data.formats.idx import Idx
from scoreline.data.formats.image_folder import ImageFolder
from scoreline.data.formats.manifest import Manifest
from scoreline.data.formats.npy import Npy
from scoreline.data.formats.npz import Npz
from scoreline.data.names import printable
from scoreline.data.options import LoadOptions, Progress
from scoreline.errors import DataError
from scoreline.registry import Registry

__all__ = [
    "READERS",
    "CifarBinary",
    "CifarPickle",
    "Idx",
    "ImageFolder",
    "Manifest",
    "Npy",
    "Npz",
    "Reader",
    "read_path",
]

#: All readers; the first that recognises a path reads it.
READERS: Registry[Reader] = Registry(
    "data format",
    {
        "npz": Npz,
        "npy": Npy,
        "manifest": Manifest,
        "cifar-binary": CifarBinary,
        "cifar-pickle": CifarPickle,
        "idx": Idx,
        "image-folder": ImageFolder,
    },
)


def read_path(path: Path, options: LoadOptions, progress: Progress) -> Dataset:
    """Read a file or folder with the first reader that recognises it.

    Raises
    ------
    DataError
        No reader recognises it, or what it holds cannot be used.
    """
    if not (path.is_file() or path.is_dir()):
        raise DataError(
            f"{printable(path)} is neither a regular file nor a folder",
            allowed="files with their content on the disk, and folders of them",
            fix="write the data into a file",
        )
    try:
        for name in READERS:
            reader = READERS.build(name)
            if reader.matches(path):
                return reader.read(path, options, progress)
    except PermissionError as error:
        raise DataError(
            f"{printable(error.filename or path)} cannot be read ({error.strerror})",
            allowed="files and folders that you may read",
            fix="change their permissions, or give another path",
        ) from error
    raise DataError(
        f"{printable(path)} is of no known data format",
        allowed="; ".join(READERS[name].accepts for name in READERS),
        fix="bring the data into one of these forms",
    )
