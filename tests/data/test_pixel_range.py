"""Pixels of more than 8 bits keep what they tell: one range for a data set, told, and the same for its model."""

import io

import numpy as np
import pytest
from PIL import Image

from scoreline.data import LoadOptions, decode_image, load_dataset
from scoreline.data.pixel_range import PixelRange, own_range, range_between
from scoreline.errors import ImageError

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("lowest", "highest", "whole", "expected"),
    [
        (0, 60, True, (0, 255)),
        (3, 255, True, (0, 255)),
        (0, 256, True, (0, 511)),
        (0, 4011, True, (0, 4095)),
        (0, 65_535, True, (0, 65_535)),
        (0, 2**31, True, (0, 2**32 - 1)),
        (-1000, 3000, True, (-1000, 3000)),
        (0.0, 0.7, False, (0, 1)),
        (0.0, 254.0, False, (0, 255)),
        (0.0, 300.0, False, (0, 300)),
        (-2.0, -2.0, False, (-2, -1)),
    ],
)
def test_ranges(lowest, highest, whole, expected):
    assert range_between(lowest, highest, whole=whole) == expected


def saved(path, values, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **options)
    return path


def dark_and_light(root, make, suffix=".png", count=6):
    for name, level in (("dark", 60), ("light", 200)):
        for number in range(count):
            values = RNG.normal(level, 10, (6, 7)).clip(0, 255)
            saved(root / name / f"{number}{suffix}", make(values))
    return root


@pytest.mark.parametrize(
    ("make", "suffix", "high"),
    [
        (lambda v: v.astype(np.uint16), ".png", 255),
        (lambda v: (v * 16).astype(np.uint16), ".png", 4095),
        (lambda v: (v * 257).astype(np.uint16), ".tif", 65_535),
        (lambda v: (v * 2**20).astype(np.int32), ".tif", 2**28 - 1),
        (lambda v: (v / 255).astype(np.float32), ".tif", 1),
        (lambda v: v.astype(np.float32), ".tiff", 255),
    ],
    ids=["16 bits up to 255", "12 of 16 bits", "16 bits", "32 bits", "fractions up to 1", "fractions up to 255"],
)
def test_one_range_for_all_images(tmp_path, make, suffix, high):
    data = load_dataset(dark_and_light(tmp_path, make, suffix), LoadOptions(validation=0))
    assert data.pixel_range == (0, high)
    assert data.example_shape == (6, 7, 1)
    means = [data.train.X[data.train.y == label].mean() for label in (0, 1)]
    assert means[0] == pytest.approx(60, abs=8)
    assert means[1] == pytest.approx(200, abs=8)
    assert any("more than 8 bits" in note and f"{high:,}" in note for note in data.notes)


def test_values_below_0_are_scaled_from_the_lowest_to_the_highest(tmp_path):
    dark_and_light(tmp_path, lambda v: (v * 10 - 1000).astype(np.int32), ".tif")
    data = load_dataset(tmp_path, LoadOptions(validation=0))
    assert data.pixel_range.low < 0
    assert (data.train.X.min(), data.train.X.max()) == (0, 255)


def test_the_test_split_does_not_choose_the_range(tmp_path):
    dark_and_light(tmp_path / "train", lambda v: v.astype(np.uint16))
    dark_and_light(tmp_path / "test", lambda v: (v * 200).astype(np.uint16))
    assert load_dataset(tmp_path, LoadOptions(validation=0)).pixel_range == (0, 255)


def test_a_given_range(tmp_path):
    dark_and_light(tmp_path, lambda v: v.astype(np.uint16))
    data = load_dataset(tmp_path, LoadOptions(validation=0, pixel_range=PixelRange(0, 511)))
    assert data.pixel_range == (0, 511)
    assert data.train.X.max() < 128


def test_8_bits_among_others_stay_as_they_are(tmp_path):
    dark_and_light(tmp_path, lambda v: (v * 16).astype(np.uint16))
    eight = RNG.integers(0, 256, (6, 7), dtype=np.uint8)
    saved(tmp_path / "dark" / "x.png", eight)
    data = load_dataset(tmp_path, LoadOptions(validation=0))
    np.testing.assert_array_equal(data.train.X[data.train.ids.index("dark/x.png"), ..., 0], eight)


def png_16(values):
    """Return a PNG of 16-bit colours, which Pillow does not write."""
    import cv2

    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[2]]
    return cv2.imencode(".png", values[..., order])[1].tobytes()


@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("high", [255, 4095, 65_535])
def test_colours_of_16_bits_keep_their_lower_bytes(bands, high):
    pytest.importorskip("cv2")
    values = RNG.integers(0, high + 1, (5, 6, bands)).astype(np.uint16)
    values[0, 0, :3] = high
    if bands == 4:
        values[..., 3] = 65_535
    found = np.asarray(decode_image(png_16(values), max_pixels=1000))
    np.testing.assert_array_equal(found, np.rint(values[..., :3] * np.float32(255 / high)))


def test_grey_of_16_bits_with_transparency(tmp_path):
    grey = RNG.integers(0, 4096, (5, 6)).astype(np.uint16)
    grey[0, 0] = 4095
    content = grey_and_alpha(grey)
    found = np.asarray(decode_image(content, max_pixels=1000))
    np.testing.assert_array_equal(found, np.rint(grey * np.float32(255 / 4095)))


def grey_and_alpha(grey):
    """Return a PNG of 16-bit grey that is opaque everywhere."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    both = np.dstack([grey, np.full_like(grey, 65_535)]).astype(">u2")
    lines = b"".join(b"\0" + line.tobytes() for line in both)
    header = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 16, 4, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_colours_of_16_bits_in_tiff(tmp_path, compression):
    cv2 = pytest.importorskip("cv2")
    values = RNG.integers(0, 4096, (5, 6, 3)).astype(np.uint16)
    values[0, 0] = 4095
    code = {"raw": 1, "tiff_lzw": 5}[compression]
    cv2.imwrite(str(tmp_path / "x.tif"), values[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, code])
    found = np.asarray(decode_image((tmp_path / "x.tif").read_bytes(), max_pixels=1000))
    np.testing.assert_array_equal(found, np.rint(values * np.float32(255 / 4095)))


def test_a_pixel_that_is_no_number():
    file = io.BytesIO()
    Image.fromarray(np.array([[0.5, np.nan]], dtype=np.float32)).save(file, "TIFF")
    with pytest.raises(ImageError, match="finite"):
        decode_image(file.getvalue(), max_pixels=1000)


def test_turned_pictures_of_16_bits_are_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.fromarray(np.arange(6, dtype=np.uint16).reshape(2, 3) * 40).save(file, "PNG", exif=exif)
    np.testing.assert_array_equal(
        np.asarray(decode_image(file.getvalue(), max_pixels=99)), [[120, 0], [160, 40], [200, 80]]
    )


def test_own_range_is_that_of_the_values():
    assert own_range(np.array([[0, 300]], dtype=np.uint16)) == (0, 511)
