"""``scoreline predict``: classes for images."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scoreline.cli.output import notes
from scoreline.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from scoreline.models import Prediction

__all__ = ["predict"]

#: Images that a note of their own is told of.
MOST_REMARKS = 5


def predict(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    images: Annotated[list[Path], typer.Argument(help="Images, or folders of images.")],
    top_k: Annotated[int, typer.Option(help="How many classes an image.")] = 1,
    format: Annotated[str, typer.Option(help="csv or json (one object a line).")] = "csv",
) -> None:
    """Name the classes of images with a run's model."""
    from scoreline.runs.prediction import predict_images

    if format not in WRITERS:
        raise UnknownNameError.of("format", format, WRITERS)
    predictions = list(predict_images(run, images, top_k=top_k))
    WRITERS[format](predictions)
    bad = [prediction for prediction in predictions if prediction.problem]
    for prediction in bad:
        notes.print(f"{prediction.name}: {prediction.problem}", markup=False)
    _tell_remarks([prediction for prediction in predictions if prediction.remark])
    for reason in {prediction.no_probability for prediction in predictions if prediction.no_probability}:
        notes.print(f"Note: {reason}.", markup=False)
    if len(bad) == len(predictions):
        raise DataError("No image could be read", allowed="readable images", fix="see the reasons above")


def _tell_remarks(remarked: Sequence[Prediction]) -> None:
    """Say of some images that the model knows none like them, and of how many more."""
    for prediction in remarked[:MOST_REMARKS]:
        notes.print(f"Note: {prediction.name}: {prediction.remark}; its label means little.", markup=False)
    if (more := len(remarked) - MOST_REMARKS) > 0:
        notes.print(f"Note: {more:,} more images are unlike the training images (--format json tells all).")


def _write_csv(predictions: Iterable[Prediction]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("path", "rank", "label", "score", "probability"))
    for prediction in predictions:
        for rank, guess in enumerate(prediction.guesses, 1):
            probability = "" if guess.probability is None else f"{guess.probability:.6g}"
            writer.writerow((prediction.name, rank, guess.label, f"{guess.score:.6g}", probability))


def _write_json(predictions: Iterable[Prediction]) -> None:
    for prediction in predictions:
        guesses = [{"label": g.label, "score": g.score, "probability": g.probability} for g in prediction.guesses]
        line: dict[str, Any] = {"path": prediction.name, "guesses": guesses}
        told = {name: getattr(prediction, name) for name in ("problem", "remark", "no_probability")}
        line |= {name: text for name, text in told.items() if text}
        sys.stdout.write(json.dumps(line) + "\n")


WRITERS: Mapping[str, Callable[[Iterable[Prediction]], None]] = {"csv": _write_csv, "json": _write_json}
