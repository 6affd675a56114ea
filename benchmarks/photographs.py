"""A folder of photographs of different sizes: ``python -m benchmarks.photographs FOLDER``.

Crops of the sample photographs that come with scikit-image and scikit-learn, one class a photograph. Each
photograph is a chessboard of regions: training crops lie in the black ones, test crops in the white ones, so that
no pixel is in both. Crops have 24 to 96 pixels a side, in any ratio between 2:3 and 3:2, and are JPEG files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

__all__ = ["PHOTOGRAPHS", "crop_box", "make_folder"]

#: Photographs by the package that brings them.
PHOTOGRAPHS = {
    "skimage.data": (
        "astronaut.png",
        "brick.png",
        "camera.png",
        "chelsea.png",
        "coffee.png",
        "coins.png",
        "grass.png",
        "gravel.png",
        "ihc.png",
        "motorcycle_left.png",
        "rocket.jpg",
    ),
    "sklearn.datasets.images": ("china.jpg", "flower.jpg"),
}
#: Regions along each side of a photograph, and crops of a photograph by split.
REGIONS, CROPS = 4, {"train": 200, "test": 100}
SHORTEST, LONGEST = 24, 96


def make_folder(folder: Path) -> None:
    """Write ``folder/{train,test}/<photograph>/NNN.jpg``; the same files every time."""
    rng = np.random.default_rng(0)
    for photograph in _paths():
        with Image.open(photograph) as image:
            picture = image.convert("RGB")
        for colour, (split, count) in enumerate(CROPS.items()):
            target = folder / split / photograph.stem
            target.mkdir(parents=True)
            for number in range(count):
                picture.crop(crop_box(picture.size, colour, rng)).save(target / f"{number:03}.jpg", quality=90)


def _paths() -> Iterator[Path]:
    from importlib import import_module

    for package, names in PHOTOGRAPHS.items():
        home = Path(str(import_module(package).__file__)).parent
        yield from (home / name for name in names)


def crop_box(size: tuple[int, int], colour: int, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a crop in a region of a colour."""
    width, height = (side // REGIONS for side in size)
    row = int(rng.integers(REGIONS))
    column = 2 * int(rng.integers(REGIONS // 2)) + (row + colour) % 2
    long = int(rng.integers(SHORTEST, min(LONGEST, width, height) + 1))
    short = max(SHORTEST, round(long * rng.uniform(2 / 3, 1)))
    across, down = (long, short) if rng.integers(2) else (short, long)
    left = column * width + int(rng.integers(width - across + 1))
    top = row * height + int(rng.integers(height - down + 1))
    return left, top, left + across, top + down


if __name__ == "__main__":
    make_folder(Path(sys.argv[1]))
