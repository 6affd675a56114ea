"""Generated colour pictures whose difficulty has one knob for each challenge of recognition.

Ten classes: five shapes, each in red and in blue. Without challenges every picture shows its shape in the middle
of a grey ground, and a linear classifier separates them without a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from scoreline._checks import check_number
from scoreline._typing import Array, FloatArray, Labels

__all__ = ["SHAPE_CLASSES", "Challenges", "draw_shapes"]

_SIDE = 32
_PIECE = 32
_NOISE = 0.05
_GROUND = 0.5
_BLOBS = 12

#: Signed distance (negative inside) of points (u, v) from each shape of radius about 0.6 in [-1, 1]^2.
_SHAPES: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "disc": lambda u, v: np.hypot(u, v) - 0.6,
    "square": lambda u, v: np.maximum(abs(u), abs(v)) - 0.53,
    "triangle": lambda u, v: np.maximum(0.87 * abs(u) - 0.5 * v, v) - 0.37,
    "cross": lambda u, v: np.maximum(np.minimum(abs(u), abs(v)) - 0.2, np.maximum(abs(u), abs(v)) - 0.66),
    "ring": lambda u, v: abs(np.hypot(u, v) - 0.5) - 0.15,
}
_HUES = {"red": 0.0, "blue": 2 / 3}

#: Class names: label ``2 * shape + colour``.
SHAPE_CLASSES: tuple[str, ...] = tuple(f"{colour} {shape}" for shape in _SHAPES for colour in _HUES)


@dataclass(frozen=True)
class Challenges:
    """How strong each challenge of recognition is, from 0 (absent) to 1.

    Parameters
    ----------
    pose : float
        The camera turns (up to half a turn), shifts and comes nearer or goes away.
    illumination : float
        The light is dim or strong, tinted, and comes from one side.
    deformation : float
        The shape bends in waves.
    occlusion : float
        A slab hides part of the picture.
    clutter : float
        Coloured blobs crowd the ground, and shine through the shape.
    variation : float
        Examples of one class differ in hue, saturation, proportions and thickness.
    """

    pose: float = 0.0
    illumination: float = 0.0
    deformation: float = 0.0
    occlusion: float = 0.0
    clutter: float = 0.0
    variation: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            check_number(field.name, getattr(self, field.name), 0, 1 + 1e-12)


def draw_shapes(n: int, challenges: Challenges, *, seed: int | Sequence[int]) -> tuple[Array, Labels]:
    """Draw pictures; the classes come in turn, so that all are equally frequent.

    Parameters
    ----------
    n : int
        Number of pictures N.
    challenges : Challenges
        The six knobs. The random numbers do not depend on them: a knob changes only its own challenge.
    seed : int or sequence of int
        The same seed always gives the same pictures.

    Returns
    -------
    X : array (N, 32, 32, 3) of uint8
    y : array (N,) of int64
        Indices into `SHAPE_CLASSES`.
    """
    rng = np.random.default_rng(seed)
    y = np.arange(n, dtype=np.int64) % len(SHAPE_CLASSES)
    X = np.empty((n, _SIDE, _SIDE, 3), dtype=np.uint8)
    for first in range(0, n, _PIECE):
        part = slice(first, min(first + _PIECE, n))
        X[part] = _draw(y[part], challenges, rng)
    return X, y


def _draw(y: Labels, knobs: Challenges, rng: np.random.Generator) -> Array:
    """Draw one piece: coordinates, shape, ground, slab, light and noise, one after the other."""
    n = len(y)
    axis = (np.arange(_SIDE, dtype=np.float32) + 0.5) * (2 / _SIDE) - 1
    x, v = np.broadcast_to(axis, (n, _SIDE, _SIDE)), np.broadcast_to(axis[:, None], (n, _SIDE, _SIDE))
    a, b = _bend(*_camera(x, v, knobs.pose, rng), knobs.deformation, rng)
    cover, colour = _object(a, b, y, knobs.variation, rng)
    picture = _ground(x, v, knobs.clutter, rng)
    # A crowd behind alone leaves a shape in plain sight: it takes on some of its surroundings' colours too.
    visible = (1 - 0.8 * knobs.clutter) * cover[..., None]
    picture += visible * (colour[:, None, None, :] - picture)
    picture = _occlude(picture, x, v, knobs.occlusion, rng)
    picture = _light(picture, x, v, knobs.illumination, rng)
    picture += _NOISE * rng.standard_normal(picture.shape, dtype=np.float32)
    return np.rint(255 * picture.clip(0, 1)).astype(np.uint8)


def _uniform(rng: np.random.Generator, n: int, *shape: int) -> FloatArray:
    """Random numbers in [-1, 1), with axes to broadcast over the pixels."""
    return rng.uniform(-1, 1, (n, *shape)).astype(np.float32)[..., None, None]


def _camera(x: FloatArray, v: FloatArray, knob: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    angle, zoom, right, down = knob * np.moveaxis(_uniform(rng, len(x), 4), 1, 0)
    cos, sin, scale = np.cos(np.pi * angle), np.sin(np.pi * angle), np.exp2(0.8 * zoom)
    x, v = scale * (x - 0.5 * right), scale * (v - 0.5 * down)
    return cos * x - sin * v, sin * x + cos * v


def _bend(x: FloatArray, v: FloatArray, knob: float, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    p, q, r, s, t, w = np.moveaxis(_uniform(rng, len(x), 6), 1, 0)
    strength = 0.45 * knob
    across = strength * (p * np.sin(4 * v + 3 * q) + r * np.sin(2 * v + 3 * w))
    along = strength * (s * np.sin(4 * x + 3 * t) + w * np.sin(2 * x + 3 * q))
    return x + across, v + along


def _object(
    x: FloatArray, v: FloatArray, y: Labels, knob: float, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return how much of each pixel (n, 32, 32) the object covers, and its colour (n, 3)."""
    stretch, thick, hue, grey = knob * np.moveaxis(_uniform(rng, len(y), 4), 1, 0)
    ratio = np.exp2(0.7 * stretch)
    x, v = x * ratio, v / ratio
    distance = np.empty_like(x)
    for index, shape in enumerate(_SHAPES.values()):
        rows = y // len(_HUES) == index
        distance[rows] = shape(x[rows], v[rows])
    cover = (0.5 - (distance - 0.14 * thick) * (_SIDE / 2)).clip(0, 1)
    base = np.array(list(_HUES.values()), dtype=np.float32)[y % len(_HUES)]
    saturation = 0.85 - 0.6 * abs(grey[:, 0, 0])
    return cover, _from_hue(base + 0.16 * hue[:, 0, 0], saturation)


