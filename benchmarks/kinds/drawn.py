"""Kinds of images that are drawn: writing, objects, colours, directions, sounds, and icons."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

__all__ = [
    "COLOURS",
    "ICONS",
    "LETTERS",
    "LINES",
    "MIRRORED",
    "OBJECTS",
    "SOUNDS",
    "SPOTS",
    "colour",
    "icon",
    "letter",
    "line",
    "mirrored",
    "plate",
    "shape",
    "sound",
    "spots",
]

Rng = np.random.Generator
Picture = Image.Image | np.ndarray[Any, Any]

LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
#: Classes that are mirror images of one another.
MIRRORED = ("b", "d", "p", "q", "left", "right")
OBJECTS = ("disc", "square", "triangle", "star", "cross", "ring")
COLOURS = ("red", "orange", "green", "cyan", "blue", "violet")
SOUNDS = ("rising", "falling", "steady", "trill", "pulses", "noise", "chord", "bend")
ICONS = ("disc", "square", "triangle", "star", "cross", "ring")
SPOTS = ("few", "clusters", "rods", "rings")
#: Kinds of type, by the files of matplotlib's fonts.
LINES = {
    "sans": ("DejaVuSans.ttf",),
    "bold": ("DejaVuSans-Bold.ttf", "DejaVuSerif-Bold.ttf"),
    "slanted": ("DejaVuSans-Oblique.ttf", "DejaVuSerif-Italic.ttf"),
    "mono": ("DejaVuSansMono.ttf",),
    "serif": ("DejaVuSerif.ttf", "STIXGeneral.ttf", "cmr10.ttf"),
}
#: Fonts of letters; those of mathematics have no plain letters.
FONTS = (
    "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSans-Oblique.ttf", "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSerif-Italic.ttf",
    "STIXGeneral.ttf", "STIXGeneralBol.ttf", "STIXGeneralItalic.ttf", "cmr10.ttf", "cmss10.ttf", "cmtt10.ttf",
)  # fmt: skip


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name, size)


def _clutter(rng: Rng, width: int, height: int, mode: str, strength: float) -> Image.Image:
    """Return a ground with lines and spots of any shade."""
    bands = len(mode)
    ground = Image.new(mode, (width, height), tuple(int(v) for v in rng.integers(60, 200, bands)))
    pen = ImageDraw.Draw(ground)
    for _ in range(int(strength * 10)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        dx, dy = rng.normal(0, width / 5, 2)
        fill = tuple(int(v) for v in rng.integers(0, 256, bands))
        if rng.integers(2):
            pen.line((x, y, x + dx, y + dy), fill, int(rng.integers(1, max(2, height // 16) + 1)))
        else:
            pen.ellipse((x, y, x + abs(dx) + 1, y + abs(dy) + 1), fill)
    return ground.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1))))


def _noisy(image: Image.Image, rng: Rng, deviation: float) -> np.ndarray[Any, Any]:
    pixels = np.asarray(image, np.float64)
    return np.clip(pixels + rng.normal(0, deviation, pixels.shape), 0, 255).astype(np.uint8)


def _glyph(text: str, rng: Rng, size: int, turn: float, fonts: tuple[str, ...] = FONTS) -> Image.Image:
    """Return a mask of text in some font, turned by up to so many degrees."""
    font = _font(fonts[rng.integers(len(fonts))], size)
    left, top, right, bottom = font.getbbox(text)
    mask = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(mask).text((2 - left, 2 - top), text, 255, font)
    return mask.rotate(float(rng.uniform(-turn, turn)), Image.Resampling.BICUBIC, expand=True)


def _put(ground: Image.Image, mask: Image.Image, ink: Any, rng: Rng, *, anywhere: bool) -> None:
    """Paint through a mask, at its place or anywhere within the image."""
    room = ground.width - mask.width, ground.height - mask.height
    if anywhere:
        place = [int(rng.integers(min(0, r), max(0, r) + 1)) for r in room]
    else:
        place = [round(r / 2 + rng.normal(0, 1.5)) for r in room]
    ground.paste(ink, (place[0], place[1]), mask)


def letter(name: str, rng: Rng) -> Picture:
    """Draw a letter of 32 x 32 grey pixels on clutter."""
    ground = _clutter(rng, 32, 32, "L", 0.3)
    ink = 255 if np.mean(ground) < 128 else 0
    _put(ground, _glyph(name, rng, int(rng.integers(18, 29)), 15), ink, rng, anywhere=False)
    return _noisy(ground, rng, 12)


def plate(name: str, rng: Rng) -> Picture:
    """Draw a letter of 24 x 48 pixels in colour, anywhere, on more clutter."""
    ground = _clutter(rng, 24, 48, "RGB", 0.5)
    ink = (255, 255, 255) if np.mean(ground) < 128 else (0, 0, 0)
    _put(ground, _glyph(name, rng, int(rng.integers(16, 27)), 10), ink, rng, anywhere=True)
    return _noisy(ground, rng, 10)


def line(name: str, rng: Rng) -> Picture:
    """Draw a line of text of 256 x 64 grey pixels, whose class is the kind of type."""
    ground = Image.new("L", (256, 64), int(rng.integers(200, 256)))
    text = "".join(chr(97 + c) if c < 26 else " " for c in rng.integers(0, 30, 40))
    mask = _glyph(text, rng, int(rng.integers(14, 30)), 2, LINES[name])
    _put(ground, mask, int(rng.integers(0, 90)), rng, anywhere=True)
    return _noisy(ground, rng, 8)


def mirrored(name: str, rng: Rng) -> Picture:
    """Draw one of two letters and an arrow, each with its mirror images, of 32 x 32 grey pixels."""
    ground = _clutter(rng, 32, 32, "L", 0.2)
    ink = 255 if np.mean(ground) < 128 else 0
    if name in ("left", "right"):
        mask = Image.new("L", (26, 18))
        pen, tip = ImageDraw.Draw(mask), int(rng.integers(6, 11))
        pen.line((2, 9, 20, 9), 255, int(rng.integers(1, 4)))
        pen.polygon(((25, 9), (25 - tip, 9 - tip // 2 - 1), (25 - tip, 9 + tip // 2 + 1)), 255)
    else:
        mask = _glyph("b", rng, int(rng.integers(20, 30)), 0)
    mask = mask if name in ("b", "p", "right") else mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mask = mask.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if name in ("p", "q") else mask
    mask = mask.rotate(float(rng.uniform(-12, 12)), Image.Resampling.BICUBIC, expand=True)
    _put(ground, mask, ink, rng, anywhere=True)
    return _noisy(ground, rng, 12)


def _outline(name: str, size: int) -> Image.Image:
    """Return the mask of a shape."""
    mask, end = Image.new("L", (size, size)), size - 1
    pen, third = ImageDraw.Draw(mask), size // 3
    if name in ("disc", "ring"):
        pen.ellipse((0, 0, end, end), 255)
        if name == "ring":
            pen.ellipse((size // 4, size // 4, end - size // 4, end - size // 4), 0)
    elif name == "square":
        pen.rectangle((size // 10, size // 10, end - size // 10, end - size // 10), 255)
    elif name == "triangle":
        pen.polygon(((size / 2, 0), (end, end), (0, end)), 255)
    elif name == "cross":
        pen.rectangle((third, 0, end - third, end), 255)
        pen.rectangle((0, third, end, end - third), 255)
    else:
        radius = size / 2 * np.where(np.arange(10) % 2, 0.4, 1)
        angle = np.pi * np.arange(10) / 5
        corners = zip(size / 2 + radius * np.sin(angle), size / 2 - radius * np.cos(angle), strict=True)
        pen.polygon([(float(x), float(y)) for x, y in corners], 255)
    return mask


def shape(name: str, rng: Rng) -> Picture:
    """Draw a shape of any colour, size and angle, anywhere among clutter, of 64 x 64 pixels in colour."""
    ground = _clutter(rng, 64, 64, "RGB", 0.6)
    mask = _outline(name, int(rng.integers(22, 37)))
    mask = mask.rotate(float(rng.uniform(0, 360)), Image.Resampling.BICUBIC, expand=True)
    _put(ground, mask, tuple(int(v) for v in rng.integers(0, 256, 3)), rng, anywhere=True)
    return _noisy(ground, rng, 8)


def colour(name: str, rng: Rng) -> Picture:
    """Draw any shape, whose hue alone is the class, of 40 x 40 pixels."""
    ground = _clutter(rng, 40, 40, "L", 1).convert("RGB")
    hue = (60 * COLOURS.index(name) + rng.normal(0, 13)) % 360
    fill = f"hsv({hue:.0f},{rng.uniform(45, 100):.0f}%,{rng.uniform(40, 100):.0f}%)"
    mask = _outline(OBJECTS[rng.integers(len(OBJECTS))], int(rng.integers(14, 29)))
    _put(ground, mask.rotate(float(rng.uniform(0, 360)), expand=True), fill, rng, anywhere=True)
    return _noisy(ground, rng, 12)


def icon(name: str, rng: Rng) -> Picture:
    """Draw an icon of 80 x 80 pixels in one of a few colours on a transparent ground."""
    image = Image.new("RGBA", (80, 80))
    fill = ((200, 30, 30), (30, 120, 40), (40, 60, 190), (20, 20, 20))[rng.integers(4)]
    mask = _outline(name, int(rng.integers(44, 68))).rotate(float(rng.uniform(-20, 20)), expand=True)
    _put(image, mask.crop((0, 0, 80, 80)), (*fill, 255), rng, anywhere=False)
    return image


def spots(name: str, rng: Rng) -> Picture:
    """Draw faint spots of 72 x 72 pixels of 16 bits, as microscopes see them."""
    down, across = np.mgrid[:72, :72]
    image = rng.normal(300, 12, (72, 72))
    centres = rng.uniform(8, 64, (int(rng.integers(5, 9)), 2))
    if name == "clusters":
        centres = np.concatenate([centres[:3], *(centres[:3] + rng.normal(0, 4, (3, 2)) for _ in range(2))])
    for y, x in centres:
        angle, width = rng.uniform(0, np.pi), rng.uniform(1.5, 2.5)
        u = (down - y) * np.cos(angle) + (across - x) * np.sin(angle)
        v = (across - x) * np.cos(angle) - (down - y) * np.sin(angle)
        distance = np.hypot(u / (3 if name == "rods" else 1), v)
        distance = np.abs(distance - 4) if name == "rings" else distance
        image += rng.uniform(60, 160) * np.exp(-0.5 * (distance / width) ** 2)
    return np.clip(image, 0, 4095).astype(np.uint16)


def sound(name: str, rng: Rng) -> Picture:
    """Draw a spectrogram of 40 bands and 100 steps of a sound that begins at any time, in noise."""
    step = np.arange(100.0)
    begin, length = int(rng.integers(0, 45)), int(rng.integers(35, 55))
    t = np.clip((step - begin) / length, 0, 1)
    on = (step >= begin) & (step < begin + length)
    low, loud = rng.uniform(6, 22), rng.uniform(55, 110)
    pitch = low + _PITCHES.get(name, lambda t, _: 0 * t)(t, rng)
    bands = np.arange(40)[:, None]
    tones = (1.0, 1.5, 1.25) if name == "chord" else (1.0, 1.8)
    power = sum(np.exp(-0.5 * ((bands - pitch * tone) / 1.2) ** 2) / (1 + i) for i, tone in enumerate(tones))
    if name == "noise":
        power = np.exp(-0.5 * ((bands - low) / 6) ** 2) * rng.uniform(0.4, 1, (40, 100))
    if name == "pulses":
        on = on & (np.floor(step / rng.uniform(2.5, 5)) % 2 == 0)
    image = 60 + loud * power * on + rng.gamma(2, 9, (40, 100))
    return np.clip(image, 0, 255).astype(np.uint8)


#: Bands by which the pitch of a sound moves, at times from 0 to 1.
_PITCHES: dict[str, Callable[[Any, Rng], Any]] = {
    "rising": lambda t, rng: rng.uniform(5, 12) * t,
    "falling": lambda t, rng: rng.uniform(5, 12) * (1 - t),
    "trill": lambda t, rng: rng.uniform(1.5, 3) * np.sin(2 * np.pi * rng.uniform(4, 8) * t),
    "bend": lambda t, rng: rng.uniform(5, 10) * np.sin(np.pi * t),
}
