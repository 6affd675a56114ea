"""A finished run's model, evaluated on any data set."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoreline._text import counted
from scoreline.data import Progress, Split
from scoreline.data.names import printable
from scoreline.errors import UsageError
from scoreline.losses import LOSSES
from scoreline.report.metrics import Evaluation, evaluate_rows
from scoreline.report.row_facts import RowFacts
from scoreline.rows import ConcatRows
from scoreline.runs.class_names import MOST_NAMES
from scoreline.runs.loaded import LoadedRun, load_run
from scoreline.runs.predictions import row_facts

__all__ = ["Chosen", "EvaluationResult", "evaluate_loaded", "evaluate_run"]

#: All examples but those that the model was trained on.
HELD_OUT = "held-out"


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which examples are evaluated: of each split those that are marked, all where nothing is marked."""

    name: str
    evaluated: dict[str, NDArray[np.bool_] | None]

    def trained_on(self, loaded: LoadedRun) -> int | None:
        """Return how many of them the model was trained on."""
        known = {name: loaded.was_trained_on(name) for name in self.evaluated}
        count = 0
        for name, trained in known.items():
            if trained is None:
                return None
            mask = self.evaluated[name]
            count += int(np.count_nonzero(trained if mask is None else trained & mask))
        return count

    def examples(self, loaded: LoadedRun) -> Split:
        """Return them as one split."""
        parts = [
            loaded.splits[name] if mask is None else loaded.splits[name].take(np.flatnonzero(mask))
            for name, mask in self.evaluated.items()
        ]
        first, *others = parts
        if not others:
            return first
        y = np.concatenate([part.y for part in parts])
        return Split(ConcatRows([part.rows for part in parts]), y, sum((part.ids for part in others), first.ids))


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """What a model came to on one part of a data set."""

    evaluation: Evaluation
    #: Mean loss on these examples plus the penalty that the model was trained with.
    objective: float
    #: Name or absolute path of the data.
    data: str
    #: Number of examples that the model was trained on.
    n_train: int
    #: Number of evaluated examples that the model was trained on, or on identical ones; None where not known.
    n_trained_on: int | None
    #: Number of examples that were not evaluated since the model was trained on them.
    n_left_out: int
    #: Number of examples that were left out since the model does not know their class.
    n_unknown: int
    n_rejected: int
    seconds: float
    run: Path
    #: What a reader should know of how the data were read and evaluated, one sentence each.
    notes: tuple[str, ...]
    #: Why the accuracy may not be what it seems, one sentence each.
    warnings: tuple[str, ...]
    #: The evaluated examples.
    chosen: Chosen

    def summary(self) -> dict[str, Any]:
        """Return the line that ``--json`` prints."""
        return {
            "accuracy": self.evaluation.accuracy,
            "split": self.evaluation.split,
            "objective": self.objective,
            "data_path": printable(self.data),
            "n_train": self.n_train,
            "n_test": self.evaluation.n,
            "n_trained_on": self.n_trained_on,
            "n_left_out": self.n_left_out,
            "n_unknown": self.n_unknown,
            "n_rejected": self.n_rejected,
            "seconds": self.seconds,
            "run": str(self.run),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def evaluate_run(
    run: Path,
    data: str | None = None,
    *,
    split: str | None = None,
    data_dir: Path | None = None,
    max_rejected: float | None = None,
    leave_out_unknown: bool = False,
    progress: Progress | None = None,
) -> EvaluationResult:
    """Evaluate the model of a run.

    By default examples are evaluated that the model was not trained on: the test split where there is one, else
    the run's own validation split, else all examples whose content is that of no training example. With none of
    these all are evaluated, with a warning.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    data : str, optional
        Name or path of a data set; by default the run's own, split as it was. Other data need no training split
        and not all classes, and no validation split is made of them.
    split : {"train", "validation", "test", "held-out", "all"}, optional
        Which part; "held-out" is all but what the model was trained on.
    data_dir : path, optional
        Folder with named data sets.
    max_rejected : float, optional
        Largest share of unusable images that is accepted; by default that of the run.
    leave_out_unknown : bool, default False
        Leave out examples of classes that the model does not know, instead of refusing the data.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while data are loaded.

    Raises
    ------
    ModelError
        There is no usable model in `run`.
    DataError
        The data cannot be used, are no longer where they were, or hold classes that the model does not know.
    UsageError
        There is no such split.
    """
    begun = time.perf_counter()
    loaded = load_run(
        run,
        data,
        data_dir=data_dir,
        max_rejected=max_rejected,
        leave_out_unknown=leave_out_unknown,
        progress=progress,
    )
    return evaluate_loaded(loaded, run, split=split, begun=begun)


def evaluate_loaded(
    loaded: LoadedRun, run: Path, *, split: str | None = None, begun: float | None = None
) -> EvaluationResult:
    """Evaluate the model of a run that is loaded already; see `evaluate_run`.

    Parameters
    ----------
    loaded : LoadedRun
    run : path
        Its folder.
    split : str, optional
    begun : float, optional
        When the loading began, by `time.perf_counter`; by default now.
    """
    begun = time.perf_counter() if begun is None else begun
    changes = loaded.changes
    chosen = _chosen(loaded, split, changed=bool(changes))
    evaluation, loss = _evaluate(loaded, chosen)
    n_trained_on = chosen.trained_on(loaded)
    record = loaded.trained_on
    return EvaluationResult(
        evaluation=evaluation,
        objective=loss + loaded.model.penalty_value,
        data=loaded.data,
        n_train=len(record.digests) if record is not None else len(loaded.dataset.train) if loaded.own else 0,
        n_trained_on=n_trained_on,
        n_left_out=sum(int(np.count_nonzero(~mask)) for mask in chosen.evaluated.values() if mask is not None),
        n_unknown=sum(loaded.unknown.values()),
        n_rejected=len(loaded.dataset.rejected),
        seconds=time.perf_counter() - begun,
        run=run,
        notes=(*loaded.notes, *_notes(loaded, evaluation)),
        warnings=tuple(_warnings(loaded, evaluation, n_trained_on, changes)),
        chosen=chosen,
    )


def _evaluate(loaded: LoadedRun, chosen: Chosen) -> tuple[Evaluation, float]:
    """Return the evaluation of the chosen examples and their mean loss."""
    model = loaded.model
    loss, facts, total = LOSSES.build(model.loss), [], 0.0
    for name, mask in chosen.evaluated.items():
        part = loaded.splits[name]
        for block, scores in loaded.scores(part):
            y = part.y[block]
            if mask is not None:
                y, scores = y[mask[block]], scores[mask[block]]
            if len(y):
                facts.append(row_facts(model, y, scores))
                total += float(loss.value(scores, y).sum(dtype=np.float64))
    evaluation = evaluate_rows(RowFacts.joined(facts), model.classes, split=chosen.name)
    return evaluation, total / evaluation.n


def _chosen(loaded: LoadedRun, split: str | None, *, changed: bool) -> Chosen:
    there = loaded.splits
    if split is None:
        return _by_default(loaded, changed=changed)
    if split == "all":
        return Chosen(split, dict.fromkeys(there))
    if split in there:
        return Chosen(split, {split: None})
    held_out = _held_out(loaded)
    if split == HELD_OUT and held_out is not None:
        return held_out
    raise UsageError(
        f"{loaded.dataset.name} has no split {split!r}",
        allowed=", ".join([*there, *([HELD_OUT] if held_out is not None else []), "all"]),
        fix="leave --split out, or give one of these",
    )


def _by_default(loaded: LoadedRun, *, changed: bool) -> Chosen:
    """Choose the test split, else the run's own validation split, else all that was not trained on, else all."""
    there = loaded.splits
    if "test" in there:
        return Chosen("test", {"test": None})
    # After a change the split that is made by chance holds other examples, and training examples among them.
    if loaded.own and not changed:
        name = "validation" if "validation" in there else "train"
        return Chosen(name, {name: None})
    held_out = _held_out(loaded)
    if held_out is None or all(mask is None for mask in held_out.evaluated.values()):
        return Chosen("all", dict.fromkeys(there))
    return held_out


def _held_out(loaded: LoadedRun) -> Chosen | None:
    """Return all that the model was not trained on; None where there is nothing of that kind, or nobody knows."""
    evaluated: dict[str, NDArray[np.bool_] | None] = {}
    left = 0
    for name, part in loaded.splits.items():
        trained = loaded.was_trained_on(name)
        if trained is None:
            return None
        evaluated[name] = ~trained if trained.any() else None
        left += len(part) - int(np.count_nonzero(trained))
    return Chosen(HELD_OUT, evaluated) if left else None


def _notes(loaded: LoadedRun, evaluation: Evaluation) -> list[str]:
    notes = []
    if loaded.unknown:
        left_out, total = loaded.unknown.items(), sum(loaded.unknown.values())
        were, their = ("was", "its") if total == 1 else ("were", "their")
        notes.append(
            f"{counted(total, 'example')} {were} left out since the model does not know {their} class: "
            f"{_named([f'{name} ({count:,})' for name, count in left_out])}."
        )
    missing = [row.name for row in evaluation.per_class if not row.support]
    if missing:
        notes.append(
            f"There was no example of {len(missing):,} of the model's {len(evaluation.per_class):,} classes: "
            f"{_named(missing)}."
        )
    return notes


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")


def _warnings(
    loaded: LoadedRun, evaluation: Evaluation, n_trained_on: int | None, changes: Sequence[str]
) -> list[str]:
    warnings = []
    if changes:
        warnings.append(
            f"The data at {printable(loaded.data)} have changed since the model was trained on them: "
            f"{'; '.join(changes)}."
        )
    if n_trained_on is None:
        warnings.append(
            "The run does not say which examples it was trained on (it was made before runs kept that): training "
            "examples may be among these."
        )
    elif n_trained_on:
        warnings.append(
            f"{n_trained_on:,} of the {evaluation.n:,} evaluated examples are training examples or copies of one: "
            "the accuracy says how well these are remembered, not how well new ones are classified."
        )
    return warnings
