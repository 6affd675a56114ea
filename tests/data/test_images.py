"""Every kind of picture becomes the same plain array; every broken one is refused with a reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from scoreline.data import decode_image, to_pixels
from scoreline.data.images import match_channels, pillow_warnings_ignored, resize_images
from scoreline.errors import ImageError

LIMIT = 1_000_000
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8)


def encoded(image, format="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def pixels(content, **options):
    image = decode_image(content, max_pixels=LIMIT, **options)
    return to_pixels(image, 1 if image.mode == "L" else 3)


@pytest.mark.parametrize("format", ["PNG", "BMP", "GIF"])
def test_lossless_formats_keep_every_pixel(format):
    few = (COLOURS // 64) * 64  # few enough colours for a GIF
    np.testing.assert_array_equal(pixels(encoded(Image.fromarray(few), format)), few)


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_lossy_formats_come_near(format):
    smooth = np.broadcast_to(np.linspace(0, 255, 32)[None, :, None], (32, 32, 3)).astype(np.uint8)
    found = pixels(encoded(Image.fromarray(smooth), format, quality=95))
    assert np.abs(found.astype(int) - smooth).mean() < 4


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_orientation_turns_pictures_upright(turn):
    big = np.kron(COLOURS, np.ones((8, 8, 1), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = encoded(Image.fromarray(big), "PNG", exif=exif)
    from PIL import ImageOps

    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(stored))))
    np.testing.assert_array_equal(pixels(stored), expected)
    assert (expected.shape[:2] == big.shape[:2]) == (turn <= 4)


def test_grey_stays_grey():
    grey = COLOURS[..., 0]
    found = pixels(encoded(Image.fromarray(grey)))
    np.testing.assert_array_equal(found, grey[..., None])


def test_bilevel_is_black_and_white():
    found = pixels(encoded(Image.fromarray(COLOURS[..., 0] > 127)))
    assert set(np.unique(found)) == {0, 255}


def test_16_bit_grey_is_scaled_not_clipped():
    deep = np.array([[0, 256, 32768, 65535]], dtype=np.uint16)
    np.testing.assert_array_equal(pixels(encoded(Image.fromarray(deep)))[0, :, 0], [0, 1, 128, 255])


def test_palette():
    palette = Image.fromarray(COLOURS).quantize(8)
    np.testing.assert_array_equal(pixels(encoded(palette)), np.asarray(palette.convert("RGB")))


def test_transparent_shows_white():
    rgba = np.dstack([COLOURS, np.zeros(COLOURS.shape[:2], np.uint8)])
    assert (pixels(encoded(Image.fromarray(rgba))) == 255).all()


def test_half_transparent_is_mixed():
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[..., 3] = 128
    np.testing.assert_allclose(pixels(encoded(Image.fromarray(rgba))), 127, atol=1)


def test_grey_with_alpha_stays_grey():
    la = np.dstack([COLOURS[..., 0], np.full(COLOURS.shape[:2], 255, np.uint8)])
    np.testing.assert_array_equal(pixels(encoded(Image.fromarray(la, "LA")))[..., 0], COLOURS[..., 0])


def test_cmyk():
    cmyk = Image.new("CMYK", (4, 4), (0, 255, 255, 0))
    red = pixels(encoded(cmyk, "JPEG", quality=100))
    assert red[..., 0].min() > 200
    assert red[..., 1:].max() < 60


def test_first_frame_of_an_animation():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert (pixels(content) == (255, 0, 0)).all()


@pytest.mark.parametrize("size", [(4, 4), (12, 5), (6, 9)])
def test_resized_on_request(size):
    assert pixels(encoded(Image.fromarray(COLOURS)), size=size).shape == (*size, 3)


def test_resizing_keeps_the_middle():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    assert pixels(encoded(Image.fromarray(wide)), size=(10, 10)).min() > 200


def bomb(width, height):
    """A PNG of a few hundred bytes whose header announces a huge picture."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [1001, 30_000, 200_000])
def test_decompression_bombs_are_refused_by_their_header(side):
    with pytest.raises(ImageError, match=f"pixels are more than the limit of {LIMIT}"):
        decode_image(bomb(side, side), max_pixels=LIMIT)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_cut_off_files_are_refused(format):
    content = encoded(Image.fromarray(np.kron(COLOURS, np.ones((8, 8, 1), np.uint8))), format)
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(ImageError):
            decode_image(content[: int(len(content) * share)], max_pixels=LIMIT)


def damaged_tiff():
    """A compressed file of which libtiff would write to standard error."""
    content = bytearray(encoded(Image.fromarray(COLOURS), "TIFF", compression="tiff_adobe_deflate"))
    content[50] ^= 0xFF
    return bytes(content)


def test_libraries_write_nothing(capfd):
    with pillow_warnings_ignored(), pytest.raises(ImageError, match="damaged image"):
        pixels(damaged_tiff())
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n\x1a\n", bytes(1000), b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"],
)
def test_what_is_no_picture(content):
    with pytest.raises(ImageError):
        decode_image(content, max_pixels=LIMIT)


def test_channels_of_arrays():
    images = np.stack([COLOURS, COLOURS])
    grey = match_channels(images, 1)
    assert grey.shape == (2, 6, 9, 1)
    np.testing.assert_array_equal(grey[0, ..., 0], np.asarray(Image.fromarray(COLOURS).convert("L")))
    np.testing.assert_array_equal(match_channels(grey, 3)[..., 0], grey[..., 0])
    assert match_channels(images, 3) is images


def test_resizing_arrays_equals_resizing_files():
    found = resize_images(COLOURS[None], (4, 4))[0]
    np.testing.assert_array_equal(found, pixels(encoded(Image.fromarray(COLOURS)), size=(4, 4)))
