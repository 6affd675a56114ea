"""Which files are images: by their suffix, else by their first bytes."""

from __future__ import annotations

import re
from functools import cache

from scoreline.errors import ImageError, MissingPackageError

__all__ = ["ALLOWED", "FORMATS", "HEAD", "SUFFIXES", "check_readable", "image_error", "is_image"]

#: Suffixes of the files that count as images whatever they hold, in lower case.
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".avif",
    ".heic", ".heif", ".ppm", ".pgm", ".pbm", ".pnm",
})  # fmt: skip

#: Pillow reads many more formats, some of which start other programs or are hardly ever tested.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "DIB", "GIF", "TIFF", "PPM", "AVIF")
#: Formats, for messages.
ALLOWED = "whole JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF or PNM files, or HEIC files with the extra 'heic'"

#: Signatures of formats.
HEAD = 32
# A suffix may be missing or wrong. BMP and PNM begin as a text may begin, so more bytes are checked.
_BEGINNINGS = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|II\*\0|MM\0\*|II\+\0|MM\0\+"
    rb"|BM....\0\0\0\0....[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0|P[456]\s(?:#[^\n]*\n)?\d+\s+\d+"
    rb"|....ftyp(?:avif|avis|heic|heix|heim|heis|hevc|hevx|mif1|msf1)",
    re.DOTALL,
)
_HEIF = re.compile(rb"....ftyp(?:heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL)


def is_image(head: bytes) -> bool:
    """Return whether a file that begins like this is an image of a format that can be read."""
    return _BEGINNINGS.match(head) is not None


def check_readable(content: bytes) -> tuple[str, ...]:
    """Return the formats as which Pillow may open a file.

    Raises
    ------
    MissingPackageError
        It is a HEIC file, and the package that reads them is not installed.
    """
    if not _HEIF.match(content) or (content[8:12] in (b"mif1", b"msf1") and b"avif" in content[:64]):
        return FORMATS
    if not _heif_is_there():
        raise MissingPackageError(
            "There are HEIC images, and the package pillow-heif, which reads them, is not installed",
            allowed="HEIC images with the extra 'heic'",
            fix="run: pip install 'scoreline[heic]', or save the images as JPEG or PNG",
        )
    return ("HEIF",)


@cache
def _heif_is_there() -> bool:
    """Have Pillow read HEIC files, where that is possible."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def image_error(reason: str) -> ImageError:
    """Return the error of one image."""
    return ImageError(reason, allowed=ALLOWED, fix="save the image again")
