"""Image files of very many small parts, which Pillow would read for minutes: refused before it does."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from scoreline.data.images import decode_pixels
from scoreline.errors import ImageError


def saved(kind, **how):
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, kind, **how)
    return stream.getvalue()


def jpeg(segment, count):
    whole = saved("jpeg")
    return whole[:2] + segment * count + whole[2:]


def png(part, count):
    def chunk(name, content=b""):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    whole = saved("png")
    return whole[:33] + chunk(part) * count + whole[33:]


def tiff(strips, order="<", large=False):
    """A picture one pixel wide, a strip for each row, all at the same place."""
    number, entry = ("Q", "HHQQ") if large else ("I", "HHII")
    tags = {256: 1, 257: strips, 258: 8, 259: 1, 262: 1, 273: None, 277: 1, 278: 1}
    start = 16 if large else 8
    place = start + struct.calcsize(order + ("Q" if large else "H") + number) + len(tags) * (20 if large else 12)
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if large else 42)
    head += struct.pack(order + "HHQ", 8, 0, start) if large else struct.pack(order + "I", start)
    entries = b"".join(
        struct.pack(order + entry, tag, 4, strips, place)
        if value is None
        else struct.pack(order + "HH" + number + "I", tag, 4, 1, value).ljust(20 if large else 12, b"\0")
        for tag, value in tags.items()
    )
    count = struct.pack(order + ("Q" if large else "H"), len(tags))
    return head + count + entries + struct.pack(order + number, 0) + struct.pack(order + "I", start) * strips


def bmp(width, height, data):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 0, 1, 1, 2, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 62) + head + bytes(8) + data


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (jpeg(b"\xff\xe1\0\x09Exif\0\0x", 101), "EXIF data in more than 100 segments"),
        (png(b"abCd", 40_000), "too many small parts"),
        (saved("gif")[:13] + b"\1" * 90_000, "too many small parts|no image"),
        (tiff(100_001), "more than 100,000 strips"),
        (tiff(100_001, ">"), "more than 100,000 strips"),
        (tiff(100_001, large=True), "more than 100,000 strips"),
        (bmp(1 << 12, 1 << 12, b"\1\1\0\0"), "read number by number"),
        (b"P2 2 2 255\n1 1 1 1".ljust((1 << 23) + 1), "read number by number"),
    ],
    ids=["exif", "png", "gif", "tiff", "tiff-big-endian", "bigtiff", "bmp", "ppm"],
)
def test_parts_without_end(content, said):
    with pytest.raises(ImageError, match=said):
        decode_pixels(content, max_pixels=1 << 26, size=(8, 8))


@pytest.mark.parametrize(
    "content",
    [
        jpeg(b"\xff\xe1\0\x09Exif\0\0x", 3),
        jpeg(b"\xff\xfe\0\2", 5_000),
        png(b"abCd", 5_000),
        tiff(500),
        tiff(500, ">"),
        tiff(500, large=True),
        bmp(64, 1000, (b"\1\1" * 64 + b"\0\0") * 1000),
        b"P2 2 2 255\n1 1 1 1",
    ],
    ids=["exif", "jpeg", "png", "tiff", "tiff-big-endian", "bigtiff", "bmp", "ppm"],
)
def test_many_parts_are_read(content):
    assert decode_pixels(content, max_pixels=1 << 26).pixels.dtype == np.uint8
