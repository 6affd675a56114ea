"""A finished run, loaded again: its settings, its model, data, and what the model says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import Dataset, LoadOptions, Progress, Split, load_dataset
from scoreline.data.images import match_channels
from scoreline.models import SavedModel
from scoreline.runs.config import RunConfig
from scoreline.runs.folder import RunFolder
from scoreline.runs.pipeline import match_classes, saved_features
from scoreline.runs.predictions import row_blocks
from scoreline.runs.refit import join_validation

__all__ = ["LoadedRun", "load_run"]

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """A model with a data set that it can judge, labels numbered as the model's classes are."""

    model: SavedModel
    dataset: Dataset

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that the data have, by name."""
        return {name: found for name in SPLITS if (found := getattr(self.dataset, name)) is not None}

    def scores(self, split: Split) -> Iterator[tuple[slice, FloatArray]]:
        """Yield a split's scores ``(n, R)``, a block of examples at a time."""
        extractor = saved_features(self.model)
        for block in row_blocks(self.model, len(split)):
            X = _like_training(split.X[block], self.model)
            yield block, self.model.scores(extractor.transform(X))


def load_run(
    run: Path, data: str | None = None, *, data_dir: Path | None = None, progress: Progress | None = None
) -> LoadedRun:
    """Load a run's model and data.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    data : str, optional
        Name or path of a data set; by default the run's own, split as it was. After a refit validation rows are
        training rows.
    data_dir : path, optional
        Folder with named data sets.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while data are loaded.

    Raises
    ------
    ModelError
        There is no usable model in `run`.
    DataError
        The data cannot be used, or hold classes that the model does not know.
    """
    config, model = RunFolder.open(run).read_config(), SavedModel.load(run)
    dataset = load_dataset(data or config.data, _options(config, model, data, data_dir), progress=progress)
    if data is None and config.refit:
        dataset = join_validation(dataset)
    return LoadedRun(model, match_classes(dataset, model.classes))


def _like_training(X: Array, model: SavedModel) -> Array:
    """Bring grey images to a colour model's channels and the other way round."""
    channels = model.example_shape[-1]
    images = X.ndim == 4 and len(model.example_shape) == 3 and X.dtype == np.uint8
    return match_channels(X, channels) if images and {X.shape[-1], channels} <= {1, 3} else X


def _options(config: RunConfig, model: SavedModel, data: str | None, data_dir: Path | None) -> LoadOptions:
    """Load as the run did; other data are brought to the model's image size and are not split."""
    own = config.load_options()
    return LoadOptions(
        data_dir=data_dir or own.data_dir,
        image_size=(model.example_shape[0], model.example_shape[1]) if len(model.example_shape) == 3 else None,
        max_rejected=own.max_rejected,
        validation=own.validation if data is None else 0.0,
        seed=own.seed,
        memory=own.memory,
    )
