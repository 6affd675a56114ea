"""Pixels of more than 8 bits: which of their values become black and white."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from scoreline._typing import Array
from scoreline.data.image_kinds import check_readable, image_error
from scoreline.data.image_parts import PartsStream
from scoreline.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "PixelRange",
    "RangeNeeded",
    "RangeOf",
    "deep_values",
    "is_deep",
    "only_8_bits",
    "own_range",
    "range_between",
]

#: The byte order in which a second decoding finds the lower bytes, where the first took the upper ones.
_OTHER_BYTES = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
#: Fewer than 8 bits are not assumed: dark images of small values stay dark.
_LEAST_BITS = 8


class PixelRange(NamedTuple):
    """The values that become 0 and 255; those between are scaled, those beyond are cut off."""

    low: float
    high: float

    def to_8_bit(self, values: Array) -> Array:
        """Return values of any real dtype as uint8."""
        scaled = (values.astype(np.float32) - np.float32(self.low)) * np.float32(255 / (self.high - self.low))
        return np.rint(scaled.clip(0, 255)).astype(np.uint8)

    def __str__(self) -> str:
        return f"{self.low:,g} to {self.high:,.10g}"


class RangeNeeded(Exception):  # noqa: N818 - a signal to who decodes many images, not an error
    """An image has more than 8 bits, and the range is not decided yet."""


#: From the values of one image to the range by which it is scaled.
RangeOf: TypeAlias = Callable[[Array], PixelRange]


def only_8_bits() -> ImageError:
    """Return the error of an image of more than 8 bits for a model that has seen no such image."""
    return ImageError(
        "its pixels have more than 8 bits, and the model was trained on pixels of 8 bits",
        allowed="images of 8 bits",
        fix="save the image with 8 bits, in the way in which the training images were made",
    )


def range_between(lowest: float, highest: float, *, whole: bool) -> PixelRange:
    """Return the range for values between a lowest and a highest one.

    Whole numbers from 0 on are taken to be of as many bits, 8 at the least, as the highest one needs: 12 bits
    (0 to 4,095) for values up to 3,000. Fractions between 0 and 1 keep that range, fractions between 0 and 255
    likewise. All else is scaled from the lowest to the highest value.

    Parameters
    ----------
    lowest, highest : float
        Of all images that are to be scaled alike.
    whole : bool
        Whether the values are whole numbers.
    """
    if lowest >= 0:
        if whole:
            return PixelRange(0, 2.0 ** max(_LEAST_BITS, int(highest).bit_length()) - 1)
        for limit in (1.0, 255.0):
            if highest <= limit:
                return PixelRange(0, limit)
    return PixelRange(lowest, highest if highest > lowest else lowest + 1)


def own_range(values: Array) -> PixelRange:
    """Return the range of one image alone."""
    return range_between(float(values.min()), float(values.max()), whole=values.dtype.kind in "iu")


def is_deep(image: Image.Image) -> bool:
    """Return whether the pixels of an image that was opened and not yet loaded have more than 8 bits."""
    return image.mode.startswith(("I", "F")) or any(_raw_mode(tile)[-3:] in _OTHER_BYTES for tile in _tiles(image))


def deep_values(image: Image.Image, content: bytes) -> Array:
    """Return the values of a deep image: (H, W), or (H, W, bands) of 16 bits where it is in colour.

    Pillow keeps only the upper byte of 16-bit colours; the lower byte is decoded by itself.

    Raises
    ------
    ImageError
        A value is not a number.
    """
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise image_error("a pixel is not a finite number")
        return values
    from PIL import Image as Pillow

    lower = Pillow.open(PartsStream(content), formats=check_readable(content))
    grey = any(_raw_mode(tile) == "LA;16B" for tile in _tiles(lower))
    lower.tile = [tile._replace(args=_other_args(tile.args)) for tile in _tiles(lower)]
    low = np.asarray(lower)
    if grey:  # read as the four bytes that two numbers consist of
        both = low.astype(np.uint16)
        return both[..., ::2] << 8 | both[..., 1::2]
    return np.asarray(image).astype(np.uint16) << 8 | low


def _tiles(image: Image.Image) -> Sequence[Any]:
    return getattr(image, "tile", ())


def _raw_mode(tile: Any) -> str:
    """Return how the bytes of a part of the file are laid out; it comes alone or first of several arguments."""
    args = tile.args if isinstance(tile.args, tuple) else (tile.args,)
    return str(args[0]) if args else ""


def _other_args(args: Any) -> Any:
    mode, *rest = args if isinstance(args, tuple) else (args,)
    mode = "RGBA" if mode == "LA;16B" else mode[:-3] + _OTHER_BYTES.get(mode[-3:], mode[-3:])
    return (mode, *rest) if isinstance(args, tuple) else mode
