"""Sound image files of each format, and the sums of their parts put right after damage."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

__all__ = ["samples_of", "with_right_sums"]

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 20, 4), dtype=np.uint8)
MODES = ("RGB", "L", "P", "RGBA", "1", "LA", "CMYK", "I;16", "I", "F")
#: Ways to save a picture that formats have beside the ordinary one.
WAYS = {
    "jpeg": [
        {"progressive": True},
        {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"},
    ],
    "tiff": [{"compression": name} for name in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")],
}
SEVERAL = ("gif", "tiff", "webp", "png")
PNG = b"\x89PNG\r\n\x1a\n"


def samples_of(kind):
    """Return image files of a format: its modes and ways, several pictures, more than 8 bits."""
    colours = Image.fromarray(PIXELS).convert("RGB")
    pictures = [(in_mode(mode), {}) for mode in MODES] + [(colours, way) for way in WAYS.get(kind, [])]
    if kind in SEVERAL:
        pictures.append((colours, {"save_all": True, "append_images": [colours.rotate(180)]}))
    files = []
    for picture, way in pictures:
        stream = io.BytesIO()
        try:
            picture.save(stream, kind, **way)
        except (OSError, ValueError):  # the format has no such mode
            continue
        files.append(stream.getvalue())
    return [*files, *([deep_png()] if kind == "png" else [])]


def in_mode(mode):
    """Return a picture of a mode; those of more than 8 bits use them."""
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        return Image.fromarray(PIXELS[..., 0].astype(kind) * kind(257))
    return Image.fromarray(PIXELS).convert(mode)


def deep_png():
    """Return a PNG file of 16 bits a colour, which Pillow does not write."""
    height, width = PIXELS.shape[:2]
    rows = PIXELS[..., :3].astype(">u2") * 257
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(data)), (b"IEND", b""))
    return PNG + b"".join(chunk(kind, content) for kind, content in parts)


def chunk(kind, content):
    """Return a part of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_right_sums(content):
    """Return a PNG file with right checksums of its parts, so that they are read; other files as they are."""
    if not content.startswith(PNG):
        return content
    parts, at = [PNG], len(PNG)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        own = content[at + 4 : at + 8 + length]
        if len(own) < 4 + length:
            break
        parts.append(content[at : at + 8 + length] + struct.pack(">I", zlib.crc32(own)))
        at += 12 + length
    return b"".join([*parts, content[at:]])
