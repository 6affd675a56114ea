"""What features see in image files, drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from scoreline._typing import Array
from scoreline.data import LoadOptions, Progress, decode_image, load_dataset, to_pixels
from scoreline.data.image_tree import find_images
from scoreline.data.names import printable
from scoreline.errors import DataError, ImageError
from scoreline.features import DerivedFeatures, FeatureExtractor, FeatureUnion, build_features
from scoreline.report.figures import DARK, LIGHT, feature_views, png_bytes
from scoreline.runs.drawing import Drawing

__all__ = ["draw_features"]


def draw_features(
    images: Path,
    features: str,
    *,
    size: int = 96,
    most: int = 8,
    learn_from: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Drawing]:
    """Yield a drawing for each image: the image, and what each of the features sees in it.

    Parameters
    ----------
    images : path
        An image file, or a folder whose image files are taken.
    features : str
        Such as ``"hog,hue,words:100"``.
    size : int
        Side to which images are fitted, in pixels.
    most : int
        Images of a folder that are drawn at the most.
    learn_from : str, optional
        Data set that words, dictionaries and textons are learned from; else the images themselves are.

    Raises
    ------
    DataError
        There is no image that can be read, or too few to learn from.
    """
    found = list(_read(images, size))
    pixels = np.stack([image for _, image in found])
    extractor = build_features(features)
    if learn_from is None:
        extractor.fit(pixels)
    else:
        options = LoadOptions(image_size=(size, size), validation=0.0)
        extractor.fit(load_dataset(learn_from, options, progress=progress).train.X)
    parts = _parts(extractor, features)
    for name, image in found[:most]:
        light, dark = (png_bytes(feature_views(image, parts, theme, title=name)) for theme in (LIGHT, DARK))
        yield Drawing(_stem(name), f"What features see in {name}.", light, dark)


def _parts(extractor: FeatureExtractor, features: str) -> list[tuple[str, FeatureExtractor]]:
    if isinstance(extractor, FeatureUnion):
        return [drawn for name, part in extractor.parts for drawn in _parts(part, name)]
    if isinstance(extractor, DerivedFeatures):
        return _parts(extractor.inner_, str(extractor.features))
    return [(features, extractor)]


def _read(path: Path, size: int) -> Iterator[tuple[str, Array]]:
    """Yield names and pixels ``(size, size, 3)`` of the images that can be read; raise DataError if none can."""
    files = find_images([path])
    problems = []
    for file in files:
        try:
            image = decode_image(file.read_bytes(), max_pixels=LoadOptions().max_pixels, size=(size, size))
        except ImageError as error:
            problems.append(f"{printable(file)}: {error.given}")
        except OSError as error:
            problems.append(f"{printable(file)} cannot be read ({error.strerror})")
        else:
            yield printable(file.relative_to(path) if path.is_dir() else file.name), to_pixels(image, 3)
    if len(problems) == len(files):
        raise DataError(
            problems[0],
            allowed="an image file, or a folder of images",
            fix="check the path",
        )


def _stem(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name.rpartition(".")[0] or name)
