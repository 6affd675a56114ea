"""Mistakes: what a trained model gets wrong, image by image, and where two models differ."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoreline._typing import Array
from scoreline.errors import UsageError
from scoreline.lab.evaluated import EvaluatedSplit, evaluate_split, mcnemar
from scoreline.lab.page import Page
from scoreline.lab.resources import BUILT_IN, NamedRun, has_pictures

__all__ = ["GALLERY", "MistakesPage", "MistakesState"]

#: Images of the gallery at a time; classes beyond which the matrix is a list, of its largest cells.
GALLERY, MOST_IN_MATRIX = 48, 40
Count: TypeAlias = Annotated[int, Field(ge=0, lt=2**31)]
Split: TypeAlias = Literal["train", "validation", "test"]


class MistakesState(BaseModel):
    """The run, the split, and the choice and order of its images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: Count = 0
    #: Another run to compare with; None compares with none.
    rival: Count | None = None
    #: Where the run's data have no such split, the first of validation and training.
    split: Split = "validation"
    #: Test results are shown only on request.
    asked: bool = False
    #: True and predicted class of the images that are shown; None takes all.
    true: Count | None = None
    predicted: Count | None = None
    among: Literal["wrong", "all", "only-first-right", "only-second-right"] = "wrong"
    order: Literal["lowest-margin", "highest-margin", "most-confident", "least-confident", "data"] = (
        "lowest-margin"
    )
    first: Count = 0

    @model_validator(mode="after")
    def _test_is_asked_for(self) -> MistakesState:
        if self.split == "test" and not self.asked:
            raise ValueError("test numbers stay hidden until they are requested")
        if self.rival is None and self.among.startswith("only"):
            raise ValueError("there is no second run to compare with")
        return self


class MistakesPage(Page[MistakesState]):
    """A run's confusions, and the images behind them; ``ask`` reveals the test results."""

    title = "Mistakes"
    state_type = MistakesState
    verbs = frozenset({"ask"})

    def act(self, verb: str, state: MistakesState) -> dict[str, Any]:
        """Reveal the test results."""
        del verb, state
        return {"asked": True, "split": "test", "first": 0}

    def show(self, state: MistakesState, *, coarse: bool) -> dict[str, Any]:
        """Return counts, rates, calibration, a gallery, and the comparison of two runs."""
        del coarse
        run = self.resources.run(state.run)
        split = _split_of(state, run)
        evaluated = self._evaluated(state.run, run, split)
        classes, evaluation = run.loaded.model.classes, evaluated.evaluation
        for name, value in (("true", state.true), ("predicted", state.predicted)):
            if value is not None and value >= len(classes):
                raise UsageError(
                    f"There is no class {value} ({name})", allowed=f"0 to {len(classes) - 1}", fix="choose another"
                )
        rival = None if state.rival is None else self._rival(state, split, evaluated, classes)
        numbers = evaluation.to_json()
        return {
            "runs": list(self.resources.run_names),
            "data": run.loaded.dataset.name,
            "loss": run.loaded.model.loss,
            "splits": list(run.loaded.splits),
            "split": split,
            "pictures": has_pictures(evaluated.split),
            "classes": list(classes),
            "right": int(evaluated.right.sum()),
            **{name: numbers[name] for name in ("n", "accuracy", "interval", "majority", "per_class")},
            "confusion": evaluation.confusion.tolist() if len(classes) <= MOST_IN_MATRIX else None,
            "confusions": evaluation.most_confused() if len(classes) > MOST_IN_MATRIX else None,
            "calibration": numbers["calibration"],
            "confident": "probability" if evaluated.facts.confidence is not None else "lead in score",
            "comparison": None if rival is None else _compared(evaluated, rival),
            "gallery": _gallery(state, evaluated, rival),
        }

    def script(self, state: MistakesState) -> str:
        """Return a script that prints the accuracy and the confusion matrix."""
        run = self.resources.run(state.run)
        if run.path is not None:
            return _OF_A_FOLDER.format(path=str(run.path), split=_split_of(state, run))
        config = BUILT_IN[run.name].model_dump(exclude_defaults=True)
        return _BUILT_IN_SCRIPT.format(config=config | {"data": "digits"}, split=state.split)

    def _evaluated(self, number: int, run: NamedRun, split: str) -> EvaluatedSplit:
        key = ("evaluated", number, split)
        found: EvaluatedSplit = self.resources.keep(key, lambda: evaluate_split(run, split))
        return found

    def _rival(
        self, state: MistakesState, split: str, evaluated: EvaluatedSplit, classes: tuple[str, ...]
    ) -> EvaluatedSplit:
        """Return the second run's view of the same images."""
        assert state.rival is not None  # noqa: S101 - what the caller has made sure of
        other = self.resources.run(state.rival)
        if split not in other.loaded.splits:
            raise UsageError(
                f"{other.name} has no {split} images to be compared on",
                allowed=f"the splits that both runs have: {', '.join(other.loaded.splits)}",
                fix="choose another split, or another run to compare with",
            )
        rival = self._evaluated(state.rival, other, split)
        if other.loaded.model.classes != classes or rival.split.ids != evaluated.split.ids:
            raise UsageError(
                f"{other.name} was evaluated on other images",
                allowed="runs on the same data with the same split",
                fix="choose another run to compare with",
            )
        return rival


