"""From the bytes of one image file to 8-bit pixels."""

from __future__ import annotations

import ctypes
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from scoreline._typing import Array
from scoreline.data.decoding_room import DecodingRoom
from scoreline.data.image_kinds import check_readable, image_error
from scoreline.data.image_parts import PartsStream, check_decoding, check_parts
from scoreline.data.jpeg import decode_plain_jpeg
from scoreline.data.pixel_range import RangeNeeded, RangeOf, deep_values, is_deep, own_range
from scoreline.errors import ImageError, ScorelineError
from scoreline.rows.scratch import Allocate

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "Picture",
    "decode_image",
    "decode_pixels",
    "fit_array",
    "fit_image",
    "match_channels",
    "open_image",
    "pillow_warnings_ignored",
    "resize_images",
    "to_pixels",
]

_GREY_MODES = frozenset({"1", "L", "LA", "La"})
#: Larger JPEG files are decoded by Pillow, with their memory counted.
_PLAIN_PIXELS = 1 << 22
_ORIENTATION_KEYS = frozenset({"exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp"})


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """Silence Pillow's warnings: what they warn of (large or damaged files) is found and reported here.

    Warning filters belong to the whole process, so this stands around a pool of threads, not within one.
    """
    _silence_libraries()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\..*")
        # Raised on behalf of the caller, so the module filter does not see this one.
        warnings.filterwarnings("ignore", message=r"Image size \(\d+ pixels\)")
        yield


@cache
def _silence_libraries() -> None:
    """Keep what libtiff and Pillow say of a damaged file off standard error, for good."""
    from PIL import _imaging

    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with suppress(OSError, AttributeError):  # it may be linked in another way
        pillow = ctypes.CDLL(_imaging.__file__)
        for setter in (pillow.TIFFSetErrorHandler, pillow.TIFFSetWarningHandler):
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setter(None)


class Picture(NamedTuple):
    """The result of decoding one image file."""

    #: ``(H, W)`` or ``(H, W, 3)`` of uint8.
    pixels: Array
    #: Whether it is the first of several pictures in the file.
    first_of_several: bool
    #: Height and width before the picture was turned upright and fitted to a size.
    sides: tuple[int, int]


def decode_image(
    content: bytes,
    *,
    max_pixels: int,
    size: tuple[int, int] | None = None,
    range_of: RangeOf = own_range,
    room: DecodingRoom | None = None,
) -> Image.Image:
    """Decode the first picture of a file and turn it upright.

    Parameters
    ----------
    content : bytes
        A JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF or PNM file; a HEIC file where pillow-heif is installed.
    max_pixels : int
        Limit on width times height, checked before any pixel is decoded.
    size : (height, width), optional
        Fit the picture to this size (see `fit_image`); JPEG files are then decoded at a lower resolution where
        that is enough.
    range_of : callable, optional
        Which values of pixels of more than 8 bits become 0 and 255; by default the picture's own decide (see
        `pixel_range.own_range`), so that pictures that are to be compared need a common range.
    room : DecodingRoom, optional
        Bounds what pictures that are decoded at the same time take.

    Returns
    -------
    PIL.Image.Image
        Mode ``L`` for grey pictures, else ``RGB``.

    Raises
    ------
    ImageError
        The file is damaged, cut off, of another format or too large.
    MissingPackageError
        It is a HEIC file, and pillow-heif is not installed.
    UsageError
        Decoding it takes more memory than the run may take.

    Notes
    -----
    Transparent pictures are laid over white; CMYK and palettes become RGB.
    """
    return _decode(content, max_pixels, size, range_of, room or DecodingRoom())[0]


def decode_pixels(
    content: bytes,
    *,
    max_pixels: int,
    size: tuple[int, int] | None = None,
    range_of: RangeOf = own_range,
    room: DecodingRoom | None = None,
) -> Picture:
    """Return the pixels of the picture that `decode_image` returns; plain JPEG files fast."""
    if (pixels := decode_plain_jpeg(content, min(max_pixels, _PLAIN_PIXELS), size)) is not None:
        return Picture(pixels, first_of_several=False, sides=(pixels.shape[0], pixels.shape[1]))
    image, several, sides = _decode(content, max_pixels, size, range_of, room or DecodingRoom())
    return Picture(np.asarray(image), several, sides)


def fit_array(values: Array, *, max_pixels: int, size: tuple[int, int], range_of: RangeOf = own_range) -> Picture:
    """Return the picture that an array of pixels holds, fitted to a size: what a file of these pixels gives.

    Parameters
    ----------
    values : array (H, W) or (H, W, ch)
        1 channel (grey), 2 (grey and opacity), 3 (RGB) or 4 (RGB and opacity) of uint8; or 1 or 3 channels of
        other whole or real numbers, which count as pixels of more than 8 bits; or truth values, black and white.
    max_pixels, size, range_of
        See `decode_image`.

    Raises
    ------
    ImageError
        The array holds no picture, or a larger one than allowed.
    """
    from PIL import Image

    deep = values.dtype.kind in "iuf" and values.dtype != np.uint8
    channels = (1, 3) if deep else (1, 2, 3, 4)
    grey = values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values
    if values.dtype.kind not in "biuf" or (grey.ndim != 2 and (grey.ndim != 3 or grey.shape[2] not in channels)):
        raise ImageError(
            f"an array of shape {values.shape} and dtype {values.dtype} is no picture",
            allowed="(H, W) or (H, W, 1 to 4) of uint8; (H, W), (H, W, 1) or (H, W, 3) of other real numbers",
            fix="put the channels last; several pictures have four axes",
        )
    height, width = sides = grey.shape[0], grey.shape[1]
    if not 0 < height * width <= max_pixels:
        raise image_error(f"{width} x {height} pixels are none, or more than the limit of {max_pixels}")
    if deep:
        if not np.isfinite(grey).all():
            raise image_error("a pixel is not a finite number")
        grey = range_of(grey).to_8_bit(grey)
    elif grey.dtype == np.bool_:
        grey = grey.astype(np.uint8) * np.uint8(255)
    mode = "L" if grey.ndim == 2 else {2: "LA", 3: "RGB", 4: "RGBA"}[grey.shape[2]]
    image = _to_8_bit(Image.frombytes(mode, (width, height), np.ascontiguousarray(grey).tobytes()))
    return Picture(np.asarray(fit_image(image, size)), first_of_several=False, sides=sides)


