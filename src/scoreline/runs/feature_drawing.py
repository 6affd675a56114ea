"""What features see in image files, drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path

import numpy as np

from scoreline._typing import Array
from scoreline.data import LoadOptions, Progress, decode_image, load_dataset, to_pixels
from scoreline.data.image_files import read_image_file
from scoreline.data.image_tree import find_images
from scoreline.data.names import printable
from scoreline.errors import DataError, ImageError, MissingPackageError
from scoreline.features import build_features
from scoreline.report.figures import DARK, LIGHT, feature_views, png_bytes
from scoreline.runs.drawing import Drawing

__all__ = ["draw_features"]

#: Images that features learn from at the most where no data set is given to learn from.
MOST_LEARNED = 1000


def draw_features(
    images: Sequence[Path],
    features: str,
    *,
    size: int = 96,
    most: int = 8,
    learn_from: str | None = None,
    progress: Progress | None = None,
    report: Callable[[str], None] | None = None,
) -> Iterator[Drawing]:
    """Yield a drawing for each image: the image, and what each of the features sees in it.

    Parameters
    ----------
    images : sequence of paths
        Image files, and folders whose image files are taken.
    features : str
        Such as ``"hog,hue,words:100"``.
    size : int
        Side to which images are fitted, in pixels.
    most : int
        Images that are drawn at the most.
    learn_from : str, optional
        Data set that words, dictionaries and textons are learned from; else the images themselves are, a thousand
        at the most.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while data are loaded.
    report : callable, optional
        Called with a sentence for each image that cannot be read.

    Raises
    ------
    DataError
        There is no image that can be read, or too few to learn from.
    """
    problems: list[str] = []
    readable = _read(images, size, problems)
    found = list(islice(readable, MOST_LEARNED if learn_from is None else most))
    if not found:
        raise DataError(
            problems[0], allowed="at least one image that can be read", fix="check the files with an image viewer"
        )
    if report is not None:
        for problem in problems:
            report(problem)
    pixels = np.stack([image for _, image in found])
    extractor = build_features(features)
    if learn_from is None:
        extractor.fit(pixels)
    else:
        options = LoadOptions(image_size=(size, size), size_from="as they are drawn", validation=0.0)
        extractor.fit(load_dataset(learn_from, options, progress=progress).train.X)
    parts = extractor.leaves(features)
    drawn = found[:most]
    for stem, (name, image) in zip(_stems([name for name, _ in drawn]), drawn, strict=True):
        light, dark = (png_bytes(feature_views(image, parts, theme, title=name)) for theme in (LIGHT, DARK))
        yield Drawing(stem, f"What features see in {name}.", light, dark)


def _read(paths: Sequence[Path], size: int, problems: list[str]) -> Iterator[tuple[str, Array]]:
    """Yield names and pixels ``(size, size, 3)`` of the images that can be read; the others become `problems`."""
    for path in paths:
        for file in find_images([path]):
            try:
                content = read_image_file(file)
                image = decode_image(content, max_pixels=LoadOptions().max_pixels, size=(size, size))
            except (ImageError, MissingPackageError) as error:
                problems.append(f"{printable(file)}: {error.given}")
            else:
                yield printable(file.relative_to(path) if path.is_dir() else file.name), to_pixels(image, 3)


def _stems(names: Sequence[str]) -> Iterator[str]:
    """Yield a name for the files of each drawing; images of one name in several folders get numbers."""
    taken: set[str] = set()
    for name in names:
        plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in name.rpartition(".")[0] or name)
        numbered = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
        stem = next(stem for stem in numbered if stem not in taken)
        taken.add(stem)
        yield stem
