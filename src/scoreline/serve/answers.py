"""What is answered, for the documentation of the interface and as JSON."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from scoreline.models import Explanation
from scoreline.serve.batching import Answer, Asked

__all__ = ["ModelFacts", "Predictions", "Problem", "State", "answer_of"]

#: Sides of the grid of contributions, at the most, and features that are named.
MOST_CELLS, MOST_FEATURES = 32, 20


class Top(BaseModel):
    """One of the best classes."""

    model_config = ConfigDict(json_schema_extra={"example": {"class": "cat", "probability": 0.87, "score": 5.1}})

    class_: str = Field(alias="class")
    probability: float | None = Field(description="null where the model has no probabilities")
    score: float


class Contributions(BaseModel):
    """What adds to the score of the best class: the score is the bias plus all contributions."""

    model_config = ConfigDict(populate_by_name=True)

    class_: str = Field(alias="class")
    score: float
    bias: float
    strongest: list[dict[str, Any]] = Field(description="the features that add or take most, with what they add")
    regions: list[list[float]] | None = Field(
        description="what each field of a grid over the image adds; null where features come from several pixels"
    )
    covered: list[list[float]] | None = Field(
        description="where regions is null, of the only image of a request: by how much the score less that of "
        "the best other class falls where each field of a grid is covered with grey"
    )


class OneImage(BaseModel):
    """The prediction for one image; where it cannot be used, `error` says why and the others are null or empty."""

    class_: str | None = Field(alias="class")
    probability: float | None
    top: list[Top]
    error: str | None = None
    remark: str | None = Field(None, description="in what the image is unlike the training images")
    scores: dict[str, float] | None = Field(None, description="of every class, with ?scores=true")
    explanation: Contributions | None = Field(None, description="with ?explain=true")


class Predictions(BaseModel):
    """One prediction an image, in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "predictions": [
                    {
                        "class": "cat",
                        "probability": 0.87,
                        "top": [{"class": "cat", "probability": 0.87, "score": 5.1}],
                    }
                ]
            }
        }
    )

    predictions: list[OneImage]


class Problem(BaseModel):
    """Why a request is not answered."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "detail": "There is no image in the body. Allowed: files in fields named 'images'. "
                "To fix it: send at least one image."
            }
        }
    )

    detail: str


class State(BaseModel):
    """Whether the server lives, or is ready."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ready"}})

    status: Literal["alive", "ready"]


class ModelFacts(BaseModel):
    """The model that answers."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "classes": ["cat", "dog"],
                "features": "pixels",
                "loss": "weston-watkins",
                "temperature": 1.3,
                "size": [32, 32, 3],
                "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            }
        }
    )

    classes: list[str]
    features: str
    loss: str
    temperature: float | None = Field(
        description="what scores are divided by before the softmax (temperature scaling), where the loss has no "
        "probabilities of its own"
    )
    size: list[int] = Field(description="height, width and channels that images are turned into")
    digest: str = Field(description="SHA-256 of its description")


def answer_of(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return the answer for one image, ready for JSON."""
    prediction = answer.prediction
    if prediction.problem:
        return {"class": None, "probability": None, "top": [], "error": prediction.problem}
    best = prediction.guesses[0]
    top = [
        {"class": g.label, "probability": g.probability, "score": g.score}
        for g in prediction.guesses[: asked.top_k]
    ]
    found: dict[str, Any] = {"class": best.label, "probability": best.probability, "top": top}
    if prediction.remark:
        found["remark"] = prediction.remark
    if asked.scores:
        found["scores"] = {guess.label: guess.score for guess in prediction.guesses}
    if answer.explanation is not None:
        found["explanation"] = _contributions(answer.explanation)
    return found


def _contributions(why: Explanation) -> dict[str, Any]:
    regions = None
    covered = None if why.covered is None else why.covered.tolist()
    if why.pixels is not None:
        height, width = why.pixels.shape
        regions = why.regions(min(height, MOST_CELLS), min(width, MOST_CELLS)).tolist()
    strongest = [{"feature": name, "contribution": value} for name, value in why.strongest(MOST_FEATURES)]
    return {
        "class": why.label,
        "score": why.score,
        "bias": why.bias,
        "strongest": strongest,
        "regions": regions,
        "covered": covered,
    }
