"""Bounds on the parts of an image file that Pillow reads one by one or gathers.

A file of some megabytes may consist of a million segments of a few bytes each, and what JPEG files say of the
camera is gathered from all of them, copied anew at each.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from scoreline.data.image_kinds import image_error

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["PartsStream", "check_decoding", "check_parts"]

#: Segments of a JPEG file that hold EXIF data: one, and as many in each further picture of the file.
_MOST_EXIF = 100
#: Reads that any file may cause, and bytes for each more: GIF files are read in blocks of up to 255.
_READS, _BYTES_A_READ, _MOST_READS = 50_000, 64, 500_000
#: Strips or tiles of a TIFF file: 50,000 rows one by one, or 64 megapixels in squares of 64.
_MOST_STRIPS = 100_000
_STRIPS, _TILES = 273, 324
#: What Pillow decodes in Python, some 10 million numbers a second.
_SLOW_DECODERS, _SLOW_PIXELS, _SLOW_BYTES = ("bmp_rle", "ppm_plain"), 1 << 23, 1 << 23


class PartsStream(io.BytesIO):
    """The content of an image file, from which Pillow may read only as often as files of this size call for."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        # BMP files have no parts, and those that are packed are read byte by byte.
        more = len(content) if content.startswith(b"BM") else min(len(content) // _BYTES_A_READ, _MOST_READS)
        self._left = _READS + more

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some bytes; raise ValueError where that happens too often."""
        self._left -= 1
        if self._left < 0:
            raise ValueError("it consists of too many small parts")
        return super().read(size)


def check_parts(content: bytes) -> None:
    """Raise ImageError for a file whose headers take Pillow minutes or gigabytes to gather."""
    if content.startswith(b"\xff\xd8") and content.count(b"Exif\0\0") > _MOST_EXIF:
        raise image_error(f"EXIF data in more than {_MOST_EXIF} segments")
    if content.startswith((b"II", b"MM")) and _strips(content) > _MOST_STRIPS:
        raise image_error(f"more than {_MOST_STRIPS:,} strips or tiles")


def check_decoding(image: Image.Image, n_bytes: int) -> None:
    """Raise ImageError for a picture of so many bytes that was opened and whose decoding would take very long."""
    slow = any(tile[0] in _SLOW_DECODERS for tile in getattr(image, "tile", ()))
    if slow and (image.width * image.height > _SLOW_PIXELS or n_bytes > _SLOW_BYTES):
        raise image_error(
            f"{image.width} x {image.height} pixels in {n_bytes} bytes of a packing that is read number by number"
        )


def _strips(content: bytes) -> int:
    """Return how many strips and tiles the first picture of a TIFF file announces; 0 where it cannot be read."""
    order = "<" if content.startswith(b"II") else ">"
    try:
        large = struct.unpack_from(order + "H", content, 2)[0] == 43
        count_form, entry_form, size = ("Q", "HHQ", 20) if large else ("H", "HHI", 12)
        (start,) = struct.unpack_from(order + ("Q" if large else "I"), content, 8 if large else 4)
        (count,) = struct.unpack_from(order + count_form, content, start)
        first = start + struct.calcsize(order + count_form)
        places = range(first, first + size * min(count, 1 << 16), size)
        entries = (struct.unpack_from(order + entry_form, content, place) for place in places)
        return max((length for tag, _, length in entries if tag in (_STRIPS, _TILES)), default=0)
    except (struct.error, OverflowError):
        return 0
