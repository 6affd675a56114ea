"""``scoreline predict``: classes for images."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoreline.cli.output import notes
from scoreline.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from scoreline.runs.prediction import Prediction

__all__ = ["predict"]


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
        notes.print(f"{prediction.path}: {prediction.problem}", markup=False)
    if len(bad) == len(predictions):
        raise DataError("No image could be read", allowed="readable images", fix="see the reasons above")


def _write_csv(predictions: Iterable[Prediction]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("path", "rank", "label", "score", "probability"))
    for prediction in predictions:
        for rank, guess in enumerate(prediction.guesses, 1):
            probability = "" if guess.probability is None else f"{guess.probability:.6g}"
            writer.writerow((prediction.path, rank, guess.label, f"{guess.score:.6g}", probability))


def _write_json(predictions: Iterable[Prediction]) -> None:
    for prediction in predictions:
        guesses = [{"label": g.label, "score": g.score, "probability": g.probability} for g in prediction.guesses]
        line = {"path": prediction.path, "guesses": guesses}
        if prediction.problem:
            line["problem"] = prediction.problem
        sys.stdout.write(json.dumps(line) + "\n")


WRITERS: Mapping[str, Callable[[Iterable[Prediction]], None]] = {"csv": _write_csv, "json": _write_json}
