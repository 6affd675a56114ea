"""What the page and the session say to each other: small, typed and limited."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scoreline.data import LECTURE_BIAS, LECTURE_LABELS, LECTURE_POINTS, LECTURE_WEIGHTS

__all__ = ["MOST_CLASSES", "MOST_POINTS", "LossName", "Request", "State", "start_state"]

MOST_POINTS, MOST_CLASSES = 1000, 10
#: Points beyond this are no longer drawn by anybody.
FARTHEST = 1e6

Coordinate = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST, allow_inf_nan=False)]
LossName = Literal[
    "weston-watkins", "weston-watkins:squared", "one-vs-all", "one-vs-all:squared", "crammer-singer", "softmax"
]


class State(BaseModel):
    """All that the page shows follows from this: points, weights, loss, penalty and step."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: (x, y, label) of each point.
    points: tuple[tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, lt=MOST_CLASSES)]], ...] = Field(
        max_length=MOST_POINTS
    )
    #: One row (w_x, w_y, b) a class.
    weights: tuple[tuple[Coordinate, Coordinate, Coordinate], ...] = Field(min_length=2, max_length=MOST_CLASSES)
    loss: LossName = "weston-watkins"
    margin: float = Field(default=1.0, gt=0, le=100, allow_inf_nan=False)
    penalty: Literal["l2", "l1"] = "l2"
    lam: float = Field(default=0.1, ge=0, le=1e6, allow_inf_nan=False)
    lr: float = Field(default=0.1, gt=0, le=1e6, allow_inf_nan=False)
    seed: int = Field(default=0, ge=0, lt=2**31)
    #: Updates since the start.
    step: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _labels_have_rows(self) -> Self:
        if any(label >= len(self.weights) for _, _, label in self.points):
            raise ValueError(f"labels below {len(self.weights)}, one row of weights for each class")
        return self


class Request(BaseModel):
    """One gesture: what to do, perhaps with changes to the state.

    ``edit`` changes the state, ``step`` takes `count` gradient steps, ``undo`` goes back by one gesture or step,
    ``randomise`` draws weights, ``reset`` goes to the start, ``python`` asks for a script. `coarse` asks for a
    coarse raster and is not put on the undo list: it is for the time of a drag.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: int = Field(default=0, ge=0)
    action: Literal["edit", "step", "undo", "randomise", "reset", "python"]
    changes: dict[str, object] = Field(default_factory=dict, max_length=10)
    count: int = Field(1, ge=1, le=100)
    coarse: bool = False


def start_state() -> State:
    """Return the lecture's nine points and weights."""
    return State(
        points=tuple(
            (float(x), float(y), int(label)) for (x, y), label in zip(LECTURE_POINTS, LECTURE_LABELS, strict=True)
        ),
        weights=tuple(
            (float(w[0]), float(w[1]), float(b)) for w, b in zip(LECTURE_WEIGHTS, LECTURE_BIAS, strict=True)
        ),
    )
