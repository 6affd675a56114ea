"""The description of a model on disk, checked field by field: it may come from anywhere."""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError, field_validator, model_validator

from scoreline._json import parse_json
from scoreline._text import escaped, shown
from scoreline.data.names import leads_elsewhere
from scoreline.errors import ModelError
from scoreline.models.input_spec import InputSpec
from scoreline.models.provenance import Provenance

__all__ = ["FORMAT", "Description", "broken", "decoded", "parsed", "regular_file"]

#: What is written and read. Fields that this version does not know are passed over: a field that changes what the
#: known ones mean comes with another number here.
FORMAT = "scoreline-linear/1"
#: Bytes of a description, names of classes for the most part, and of the memory that it takes to read it.
MOST_BYTES, MOST_MEMORY = 16 << 20, 32 << 20
#: Bytes from which on JSON is to be ASCII, as it is written: one other character can make each take four.
ASCII_BYTES = 1 << 20
#: Numbers of one example: an image of 64 million pixels in colour.
MOST_NUMBERS = 3 * 64_000_000

ClassName = Annotated[str, Field(max_length=10_000)]


class Description(BaseModel):
    """All of a model but its numbers."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False, frozen=True)

    #: Of each name that is wrong an error would be kept, with a copy of its place.
    classes: Annotated[list[ClassName], FailFast()]
    loss: str = Field(max_length=1_000)
    features: str = Field(max_length=20_000)
    example_shape: list[Annotated[int, Field(ge=1, le=MOST_NUMBERS)]] = Field(min_length=1, max_length=3)
    penalty_value: float = Field(ge=0)
    weights_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    #: None for vectors, and in models that were written before it was part of them.
    input: InputSpec | None = None
    #: Files and modules that the features depend on, each with its version.
    sources: dict[Annotated[str, Field(max_length=1_000)], Annotated[str, Field(max_length=1_000)]] = {}
    #: None in models that were written before it was part of them.
    provenance: Provenance | None = None

    @field_validator("classes")
    @classmethod
    def _can_be_shown(cls, names: list[str]) -> list[str]:
        if len(names) < 2:
            raise ValueError("two names or more")
        strange = next((name for name in names if escaped(name) != name), None)
        if strange is not None:
            raise ValueError(f"names without control characters, and one is {shown(strange)}")
        elsewhere = next((name for name in names if leads_elsewhere(name)), None)
        if elsewhere is not None:
            raise ValueError(f"names that are no paths to other folders, and one is {shown(elsewhere)}")
        if len(set(names)) < len(names):
            raise ValueError("names that differ")
        return names

    @field_validator("example_shape")
    @classmethod
    def _has_a_size(cls, shape: list[int]) -> list[int]:
        if math.prod(shape) > MOST_NUMBERS:
            raise ValueError(f"the shape of at most {MOST_NUMBERS:,} numbers")
        return shape

    @model_validator(mode="after")
    def _shapes_agree(self) -> Description:
        if self.input is not None and list(self.input.shape) != self.example_shape:
            raise ValueError(f"an input for images of the shape {self.example_shape}")
        return self

    @classmethod
    def read(cls, path: Path) -> Description:
        """Read the description in a model's folder.

        Raises
        ------
        ModelError
            It is missing, no JSON, of another format, or a field of it is wrong.
        """
        size = regular_file(path)
        if size > MOST_BYTES:
            raise broken(path.parent, f"{path.name} has {size:,} bytes, and at most {MOST_BYTES:,} are read")
        try:
            found = parsed(path, decoded(path, path.read_bytes()))
        except OSError as error:
            raise broken(path.parent, f"{path.name} cannot be read ({error})") from error
        if not isinstance(found, dict):
            raise broken(path.parent, f"{path.name} holds no object with the fields {', '.join(cls.model_fields)}")
        if found.get("format") != FORMAT:
            problem = (
                f"the format in {path.name} is {shown(found.get('format'))}, and this version reads {FORMAT!r}"
            )
            raise broken(path.parent, problem, "use the version of scoreline that has written it, or a newer one")
        try:
            return cls.model_validate(found)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            name = ".".join(str(part) for part in first["loc"][:2])
            said = first["msg"].removeprefix("Value error, ")
            value = "" if first["type"] == "missing" else f", and is {shown(first['input'])}"
            raise broken(path.parent, f"{name} in {path.name}: {said}{value}") from None


def regular_file(path: Path) -> int:
    """Return the size of a file in bytes; raise ModelError where there is none, or a device or a pipe instead."""
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        raise broken(path.parent, f"{path.name} cannot be read ({getattr(error, 'strerror', error)})") from error
    if not stat.S_ISREG(facts.st_mode):
        raise broken(path.parent, f"{path.name} is not a regular file")
    return facts.st_size


def decoded(path: Path, content: bytes) -> str:
    """Return the text of JSON in a file; raise ModelError unless it is UTF-8 and, if it is long, ASCII."""
    if len(content) > ASCII_BYTES and not content.isascii():
        fault = f"of its {len(content):,} bytes of JSON some are no ASCII, as all are beyond {ASCII_BYTES:,}"
        raise broken(path.parent, f"{path.name} cannot be read ({fault})")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise broken(path.parent, f"{path.name} cannot be read ({error})") from error


def parsed(path: Path, text: str) -> Any:
    """Return the value of JSON in a file, or raise ModelError; see `parse_json`."""
    try:
        return parse_json(text, MOST_MEMORY)
    except ValueError as error:
        raise broken(path.parent, f"{path.name} cannot be read ({error})") from error


def broken(folder: Path, problem: str, fix: str = "give the path of a finished run, or train again") -> ModelError:
    """Return the error for a model that cannot be used."""
    return ModelError(
        f"The model in {folder} cannot be used: {problem}",
        allowed="a folder that 'scoreline train' has written",
        fix=fix,
    )
