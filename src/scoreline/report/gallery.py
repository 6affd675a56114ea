"""Examples for the page: those of every cell of the confusion matrix, as small pictures with their scores."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["Cell", "Gallery", "RegionMaps", "Shown", "data_uri", "thumbnail"]

#: Side of a thumbnail in pixels, at most, and that up to which it is shown without interpolation.
SIDE, TINY = 64, 16
#: Quality of JPEG.
QUALITY = 85


class Shown(NamedTuple):
    """An example, and what the model says of it.

    Parameters
    ----------
    id : str
        Path or number.
    true, predicted : str
        Names of the classes.
    guesses : sequence of (class, score, probability)
        The best, and the true class; a probability is None where there is none.
    picture : bytes
        PNG or JPEG; empty for rows of numbers.
    regions : array (rows, columns), optional
        What each field of a grid over the image adds to the score of the predicted class less that of the true
        one, or of the second best where these are the same; None where it was not measured.
    """

    id: str
    true: str
    predicted: str
    guesses: Sequence[tuple[str, float, float | None]]
    picture: bytes = b""
    regions: FloatArray | None = None


class RegionMaps(NamedTuple):
    """How the contributions of regions came about.

    Parameters
    ----------
    sides : (int, int)
        Height and width of the images.
    covered : bool
        Whether regions were covered and scored anew, and are not sums over their pixels.
    complete : bool
        Whether there was time for all images that have a place for them.
    command : str
        The command that takes more time for it; empty where it was taken.
    """

    sides: tuple[int, ...]
    covered: bool
    complete: bool
    command: str


class Cell(NamedTuple):
    """A cell of the confusion matrix: its classes, its count, and some of its examples."""

    true: int
    predicted: int
    n: int
    examples: Sequence[Shown]


@dataclass(frozen=True, eq=False)
class Gallery:
    """Examples of the split that is evaluated.

    Parameters
    ----------
    classes : sequence of int
        Classes of the confusion matrix that is shown, in the order of all classes.
    cells : sequence of Cell
        Those that are not empty.
    surest : sequence of Shown
        Wrong ones that the model was surest of.
    maps : RegionMaps, optional
        Of the regions of the examples; None where these are no images.
    """

    classes: Sequence[int]
    cells: Sequence[Cell]
    surest: Sequence[Shown]
    maps: RegionMaps | None = None


def thumbnail(image: Array) -> bytes:
    """Return a picture ``(H, W, 1 or 3)`` of uint8 as a small PNG or JPEG, whichever takes less."""
    from PIL import Image

    plane = image[:, :, 0] if image.shape[2] == 1 else image
    picture = Image.fromarray(np.ascontiguousarray(plane))
    picture.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    png = _encoded(picture, "PNG", optimize=True)
    if max(picture.size) <= TINY:
        return png
    return min(png, _encoded(picture, "JPEG", quality=QUALITY), key=len)


def data_uri(picture: bytes) -> str:
    """Return a PNG or JPEG file as an address that holds all of it."""
    kind = "jpeg" if picture.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _encoded(picture: object, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)  # type: ignore[attr-defined]
    return file.getvalue()
