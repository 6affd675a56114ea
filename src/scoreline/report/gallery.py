"""Examples for the page: those of every cell of the confusion matrix, as small pictures with their scores."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from scoreline._typing import Array, FloatArray

__all__ = ["Cell", "Gallery", "Shown", "contribution_map", "data_uri", "thumbnail"]

#: Side of a thumbnail in pixels, at most, and that up to which it is shown without interpolation.
SIDE, TINY = 64, 16
#: Quality of JPEG.
QUALITY = 85
#: Red, green and blue of pixels with a positive, and of those with a negative contribution to a class's score.
FOR, AGAINST = (213, 94, 0), (0, 114, 178)


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
    contributions : bytes
        PNG of what each region adds to the score of the predicted class over that of the true one, or of the
        second best where these are the same; empty where features do not come from pixels.
    """

    id: str
    true: str
    predicted: str
    guesses: Sequence[tuple[str, float, float | None]]
    picture: bytes = b""
    contributions: bytes = b""


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
    """

    classes: Sequence[int]
    cells: Sequence[Cell]
    surest: Sequence[Shown]


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


def contribution_map(regions: FloatArray) -> bytes:
    """Return regions ``(rows, columns)`` as a PNG: one colour for the class, one against it, empty at 0."""
    from PIL import Image

    largest = float(np.abs(regions).max()) or 1.0
    rgba = np.empty((*regions.shape, 4), np.uint8)
    rgba[..., :3] = np.where((regions > 0)[..., None], FOR, AGAINST)
    rgba[..., 3] = np.rint(255 * np.sqrt(np.abs(regions) / largest))
    return _encoded(Image.fromarray(rgba), "PNG", optimize=True)


def data_uri(picture: bytes) -> str:
    """Return a PNG or JPEG file as an address that holds all of it."""
    kind = "jpeg" if picture.startswith(b"\xff\xd8") else "png"
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"


def _encoded(picture: object, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)  # type: ignore[attr-defined]
    return file.getvalue()
