"""A finished run's model, judged on any data set."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoreline.data import Progress, Split
from scoreline.errors import UsageError
from scoreline.losses import LOSSES
from scoreline.report.metrics import Evaluation, RowFacts, evaluate_rows
from scoreline.runs.loaded import LoadedRun, load_run
from scoreline.runs.predictions import row_facts

__all__ = ["EvaluationResult", "evaluate_run"]


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
    loaded = load_run(run, data, data_dir=data_dir, progress=progress)
    model, dataset = loaded.model, loaded.dataset
    name, parts = _chosen(loaded, split)
    facts, loss = [], 0.0
    for part in parts:
        for block, scores in loaded.scores(part):
            y = part.y[block]
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


def _chosen(loaded: LoadedRun, split: str | None) -> tuple[str, list[Split]]:
    there = loaded.splits
    split = split or ("test" if "test" in there else "all")
    if split == "all":
        return split, list(there.values())
    if split not in there:
        raise UsageError(
            f"{loaded.dataset.name} has no split {split!r}",
            allowed=", ".join([*there, "all"]),
            fix="leave --split out, or give one of these",
        )
    return split, [there[split]]
