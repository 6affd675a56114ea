"""``scoreline predict``: classes for images."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scoreline.cli.output import notes
from scoreline.cli.settings import Trust
from scoreline.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from scoreline.models import Prediction

__all__ = ["predict"]

#: Most images with a note of their own.
MOST_REMARKS = 5


def predict(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.")],
    images: Annotated[list[Path], typer.Argument(help="Images, or folders of images.", readable=False)],
    top_k: Annotated[int, typer.Option(help="How many classes an image.")] = 1,
    format: Annotated[str, typer.Option(help="csv or json (one object a line).")] = "csv",
    trust: Trust = None,
) -> None:
    """Name the classes of images with a run's model."""
    from scoreline.runs.prediction import predict_images

    if format not in WRITERS:
        raise UnknownNameError.of("format", format, WRITERS)
    remarks = _Remarks()
    WRITERS[format](remarks.collected(predict_images(run, images, top_k=top_k, trust=trust or [])))
    remarks.report()


@dataclass
class _Remarks:
    """Problems and remarks of images, reported once their classes are written."""

    n: int = 0
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)

    def collected(self, predictions: Iterable[Prediction]) -> Iterator[Prediction]:
        """Yield predictions as they come, and keep their problems and remarks."""
        for prediction in predictions:
            self.n += 1
            if prediction.problem:
                self.problems.append(f"{prediction.name}: {prediction.problem}")
            if prediction.remark:
                self.remarks.append(f"{prediction.name}: {prediction.remark}")
            if prediction.no_probability:
                self.reasons.add(prediction.no_probability)
            elif prediction.temperature is not None:
                self.reasons.add(
                    "the loss has no probabilities of its own: these are the softmax of scores divided by "
                    f"{prediction.temperature:.3g}, which held-out examples have chosen (temperature scaling)"
                )
            yield prediction

    def report(self) -> None:
        """Print them; raise DataError where no image could be read."""
        for problem in self.problems:
            notes.print(problem, markup=False)
        for remark in self.remarks[:MOST_REMARKS]:
            notes.print(f"Note: {remark}; its label is unreliable.", markup=False)
        if (more := len(self.remarks) - MOST_REMARKS) > 0:
            notes.print(f"Note: {more:,} more images are unlike the training images (--format json lists all).")
        for reason in self.reasons:
            notes.print(f"Note: {reason}.", markup=False)
        if len(self.problems) == self.n:
            raise DataError("No image could be read", allowed="readable images", fix="see the reasons above")


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
        extras = {name: getattr(prediction, name) for name in ("problem", "remark", "no_probability")}
        line |= {name: text for name, text in extras.items() if text}
        if prediction.temperature is not None:
            line["temperature"] = prediction.temperature
        sys.stdout.write(json.dumps(line) + "\n")


WRITERS: Mapping[str, Callable[[Iterable[Prediction]], None]] = {"csv": _write_csv, "json": _write_json}
