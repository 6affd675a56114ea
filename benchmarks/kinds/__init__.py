"""Kinds of data that the ladder of recipes is learned on, and judged on: ``python -m benchmarks.kinds FOLDER``.

Everything is drawn from a seed, or comes with packages; a kind whose package is absent is left out.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.datasets import jpeg_folder
from benchmarks.kinds import carried, drawn

__all__ = ["Kind", "folder_of", "kinds"]


@dataclass(frozen=True)
class Kind:
    """Images of one kind, in a folder a class.

    Parameters
    ----------
    make : callable
        Yields split, class and image, given the generator and how many of a class there are to be of each split.
    train, test : int
        Images of a class.
    judged : bool
        Whether the ladder was judged by this kind, instead of being learned on it.
    """

    make: Callable[[int, int, np.random.Generator], Iterator[carried.Example]]
    train: int
    test: int
    judged: bool = False


def _each(classes: tuple[str, ...], draw: Callable[[str, np.random.Generator], Any]) -> Any:
    """Return what makes images of classes one by one."""

    def make(n_train: int, n_test: int, rng: np.random.Generator) -> Iterator[carried.Example]:
        for name in classes:
            for number in range(n_train + n_test):
                yield "train" if number < n_train else "test", name, draw(name, rng)

    return make


def _cifar(n_classes: int, cache: Path) -> Any:
    """Return what makes a part of CIFAR-10 (JPEG)."""

    def make(n_train: int, n_test: int, _: np.random.Generator) -> Iterator[carried.Example]:
        folder = jpeg_folder(cache)
        if folder is None:
            raise FileNotFoundError("SCORELINE_DATA names no folder with cifar10-jpeg")
        yield from carried.cifar(folder, n_classes, n_train, n_test)

    return make


def kinds(cache: Path) -> dict[str, Kind]:
    """Return all kinds by name; `cache` is where archives are unpacked."""
    letters, plates = _each(drawn.LETTERS, drawn.letter), _each(drawn.LETTERS, drawn.plate)
    return {
        "cifar-500": Kind(_cifar(10, cache), 500, 300),
        "cifar-100": Kind(_cifar(10, cache), 100, 300),
        "cifar-20": Kind(_cifar(10, cache), 20, 300),
        "clothes": Kind(carried.clothes, 500, 300),
        "digits": Kind(carried.digits, 120, 60),
        "photographs": Kind(carried.photographs, 60, 40),
        "textures": Kind(carried.textures, 50, 60),
        "letters": Kind(letters, 60, 40),
        "plates": Kind(plates, 60, 40, judged=True),
        "mnist": Kind(carried.mnist, 300, 200, judged=True),
        "objects": Kind(_each(drawn.OBJECTS, drawn.shape), 250, 100, judged=True),
        "colours": Kind(_each(drawn.COLOURS, drawn.colour), 80, 100, judged=True),
        "mirrored": Kind(_each(drawn.MIRRORED, drawn.mirrored), 100, 100, judged=True),
        "sounds": Kind(_each(drawn.SOUNDS, drawn.sound), 60, 80, judged=True),
        "lines": Kind(_each(tuple(drawn.LINES), drawn.line), 60, 100, judged=True),
        "icons": Kind(_each(drawn.ICONS, drawn.icon), 8, 60, judged=True),
        "spots": Kind(_each(drawn.SPOTS, drawn.spots), 50, 100, judged=True),
    }


def folder_of(name: str, cache: Path, share: float = 1.0) -> Path:
    """Return the folder of a kind, made if it is not there, with a share of the images of each class.

    Raises
    ------
    ImportError, OSError, ScorelineError
        What it is made from is not there.
    """
    folder = cache / "kinds" / (name if share == 1 else f"{name}-{share:g}")
    if folder.is_dir():
        return folder
    kind, unfinished = kinds(cache)[name], folder.with_suffix(".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    n_train, n_test = (max(2, round(share * count)) for count in (kind.train, kind.test))
    for number, (split, label, image) in enumerate(kind.make(n_train, n_test, np.random.default_rng(0))):
        home = unfinished / split / label
        home.mkdir(parents=True, exist_ok=True)
        if isinstance(image, Path):
            shutil.copyfile(image, home / image.name)
        elif name == "photographs":
            image.save(home / f"{number:05}.jpg", quality=90)
        else:
            picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
            picture.save(home / f"{number:05}.png")
    unfinished.rename(folder)
    return folder
