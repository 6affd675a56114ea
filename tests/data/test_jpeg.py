"""Plain JPEG files may be decoded without Pillow, to the same pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from scoreline.data import jpeg
from scoreline.data.images import decode_pixels
from scoreline.data.jpeg import decode_plain_jpeg
from scoreline.errors import ImageError

pytest.importorskip("simplejpeg", reason="simplejpeg is not installed")
RNG = np.random.default_rng(0)


def encoded(mode="RGB", size=(33, 47), **options):
    """Return the bytes of a JPEG file of smooth noise."""
    small = RNG.integers(0, 256, (7, 9, len(mode)), dtype=np.uint8)
    image = Image.fromarray(small[..., 0] if mode == "L" else small, mode if mode == "CMYK" else None)
    file = io.BytesIO()
    image.resize(size[::-1], Image.Resampling.BICUBIC).save(file, "JPEG", **options)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "options", [{}, {"quality": 30}, {"subsampling": 0}, {"subsampling": 1}, {"progressive": True}]
)
def test_the_pixels_are_pillows(mode, options):
    content = encoded(mode, **options)
    pixels = decode_plain_jpeg(content, 10_000)
    assert pixels is not None
    np.testing.assert_array_equal(pixels, np.asarray(Image.open(io.BytesIO(content))))


@pytest.mark.parametrize("content", [encoded(), encoded("L"), encoded("CMYK")], ids=["colour", "grey", "four"])
def test_pixels_are_as_without_it(content, monkeypatch):
    fast = decode_pixels(content, max_pixels=10_000).pixels
    monkeypatch.setattr(jpeg, "_simplejpeg", lambda: None)
    np.testing.assert_array_equal(fast, decode_pixels(content, max_pixels=10_000).pixels)


def test_turned_pictures_are_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decode_pixels(encoded(exif=exif), max_pixels=10_000).pixels.shape == (47, 33, 3)


@pytest.mark.parametrize(
    "content",
    [
        encoded()[:-200],
        encoded()[:30],
        b"\xff\xd8",
        b"no picture",
        encoded(exif=Image.Exif()) + b"Exif\0",
        encoded("CMYK"),
        encoded(size=(200, 200)),
    ],
    ids=["cut off", "no pixels", "no header", "text", "metadata", "four colours", "too large"],
)
def test_pillow_evaluates_what_is_not_plain(content):
    assert decode_plain_jpeg(content, 10_000) is None


def test_damage_is_still_found():
    with pytest.raises(ImageError, match="damaged"):
        decode_pixels(encoded()[:-200], max_pixels=10_000)
    with pytest.raises(ImageError, match="limit"):
        decode_pixels(encoded(size=(200, 200)), max_pixels=10_000)
