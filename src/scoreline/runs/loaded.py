"""A finished run, loaded again: its settings, its model, data, and what the model says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scoreline._typing import FloatArray
from scoreline.data import Dataset, LoadOptions, Progress, Split, load_dataset
from scoreline.data.load import absolute_spec
from scoreline.data.names import printable
from scoreline.data.pixel_range import PixelRange
from scoreline.errors import DataError
from scoreline.models import SavedModel
from scoreline.models.examples import ExampleScorer
from scoreline.runs.class_names import match_classes
from scoreline.runs.config import RunConfig
from scoreline.runs.data_record import DataRecord, Digests, TrainedOn, example_digests, splits_of
from scoreline.runs.folder import RunFolder
from scoreline.runs.prediction import recorded_input
from scoreline.runs.refit import join_validation
from scoreline.runs.resolved import Resolved

__all__ = ["LoadedRun", "load_run"]


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """A model with a data set that it can evaluate, labels numbered as the model's classes are."""

    model: SavedModel
    dataset: Dataset
    #: Name or absolute path of the data.
    data: str = ""
    #: Whether they are the run's own data, split as they were.
    own: bool = True
    #: What the model was trained on; None where the run does not say.
    trained_on: TrainedOn | None = None
    #: Number of examples that were left out since the model does not know their class, by class.
    unknown: Mapping[str, int] = field(default_factory=dict)
    #: What a reader of the results should know, one sentence each.
    notes: tuple[str, ...] = ()

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that the data have, by name."""
        return splits_of(self.dataset)

    def scores(self, split: Split) -> Iterator[tuple[slice, FloatArray]]:
        """Yield a split's scores ``(n, R)``, a block of examples at a time."""
        for block in self.examples.blocks(len(split)):
            yield block, self.examples.scores(split.rows.read(block.start, block.stop))

    @cached_property
    def examples(self) -> ExampleScorer:
        """What scores examples, its features restored once."""
        return ExampleScorer(self.model)

    @cached_property
    def digests(self) -> dict[str, Digests]:
        """Digests of the examples of each split, as the model sees them."""
        return {name: self._digests(split) for name, split in self.splits.items()}

    @property
    def changes(self) -> list[str]:
        """What is different in the run's own data since it was trained; nothing for other data."""
        if not self.own or self.trained_on is None:
            return []
        return self.trained_on.record.changes(DataRecord.of(self.data, self.dataset, self.digests))

    def was_trained_on(self, name: str) -> NDArray[np.bool_] | None:
        """Say of each example of a split whether the model was trained on it, or on an identical one.

        None where nobody knows: for other data than the run's own, where the run has no record of its examples.
        """
        if self.trained_on is not None:
            return self.trained_on.includes(self.digests[name])
        return np.full(len(self.splits[name]), name == "train") if self.own else None

    def _digests(self, split: Split) -> Digests:
        blocks = (split.rows.read(block.start, block.stop) for block in self.examples.blocks(len(split)))
        return np.concatenate([example_digests(self.examples.matched(X)) for X in blocks])


