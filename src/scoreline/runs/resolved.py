"""What a run has decided where its settings left something open, and why: ``resolved.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoreline._files import write_text
from scoreline.data.names import printable
from scoreline.errors import ModelError, UsageError
from scoreline.runs.config import SEARCH, RunConfig
from scoreline.runs.settings_file import read_settings

__all__ = ["ALL_CORES", "GIVEN", "RESOLVED_FILE", "Decision", "Resolved"]

RESOLVED_FILE = "resolved.yaml"
FORMAT: Literal["scoreline-resolved/1"] = "scoreline-resolved/1"
#: Why a decision is what it is, where the settings leave nothing to decide.
GIVEN = "given"

#: Why threads have no bound of their own.
ALL_CORES = "as many as the process has cores"

T = TypeVar("T")


class Decision(BaseModel, Generic[T]):
    """A value, and why it was taken."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    value: T
    why: str


class Resolved(BaseModel):
    """All that was decided before a classifier was trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["scoreline-resolved/1"] = FORMAT
    #: What the classifier sees, its loss, and whether features are standardised; None in earlier runs, whose
    #: settings say it.
    features: Decision[str] | None = None
    loss: Decision[str] | None = None
    standardize: Decision[bool] | None = None
    #: What the recipe search did, in order, and why it ended; nothing where the settings name the features.
    search: Decision[tuple[str, ...]] | None = None
    #: Height and width of the images; None for rows.
    image_size: Decision[tuple[int, int] | None]
    block_weights: Decision[tuple[float, ...] | None]
    lam: Decision[Annotated[float, Field(ge=0)]]
    #: Whether validation rows were trained on in the end.
    refit: Decision[bool]
    solver: Decision[str]
    lr: Decision[float | None]
    #: Epochs, iterations or tries at the most.
    max_epochs: Decision[int]
    seed: Decision[int]
    #: Threads at the most, on which the last digits depend; None for all, and in earlier runs.
    threads: Decision[int | None] = Decision(value=None, why=ALL_CORES)

    def settings(self, request: RunConfig) -> RunConfig:
        """Return the settings that ask for what was decided: nothing is left to choose by validation rows."""
        return self.recipe(request).changed(
            lam=self.lam.value, block_weights=as_text(self.block_weights.value), refit=self.refit.value
        )

    def recipe(self, request: RunConfig) -> RunConfig:
        """Return the settings with the recipe that a search has chosen; a run of them comes to the same bits.

        What each recipe decides by itself, such as its strength ``lam``, is left open as the search has left it.
        """
        if not request.searches or self.features is None or self.loss is None or self.standardize is None:
            return request
        defaults = {name: RunConfig.model_fields[name].default for name in SEARCH}
        return request.changed(
            features=self.features.value,
            loss=self.loss.value,
            standardize=self.standardize.value,
            image_size=self._given_size(request),
            threads=self.threads.value,
            **defaults,
        )

    def _given_size(self, request: RunConfig) -> int | None:
        """Return the side of squares that the search has made of images, which are smaller without it."""
        size = self.image_size.value
        if (
            request.image_size is None
            and size is not None
            and size[0] == size[1]
            and "sizes" in self.image_size.why
        ):
            return size[0]
        return request.image_size

    def write(self, path: Path) -> None:
        """Write all decisions as YAML."""
        write_text(path, yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, width=115))

    @classmethod
    def read(cls, folder: Path) -> Resolved | None:
        """Read from a run's folder; None where it was written before there was such a file.

        Raises
        ------
        ModelError
            The file is damaged.
        """
        path = folder / RESOLVED_FILE
        if not path.exists():
            return None
        try:
            return cls.model_validate(read_settings(path))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            problem = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except UsageError as error:
            problem = error.given
        raise ModelError(
            f"What the run in {printable(folder)} has decided cannot be read: {problem[:200]}",
            allowed=f"{RESOLVED_FILE} as 'scoreline train' has written it",
            fix="restore the file, or train again",
        )


def as_text(weights: tuple[float, ...] | None) -> str | None:
    """Return block weights as the settings have them."""
    return None if weights is None else ",".join(f"{weight:g}" for weight in weights)