def _split_of(state: MistakesState, run: NamedRun) -> str:
    """Return the split that is shown: a run that was refitted with its validation images has none of them left."""
    splits = run.loaded.splits
    for name in (state.split, "validation", "train"):
        if name in splits and (name != "test" or state.asked):
            return name
    raise UsageError(
        f"The data of {run.name} have test images alone",
        allowed="test numbers, on request",
        fix="press 'Show the test numbers'",
    )


def _compared(evaluated: EvaluatedSplit, rival: EvaluatedSplit) -> dict[str, Any]:
    """Return how often both, one or none of two models are right."""
    first, second = evaluated.right, rival.right
    counts = {
        "both": int((first & second).sum()),
        "first_only": int((first & ~second).sum()),
        "second_only": int((~first & second).sum()),
        "neither": int((~first & ~second).sum()),
    }
    chance = mcnemar(counts["first_only"], counts["second_only"])
    return counts | {"accuracy": rival.evaluation.accuracy, "chance": chance}


def _gallery(state: MistakesState, evaluated: EvaluatedSplit, rival: EvaluatedSplit | None) -> dict[str, Any]:
    """Return the requested images, in the requested order."""
    y, predicted = evaluated.facts.y, evaluated.facts.predicted
    chosen = np.ones(len(y), dtype=bool)
    if state.true is not None:
        chosen &= y == state.true
    if state.predicted is not None:
        chosen &= predicted == state.predicted
    # A cell of the matrix implies whether its images are right.
    if state.among == "wrong" and (state.true is None or state.predicted is None):
        chosen &= ~evaluated.right
    if rival is not None and state.among == "only-first-right":
        chosen &= evaluated.right & ~rival.right
    if rival is not None and state.among == "only-second-right":
        chosen &= ~evaluated.right & rival.right
    found = np.flatnonzero(chosen)
    found = found[np.argsort(_keys(state.order, evaluated)[found], kind="stable")]
    return {
        "n": len(found),
        "images": [
            {
                "index": int(i),
                "id": evaluated.split.ids[i],
                "true": int(y[i]),
                "predicted": int(predicted[i]),
                "confidence": float(evaluated.confidence[i]),
                "margin": float(evaluated.margin[i]),
                "rival": None if rival is None else int(rival.facts.predicted[i]),
            }
            for i in found[state.first : state.first + GALLERY]
        ],
    }


def _keys(order: str, evaluated: EvaluatedSplit) -> Array:
    """Return the sort key; the smallest is shown first."""
    return {
        "lowest-margin": evaluated.margin,
        "highest-margin": -evaluated.margin,
        "most-confident": -evaluated.confidence,
        "least-confident": evaluated.confidence,
        "data": np.arange(len(evaluated.margin)),
    }[order]


_OF_A_FOLDER = """from pathlib import Path

from scoreline.runs.evaluation import evaluate_run

evaluation = evaluate_run(Path({path!r}), split={split!r}).evaluation
print(repr(evaluation.accuracy))
print(evaluation.confusion)
"""
_BUILT_IN_SCRIPT = """from scoreline.report.metrics import evaluate_rows
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import build_classifier, fit_prepared, prepare, save_model
from scoreline.runs.predictions import facts_of_rows

config = RunConfig(**{config!r})
prepared = prepare(config)
classifier = build_classifier(config, prepared)
fit_prepared(classifier, prepared, [])
model = save_model(config, prepared, classifier)
facts = facts_of_rows(model, prepared.rows[{split!r}], prepared.labels({split!r}))
evaluation = evaluate_rows(facts, model.classes, split={split!r})
print(repr(evaluation.accuracy))
print(evaluation.confusion)
"""