def _from_hue(hue: FloatArray, saturation: FloatArray) -> FloatArray:
    """Return the colours (..., 3) of full value with these hues (turns) and saturations."""
    offset = np.array([0, 2 / 3, 1 / 3], dtype=np.float32)
    wheel = (abs((hue[..., None] + offset) % 1 * 6 - 3) - 1).clip(0, 1)
    return 1 - saturation[..., None] * (1 - wheel)


def _ground(x: FloatArray, v: FloatArray, knob: float, rng: np.random.Generator) -> FloatArray:
    ground = np.full((*x.shape, 3), _GROUND, dtype=np.float32)
    place = _uniform(rng, len(x), _BLOBS, 3)
    colours = rng.uniform(0, 1, (len(x), _BLOBS, 3)).astype(np.float32)
    for blob in range(_BLOBS) if knob else ():
        right, down, size = np.moveaxis(place[:, blob], 1, 0)
        distance = np.hypot(x - right, v - down) - (0.35 + 0.2 * size)
        cover = knob * (0.5 - distance * (_SIDE / 2)).clip(0, 1)
        ground += cover[..., None] * (colours[:, blob, None, None, :] - ground)
    return ground


def _occlude(
    picture: FloatArray, x: FloatArray, v: FloatArray, knob: float, rng: np.random.Generator
) -> FloatArray:
    """Lay a slab over the picture that comes in from a random direction and covers up to three quarters of it."""
    angle, depth = np.moveaxis(_uniform(rng, len(x), 2), 1, 0)
    colour = rng.uniform(0, 1, (len(x), 1, 1, 3)).astype(np.float32)
    edge = 1.42 - knob * (1.2 + 0.6 * depth)
    along = x * np.cos(np.pi * angle) + v * np.sin(np.pi * angle)
    cover = ((along - edge) * (_SIDE / 2)).clip(0, 1)[..., None]
    return picture + cover * (colour - picture)


def _light(picture: FloatArray, x: FloatArray, v: FloatArray, knob: float, rng: np.random.Generator) -> FloatArray:
    angle, strength, slope = np.moveaxis(_uniform(rng, len(x), 3), 1, 0)
    tint = rng.uniform(-1, 1, (len(x), 1, 1, 3)).astype(np.float32)
    side = x * np.cos(np.pi * angle) + v * np.sin(np.pi * angle)
    light = 2 * strength + 3 * slope * side
    return picture * np.exp2(knob * (light[..., None] + 1.5 * tint))
