"""A finished run's model, judged on any data set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoreline._typing import Array
from scoreline.data import Dataset, LoadOptions, Progress, Split, load_dataset
from scoreline.data.images import match_channels
from scoreline.errors import UsageError
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.report.metrics import Evaluation, RowFacts, evaluate_rows
from scoreline.runs.config import RunConfig
from scoreline.runs.folder import RunFolder
from scoreline.runs.pipeline import match_classes, saved_features
from scoreline.runs.predictions import row_blocks, row_facts

__all__ = ["EvaluationResult", "evaluate_run"]

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """What a model came to on one part of a data set."""

    evaluation: Evaluation
    #: Mean loss on these examples plus the penalty that the model was trained with.
    objective: float
    n_train: int
    n_rejected: int
    seconds: float
    run: Path

    def summary(self) -> dict[str, Any]:
        """Return the line that ``--json`` prints."""
        return {
            "accuracy": self.evaluation.accuracy,
            "split": self.evaluation.split,
            "objective": self.objective,
            "n_train": self.n_train,
            "n_test": self.evaluation.n,
            "n_rejected": self.n_rejected,
            "seconds": self.seconds,
            "run": str(self.run),
        }


def evaluate_run(
    run: Path,
    data: str | None = None,
    *,
    split: str | None = None,
    data_dir: Path | None = None,
    progress: Progress | None = None,
) -> EvaluationResult:
    """Judge the model of a run.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    data : str, optional
        Name or path of a data set; by default the run's own, split as it was.
    split : {"train", "validation", "test", "all"}, optional
        Which part; by default the test split where there is one, else all.
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
    UsageError
        There is no such split.
    """
    begun = time.perf_counter()
    folder = RunFolder.open(run)
    config, model = folder.read_config(), SavedModel.load(run)
    dataset = load_dataset(data or config.data, _options(config, model, data, data_dir), progress=progress)
    dataset = match_classes(dataset, model.classes)
    name, parts = _chosen(dataset, split)
    extractor = saved_features(model)
    facts, loss = [], 0.0
    for part in parts:
        for block in row_blocks(model, len(part)):
            X, y = _like_training(part.X[block], model), part.y[block]
            scores = model.scores(extractor.transform(X))
            facts.append(row_facts(model, y, scores))
            loss += float(LOSSES.build(model.loss).value(scores, y).sum(dtype=np.float64))
    evaluation = evaluate_rows(RowFacts.joined(facts), model.classes, split=name)
    return EvaluationResult(
        evaluation,
        loss / evaluation.n + model.penalty_value,
        len(dataset.train),
        len(dataset.rejected),
        time.perf_counter() - begun,
        run,
    )


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


def _chosen(dataset: Dataset, split: str | None) -> tuple[str, list[Split]]:
    there = {name: found for name in SPLITS if (found := getattr(dataset, name)) is not None}
    split = split or ("test" if "test" in there else "all")
    if split == "all":
        return split, list(there.values())
    if split not in there:
        raise UsageError(
            f"{dataset.name} has no split {split!r}",
            allowed=", ".join([*there, "all"]),
            fix="leave --split out, or give one of these",
        )
    return split, [there[split]]