def open_image(content: bytes, max_pixels: int) -> Image.Image:
    """Read the header of an image file, and raise ImageError where it announces more pixels than allowed."""
    from PIL import Image, UnidentifiedImageError

    formats = check_readable(content)
    check_parts(content)
    try:
        image: Image.Image = Image.open(PartsStream(content), formats=formats)
    except UnidentifiedImageError:
        raise image_error("no image of a known format") from None
    except Image.DecompressionBombError as error:  # at twice its limit, before the size is known
        limit = min(max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or max_pixels))
        raise image_error(f"its pixels are more than the limit of {limit}") from error
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
        raise image_error(f"damaged image ({_first_line(error)})") from error
    width, height = image.size
    if width * height > max_pixels:
        raise image_error(f"{width} x {height} pixels are more than the limit of {max_pixels}")
    check_decoding(image, len(content))
    return image


def _decode(
    content: bytes, max_pixels: int, size: tuple[int, int] | None, range_of: RangeOf, room: DecodingRoom
) -> tuple[Image.Image, bool, tuple[int, int]]:
    """Return the picture, whether the file holds others, and its original sides."""
    from PIL import ImageOps

    image = open_image(content, max_pixels)
    sides = image.height, image.width
    try:
        # Photographs of telephones hold a small copy for the screen, which is not reported.
        several = image.format != "MPO" and bool(getattr(image, "is_animated", False))
        if size is not None:
            # At twice the target size the good filter still resamples; the sides may yet be exchanged.
            image.draft(None, (2 * max(size), 2 * max(size)))
        with room.hold(image):
            image = _scaled(image, content, range_of) if is_deep(image) else image
            image.load()
            if not _ORIENTATION_KEYS.isdisjoint(image.info):
                image = ImageOps.exif_transpose(image)
            image = _to_8_bit(image)
            return (image if size is None else fit_image(image, size)), several, sides
    except (ScorelineError, RangeNeeded):
        raise
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
        raise image_error(f"damaged image ({_first_line(error)})") from error


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _scaled(image: Image.Image, content: bytes, range_of: RangeOf) -> Image.Image:
    """Return a picture of more than 8 bits with 8, in mode ``L`` where it is grey."""
    from PIL import Image

    values, opaque = deep_values(image, content), image.mode not in ("RGBA", "RGBa")
    bands = values if opaque or values.ndim == 2 else values[..., :-1]
    scaled = range_of(bands).to_8_bit(bands)
    if bands is not values:  # a share, that needs no common range
        scaled = np.concatenate([scaled, (values[..., -1:] >> 8).astype(np.uint8)], axis=-1)
    mode = image.mode if scaled.ndim == 3 else "L"
    if scaled.shape[2:] == (2,):
        mode = "LA"
    made = Image.frombytes(mode, scaled.shape[1::-1], np.ascontiguousarray(scaled).tobytes())
    made.info = {key: value for key, value in image.info.items() if key in _ORIENTATION_KEYS}
    made.getexif().update(image.getexif())
    return made


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Return the picture in mode ``L`` or ``RGB``."""
    from PIL import Image

    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    target = "L" if image.mode in _GREY_MODES else "RGB"
    if image.has_transparency_data:
        colours = image.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        return Image.alpha_composite(white, colours).convert(target)
    return image.convert(target)


def fit_image(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize the picture so that it just covers (height, width), and crop it about its centre."""
    from PIL import Image, ImageOps

    width_first = (size[1], size[0])
    if image.size == width_first:
        return image
    return ImageOps.fit(image, width_first, method=Image.Resampling.BICUBIC)


def to_pixels(image: Image.Image, channels: int) -> Array:
    """Return the picture, grey or colour, as an array (H, W, channels) of uint8, channels being 1 or 3.

    Grey fills all three channels; colour becomes grey by its luma.
    """
    pixels = np.asarray(image.convert("L") if channels == 1 else image)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    return np.broadcast_to(pixels, (*pixels.shape[:2], channels))


def match_channels(X: Array, channels: int) -> Array:
    """Bring images (N, H, W, ch), uint8, to 1 or 3 channels, as `to_pixels` does."""
    from PIL import Image

    if X.shape[3] == channels:
        return X
    pictures = (Image.fromarray(pixels[..., 0] if X.shape[3] == 1 else pixels) for pixels in X)
    return np.stack([to_pixels(picture, channels) for picture in pictures])


def resize_images(X: Array, size: tuple[int, int], *, allocate: Allocate = np.empty) -> Array:
    """Fit each of the images (N, H, W, ch), uint8, with ch 1 or 3, to (height, width)."""
    from PIL import Image

    if X.shape[1:3] == size:
        return X
    channels = X.shape[3]
    resized = allocate((len(X), *size, channels), np.uint8)
    for row, pixels in enumerate(X):
        image = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
        resized[row] = to_pixels(fit_image(image, size), channels)
    return resized
