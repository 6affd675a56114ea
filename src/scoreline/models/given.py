"""Images as they are given: paths, bytes of files, arrays of pixels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import singledispatch
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from scoreline._typing import Array
from scoreline.data.image_files import read_image_file
from scoreline.data.names import printable
from scoreline.errors import ImageError, UsageError

__all__ = ["ImageLike", "content_of", "each_image", "name_of"]

#: A path, the bytes of a file, or pixels ``(H, W)`` or ``(H, W, channels)``.
ImageLike: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Array"


@singledispatch
def each_image(images: Any) -> Iterator[ImageLike]:
    """Yield one image after the other."""
    try:
        return iter(images)
    except TypeError:
        raise UsageError(
            f"A {type(images).__name__} was given as images",
            allowed="paths, bytes of files, arrays of pixels, or several of these",
            fix="give the path of an image, or numpy.asarray of a picture",
        ) from None


@each_image.register(str)
@each_image.register(os.PathLike)
@each_image.register(bytes)
@each_image.register(bytearray)
@each_image.register(memoryview)
def _(images: ImageLike) -> Iterator[ImageLike]:
    return iter((images,))


@each_image.register(np.ndarray)
def _(images: Array) -> Iterator[ImageLike]:
    return iter(images if images.ndim == 4 else (images,))


@singledispatch
def content_of(image: Any) -> bytes | Array:
    """Return the bytes of a file, or pixels."""
    raise ImageError(
        f"a {type(image).__name__} is no image",
        allowed="paths, bytes of files and arrays of pixels",
        fix="give the path of an image",
    )


@content_of.register(str)
@content_of.register(os.PathLike)
def _(image: str | os.PathLike[str]) -> bytes:
    return read_image_file(Path(image))


@content_of.register(bytearray)
@content_of.register(memoryview)
def _(image: bytearray | memoryview) -> bytes:
    return bytes(image)


@content_of.register(bytes)
@content_of.register(np.ndarray)
def _(image: bytes | Array) -> bytes | Array:
    return image


@singledispatch
def name_of(image: Any, place: int) -> str:
    """Return what to call an image."""
    del image
    return f"image {place}"


@name_of.register(str)
@name_of.register(os.PathLike)
def _(image: str | os.PathLike[str], place: int) -> str:
    del place
    return printable(Path(image))
