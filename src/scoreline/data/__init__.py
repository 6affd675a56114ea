"""Data: where images, labels and splits come from.

`load_dataset` is the entry point. It uses the named sets (`NAMED_SETS`), the readers of formats (`READERS`)
and what these share: decoding, the list of rejected files, splits.
"""

from __future__ import annotations

from scoreline.data.base import Batch, Dataset, DataSource, Rejected, Split
from scoreline.data.formats import READERS, Reader
from scoreline.data.images import decode_image, pillow_warnings_ignored, to_pixels
from scoreline.data.load import load_dataset
from scoreline.data.memory import MemorySource, RowsSource
from scoreline.data.named import NAMED_SETS, NamedSet
from scoreline.data.options import LoadOptions, Progress
from scoreline.data.places import user_cache
from scoreline.data.rejections import write_rejected
from scoreline.data.shapes import SHAPE_CLASSES, Challenges, draw_shapes
from scoreline.data.splitting import stratified_split
from scoreline.data.toy import (
    LECTURE_BIAS,
    LECTURE_LABELS,
    LECTURE_POINTS,
    LECTURE_WEIGHTS,
    blobs,
    spirals,
)

__all__ = [
    "LECTURE_BIAS",
    "LECTURE_LABELS",
    "LECTURE_POINTS",
    "LECTURE_WEIGHTS",
    "NAMED_SETS",
    "READERS",
    "SHAPE_CLASSES",
    "Batch",
    "Challenges",
    "DataSource",
    "Dataset",
    "LoadOptions",
    "MemorySource",
    "NamedSet",
    "Progress",
    "Reader",
    "Rejected",
    "RowsSource",
    "Split",
    "blobs",
    "decode_image",
    "draw_shapes",
    "load_dataset",
    "pillow_warnings_ignored",
    "spirals",
    "stratified_split",
    "to_pixels",
    "user_cache",
    "write_rejected",
]
