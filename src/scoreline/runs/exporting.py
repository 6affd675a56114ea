"""The model of a run in the formats of other programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from scoreline.data import Progress
from scoreline.data.names import printable
from scoreline.errors import DataError, UsageError
from scoreline.models import SavedModel
from scoreline.models.examples import ExampleScorer
from scoreline.models.exports import EXPORTS, Exported, Sample
from scoreline.runs.folder import RunFolder
from scoreline.runs.loaded import load_run

__all__ = ["export_run"]

#: Examples by which the answers of an export are compared.
MOST_EXAMPLES = 1000
#: Random numbers that they have together, at the most, where the data are gone.
_MOST_NUMBERS = 1 << 26


def export_run(
    run: Path,
    targets: Mapping[str, Path],
    *,
    data_dir: Path | None = None,
    trust: Iterable[str] = (),
    progress: Progress | None = None,
) -> dict[str, Exported]:
    """Write a run's model in other formats.

    Parameters
    ----------
    run : path
        Folder of a finished run.
    targets : mapping of str to path
        A file (a folder for ``numpy``) for each format.
    data_dir : path, optional
        Folder with named data sets.
    trust : iterable of str
        Modules of the user's own features that may be imported.
    progress : callable, optional
        Called as ``progress(what, done, total)``.

    Raises
    ------
    UsageError
        No format is given, one path for several or that of a file of the run, or a file cannot be written.
    ModelError
        There is no usable model in `run`, or an export has other answers.
    """
    if not targets:
        raise UsageError(
            "No format to export to was given",
            allowed=", ".join(f"--{name}" for name in EXPORTS),
            fix=f"name a file: scoreline export {run} --onnx model.onnx",
        )
    places = [target.absolute() for target in targets.values()]
    if len(set(places)) < len(places):
        raise UsageError(
            f"{printable(max(places, key=places.count))} is to hold several formats",
            allowed="a path of its own for each",
            fix=f"name another file: scoreline export {run} --onnx model.onnx --skops model.skops",
        )
    for name, target in targets.items():
        if target.is_file() and target.resolve().parent == run.resolve() and target.suffix != f".{name}":
            raise UsageError(
                f"{printable(target)} belongs to the run, and would be lost",
                allowed="a path that no file of the run has",
                fix=f"name another file: scoreline export {run} --{name} model.{name}",
            )
    exports = {name: EXPORTS.build(name) for name in targets}
    for name, export in exports.items():
        export.check(targets[name])
    RunFolder.open(run)
    model, trust = SavedModel.load(run, trust), tuple(trust)
    sample = _sample(run, model, data_dir, trust, progress)
    return {name: export.write(model, targets[name], sample) for name, export in exports.items()}


def _sample(
    run: Path, model: SavedModel, data_dir: Path | None, trust: Iterable[str], progress: Progress | None
) -> Sample:
    """Return examples of the run's own data, held out where there are such; random ones where they are gone."""
    try:
        loaded = load_run(run, data_dir=data_dir, trust=trust, progress=progress)
    except DataError as error:
        rng = np.random.default_rng(0)
        n = max(1, min(MOST_EXAMPLES, _MOST_NUMBERS // int(np.prod(model.example_shape))))
        examples = rng.integers(0, 256, (n, *model.example_shape), dtype=np.uint8)
        return Sample(examples, f"random images, since the data cannot be used: {error.given}")
    matched, found, names, room = ExampleScorer(model).matched, [], [], MOST_EXAMPLES
    for name in ("test", "validation", "train"):
        if name not in loaded.splits or not room:
            continue
        rows = loaded.splits[name].rows
        places = np.unique(np.linspace(0, len(rows) - 1, min(room, len(rows))).round().astype(np.intp))
        found.append(matched(rows.take(places)))
        names.append(name)
        room -= len(places)
    return Sample(np.concatenate(found), f"{' and '.join(names)} examples of the run")