def load_run(
    run: Path,
    data: str | None = None,
    *,
    data_dir: Path | None = None,
    max_rejected: float | None = None,
    leave_out_unknown: bool = False,
    trust: Iterable[str] = (),
    progress: Progress | None = None,
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
    max_rejected : float, optional
        Largest share of unusable images that is accepted; by default that of the run.
    leave_out_unknown : bool, default False
        Leave out examples of classes that the model does not know, instead of refusing the data.
    trust : iterable of str
        Modules of the user's own features that may be imported.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while data are loaded.

    Raises
    ------
    ModelError
        There is no usable model in `run`.
    DataError
        The data cannot be used, are no longer where they were, do not have the shape that the model takes, or hold
        classes that the model does not know.
    """
    config, model, trained_on = RunFolder.open(run).read_config(), SavedModel.load(run, trust), TrainedOn.read(run)
    place, own, notes = _place(run, config, data)
    options = _options(config, model, own=own, data_dir=data_dir, max_rejected=max_rejected)
    spec = recorded_input(model, trained_on)
    if spec is not None:
        given = None if spec.pixel_range is None else PixelRange(*spec.pixel_range)
        options = replace(options, pixel_range=given, deep=spec.deep != "refuse")
    dataset = load_dataset(place, options, progress=progress)
    resolved = Resolved.read(run)
    refit = config.refit if resolved is None else resolved.refit.value  # earlier runs had it in config.yaml
    if own and refit:
        dataset = join_validation(dataset)
    _check_shape(dataset, model)
    dataset, unknown = match_classes(dataset, model.classes, leave_out_unknown=leave_out_unknown)
    notes += _channel_notes(dataset, model)
    return LoadedRun(model, dataset, place, own, trained_on, unknown, tuple(notes))


def _place(run: Path, config: RunConfig, data: str | None) -> tuple[str, bool, list[str]]:
    """Return the name or absolute path of the data, whether they are the run's own, and notes on that."""
    own = absolute_spec(config.data)
    notes: list[str] = []
    if data is not None:
        given = absolute_spec(data)
        if not _same_place(given, own):
            return given, False, notes
        notes.append(f"{printable(given)} is what the run was trained on: its splits are those of the run.")
    elif own != config.data:  # written before runs kept absolute paths
        notes.append(f"The run names its data {printable(config.data)!r}, taken as {printable(own)}.")
    if Path(own).is_absolute() and not Path(own).exists():
        raise DataError(
            f"The data of the run are no longer at {printable(own)}",
            allowed="the data at the place where they were when the run was trained, or a data set that is named",
            fix=f"put them back, or give their new place: scoreline evaluate {printable(run)} NEW-PLACE",
        )
    return own, True, notes


def _same_place(first: str, second: str) -> bool:
    one, other = Path(first), Path(second)
    return first == second or (one.is_absolute() and other.is_absolute() and one.resolve() == other.resolve())


def _check_shape(dataset: Dataset, model: SavedModel) -> None:
    """Raise DataError where the examples are not what the model takes: channels are brought into line later."""
    found, wanted = dataset.example_shape, model.example_shape
    if len(found) == len(wanted) and (found == wanted or len(found) == 3):
        return
    raise DataError(
        f"The examples of {dataset.name} are {_shape(found)}, and the model was trained on {_shape(wanted)}",
        allowed=_shape(wanted),
        fix="give data of the kind that the model was trained on",
    )


def _shape(shape: tuple[int, ...]) -> str:
    if len(shape) == 1:
        return f"vectors of {shape[0]:,} numbers"
    return "images of " + " x ".join(map(str, shape))


def _channel_notes(dataset: Dataset, model: SavedModel) -> list[str]:
    if len(model.example_shape) != 3 or dataset.example_shape[2] == model.example_shape[2]:
        return []
    grey = dataset.example_shape[2] == 1
    done = ("grey", "colour", "grey fills all channels") if grey else ("colour", "grey", "colours became grey")
    return ["The images are {}, those that the model was trained on were {}: {}.".format(*done)]


def _options(
    config: RunConfig, model: SavedModel, *, own: bool, data_dir: Path | None, max_rejected: float | None
) -> LoadOptions:
    """Load the run's own data as the run did; others by the rules of evaluation, with no validation split made."""
    given = config.load_options()
    return LoadOptions(
        data_dir=data_dir or given.data_dir,
        image_size=(model.example_shape[0], model.example_shape[1]) if len(model.example_shape) == 3 else None,
        size_from="as the model takes them",
        max_rejected=given.max_rejected if max_rejected is None else max_rejected,
        validation=given.validation if own else 0.0,
        seed=given.seed,
        memory=given.memory,
        evaluation=not own,
    )
