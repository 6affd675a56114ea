"""Where a model comes from: what training proved, the data it saw, and who may use it."""

from __future__ import annotations

import platform
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from scoreline._text import escaped
from scoreline._version import __version__

__all__ = ["Provenance", "for_people"]

#: Characters of a licence, and of notes.
MOST_LETTERS = 10_000

ShortText = Annotated[str, Field(max_length=200)]


class Provenance(BaseModel):
    """Facts about a model that its scores do not depend on; each may be missing."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)

    #: On the training data, and the share by which it is above the optimum at the most.
    objective: float | None = None
    duality_gap: float | None = None
    #: What scores are divided by for calibrated probabilities, found on held-out examples. Losses without
    #: probabilities of their own have those.
    temperature: float | None = Field(default=None, ge=1e-6, le=1e6)
    #: Digest of the training examples and labels, as in ``data.json``.
    data: ShortText = ""
    #: For people: under which terms it may be used, and remarks.
    licence: str = ""
    notes: str = ""
    #: Of the programs that made it, by name.
    versions: Annotated[dict[ShortText, ShortText], Field(max_length=50)] = {}

    @field_validator("data", "licence", "notes")
    @classmethod
    def _can_be_shown(cls, text: str) -> str:
        return for_people(text)

    @classmethod
    def of(cls, objective: float, duality_gap: float | None, **known: Any) -> Self:
        """Return the facts about a fit with the programs at work, and those that are known besides."""
        versions = {"scoreline": __version__, "numpy": np.__version__, "python": platform.python_version()}
        gap = None if duality_gap is None else float(duality_gap)
        return cls(objective=float(objective), duality_gap=gap, versions=versions, **known)


def for_people(text: str) -> str:
    """Return text as it is; raise ValueError where a terminal would not show it as it is, or it is very long."""
    if len(text) > MOST_LETTERS or escaped(text, keep="\n") != text:
        raise ValueError(f"text of at most {MOST_LETTERS:,} characters, none of them a control character")
    return text
