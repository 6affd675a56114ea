"""Plain JPEG files, decoded without Pillow where simplejpeg is installed (``pip install scoreline[fast]``)."""

from __future__ import annotations

from functools import cache
from typing import Any

from scoreline._typing import Array

__all__ = ["decode_plain_jpeg"]

#: Markers of orientation or of other content, which are left to Pillow.
_METADATA = (b"Exif\0", b"http://ns.adobe.com/xap")


def decode_plain_jpeg(content: bytes, max_pixels: int, size: tuple[int, int] | None = None) -> Array | None:
    """Return the pixels of a JPEG file, ``(H, W)`` or ``(H, W, 3)`` uint8, or None where Pillow has to decode it.

    Both use libjpeg-turbo, and give the same pixels; around it, simplejpeg takes a tenth of Pillow's time on small
    images. Only whole files of grey or YCbCr pixels without an orientation are decoded: all others, damaged ones
    too, are left to Pillow, so that what can be read does not depend on what is installed.

    Parameters
    ----------
    content : bytes
        A file of any kind.
    max_pixels : int
        Limit on width times height, checked before any pixel is decoded.
    size : (height, width), optional
        Take pictures of this size only: all others have to be fitted to it.
    """
    decoder = _simplejpeg()
    if decoder is None or not content.startswith(b"\xff\xd8") or any(mark in content for mark in _METADATA):
        return None
    try:
        height, width, colours, _ = decoder.decode_jpeg_header(content)
        fits = height * width <= max_pixels and size in (None, (height, width))
        if not fits or colours not in ("Gray", "YCbCr"):
            return None
        pixels: Array = decoder.decode_jpeg(content, "GRAY" if colours == "Gray" else "RGB")
    except ValueError:
        return None
    return pixels[..., 0] if colours == "Gray" else pixels


@cache
def _simplejpeg() -> Any:
    try:
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg
