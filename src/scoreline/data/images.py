"""From the bytes of one image file to 8-bit pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from scoreline._typing import Array
from scoreline.data.jpeg import decode_plain_jpeg
from scoreline.data.scratch import Allocate
from scoreline.errors import ImageError

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "SUFFIXES",
    "decode_image",
    "decode_pixels",
    "fit_image",
    "match_channels",
    "pillow_warnings_ignored",
    "resize_images",
    "to_pixels",
]

#: Suffixes of the files that count as images, in lower case.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"})

# Pillow knows many more formats, some of which start other programs or are hardly ever tested.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N", "F"})
_ORIENTATION_KEYS = frozenset({"exif", "xmp", "Raw profile type exif", "XML:com.adobe.xmp"})


@contextmanager
def pillow_warnings_ignored() -> Iterator[None]:
    """Silence Pillow's warnings: what they warn of (large or damaged files) is found and reported here.

    Warning filters belong to the whole process, so this stands around a pool of threads, not within one.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\..*")
        # Raised on behalf of the caller, so the module filter does not see this one.
        warnings.filterwarnings("ignore", message=r"Image size \(\d+ pixels\)")
        yield


def decode_image(content: bytes, *, max_pixels: int, size: tuple[int, int] | None = None) -> Image.Image:
    """Decode the first picture of a file and turn it upright.

    Parameters
    ----------
    content : bytes
        A JPEG, PNG, WebP, BMP or GIF file.
    max_pixels : int
        Limit on width times height, checked before any pixel is decoded.
    size : (height, width), optional
        Fit the picture to this size (see `fit_image`); JPEG files are then decoded at a lower resolution where
        that is enough.

    Returns
    -------
    PIL.Image.Image
        Mode ``L`` for grey pictures, else ``RGB``.

    Raises
    ------
    ImageError
        The file is damaged, cut off, of another format or too large.

    Notes
    -----
    Transparent pictures are laid over white; 16-bit grey keeps its upper 8 bits; CMYK and palettes become RGB.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=_FORMATS)
        width, height = image.size
        if width * height > max_pixels:
            raise _image_error(f"{width} x {height} pixels are more than the limit of {max_pixels}")
        if size is not None:
            # Twice the size wanted leaves the good filter something to do; the sides may yet be exchanged.
            image.draft(None, (2 * max(size), 2 * max(size)))
        image.load()
        if not _ORIENTATION_KEYS.isdisjoint(image.info):
            image = ImageOps.exif_transpose(image)
        image = _to_8_bit(image)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise _image_error("no image of a known format") from None
    except Exception as error:  # Pillow's readers raise whatever a damaged file leads them to
        raise _image_error(f"damaged image ({_first_line(error)})") from error
    return image if size is None else fit_image(image, size)


def decode_pixels(content: bytes, *, max_pixels: int, size: tuple[int, int] | None = None) -> Array:
    """Return pixels as `decode_image` does, ``(H, W)`` or ``(H, W, 3)`` uint8; plain JPEG files fast."""
    if size is None and (pixels := decode_plain_jpeg(content, max_pixels)) is not None:
        return pixels
    return np.asarray(decode_image(content, max_pixels=max_pixels, size=size))


def _image_error(reason: str) -> ImageError:
    return ImageError(reason, allowed="whole JPEG, PNG, WebP, BMP or GIF files", fix="save the image again")


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Return the picture in mode ``L`` or ``RGB``."""
    from PIL import Image

    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        return image
    target = "L" if image.mode in _GREY_MODES else "RGB"
    if image.mode.startswith(("I", "F")):
        values = np.clip(np.asarray(image), 0, 65_535).astype(np.uint16)
        return Image.fromarray((values >> 8).astype(np.uint8))
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
