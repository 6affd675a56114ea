"""Which data a run was trained on: where they lay, and digests that tell whether they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoreline._files import write_bytes, write_text
from scoreline._text import counted
from scoreline._typing import Array
from scoreline.data import Dataset, Split
from scoreline.data.names import printable
from scoreline.errors import ModelError
from scoreline.models import TrainingImages
from scoreline.rows import Rows, batches

__all__ = [
    "DataRecord",
    "Digests",
    "RecordedImages",
    "SplitRecord",
    "TrainedOn",
    "digests_of",
    "example_digests",
    "joined_digests",
    "splits_of",
]

DESCRIPTION, DIGESTS = "data.json", "training-digests.bin"
FORMAT: Literal["scoreline-data/1"] = "scoreline-data/1"
SPLITS = ("train", "validation", "test")
#: A description of data takes hundreds of bytes; what is larger is not one.
_MAX_BYTES = 1 << 16
_PIECE = 1024

Digests = NDArray[np.uint64]


class SplitRecord(BaseModel):
    """A split: how many examples, and a digest of all of them with their labels, in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(ge=0)
    digest: str = Field(max_length=64)

    @classmethod
    def of(cls, split: Split, digests: Digests) -> SplitRecord:
        """Describe a split whose examples have these digests."""
        content = digests.astype("<u8").tobytes() + split.y.astype("<i8").tobytes()
        return cls(n=len(split), digest=hashlib.sha256(content).hexdigest()[:32])


class RecordedImages(TrainingImages):
    """What kind of images the training images are, in runs whose models do not say it."""

    #: Which values of pixels of more than 8 bits became 0 and 255.
    pixel_range: tuple[float, float] | None


class DataRecord(BaseModel):
    """The data of a run, as ``data.json`` holds them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["scoreline-data/1"]
    #: The name of a data set, or an absolute path.
    data: str = Field(max_length=4096)
    #: Where the path led, links followed; None for a name.
    real_path: str | None = Field(max_length=4096)
    splits: dict[str, SplitRecord] = Field(max_length=len(SPLITS))
    #: In runs that were written before the model's own description had this.
    images: RecordedImages | None = None

    @classmethod
    def of(cls, data: str, dataset: Dataset, digests: Mapping[str, Digests]) -> DataRecord:
        """Describe data that were loaded from `data`, a name or an absolute path."""
        path = Path(data)
        return cls(
            format=FORMAT,
            data=printable(data),
            real_path=printable(path.resolve()) if path.is_absolute() else None,
            splits={name: SplitRecord.of(part, digests[name]) for name, part in splits_of(dataset).items()},
        )

    @property
    def fingerprint(self) -> str:
        """One short text that is the same for the same data, split in the same way."""
        parts = [f"{name}:{part.n}:{part.digest}" for name, part in sorted(self.splits.items())]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]

    def changes(self, now: DataRecord) -> list[str]:
        """Say what is different in the same data `now`, one text a difference; another place alone is none."""
        found = []
        for name in (name for name in SPLITS if name in self.splits or name in now.splits):
            then, today = self.splits.get(name), now.splits.get(name)
            before, after = (0 if part is None else part.n for part in (then, today))
            if before != after:
                found.append(f"{name} had {counted(before, 'example')} then and has {after:,} now")
            elif then != today:
                found.append(f"{name} has other examples or labels than then")
        if found and self.real_path != now.real_path:
            found.append(f"they were read from {self.real_path} then and from {now.real_path} now")
        return found


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """The record of a run's data with the digests of its training examples, ascending."""

    record: DataRecord
    digests: Digests

    @classmethod
    def of(cls, data: str, dataset: Dataset) -> TrainedOn:
        """Describe data that are trained on; all examples are read once."""
        return cls.with_digests(data, dataset, digests_of(dataset))

    @classmethod
    def with_digests(cls, data: str, dataset: Dataset, digests: Mapping[str, Digests]) -> TrainedOn:
        """Describe data whose examples have these digests; see `digests_of`."""
        return cls(DataRecord.of(data, dataset, digests), np.sort(digests["train"]))

    @classmethod
    def read(cls, folder: Path) -> TrainedOn | None:
        """Read from a run's folder; None where it was written before there were such records.

        Raises
        ------
        ModelError
            One of the two files is missing or damaged.
        """
        if not (folder / DESCRIPTION).exists():
            return None
        try:
            with (folder / DESCRIPTION).open("rb") as file:
                record = DataRecord.model_validate_json(file.read(_MAX_BYTES))
            n = record.splits["train"].n
            if not 0 < 8 * n == (folder / DIGESTS).stat().st_size:
                raise _damaged(folder, f"{DIGESTS} does not hold 8 bytes for each of {n} examples")
            content = (folder / DIGESTS).read_bytes()
        except (OSError, ValidationError, KeyError) as error:
            raise _damaged(folder, str(error).splitlines()[0][:200]) from error
        return cls(record, np.frombuffer(content, "<u8").astype(np.uint64))

    def write(self, folder: Path) -> None:
        """Write both files into a run's folder."""
        write_bytes(folder / DIGESTS, self.digests.astype("<u8").tobytes())
        write_text(folder / DESCRIPTION, self.record.model_dump_json(indent=2) + "\n")

    def includes(self, digests: Digests) -> NDArray[np.bool_]:
        """Say of each example whether its content is that of a training example."""
        place = np.searchsorted(self.digests, digests)
        return self.digests[np.minimum(place, len(self.digests) - 1)] == digests


def example_digests(X: Array) -> Digests:
    """Return a digest of each example's bytes ``(n,)``.

    Eight bytes of SHA-256: among a million examples against a million others, two different ones are taken for the
    same with a probability of one in ten million.
    """
    found = np.empty(len(X), dtype=np.uint64)
    for first in range(0, len(X), _PIECE):
        rows = np.ascontiguousarray(X[first : first + _PIECE])
        for row, content in enumerate(rows.reshape(len(rows), -1).view(np.uint8), start=first):
            found[row] = int.from_bytes(hashlib.sha256(content.data).digest()[:8], "little")
    return found


def digests_of(dataset: Dataset) -> dict[str, Digests]:
    """Return the digests of all examples, by split; all are read once."""
    return {name: _all_digests(part.rows) for name, part in splits_of(dataset).items()}


def joined_digests(digests: Mapping[str, Digests]) -> dict[str, Digests]:
    """Return the digests of data whose validation split has joined the training split, behind it."""
    joined = {name: found for name, found in digests.items() if name != "validation"}
    both = [digests[name] for name in ("train", "validation") if name in digests]
    return joined | {"train": np.concatenate(both)}


def _all_digests(rows: Rows) -> Digests:
    return np.concatenate([example_digests(block) for _, block in batches(rows, _PIECE)])


def splits_of(dataset: Dataset) -> dict[str, Split]:
    """Return the splits in which there are examples, by name."""
    found = {name: getattr(dataset, name) for name in SPLITS}
    return {name: part for name, part in found.items() if part is not None and len(part)}


def _damaged(folder: Path, problem: str) -> ModelError:
    return ModelError(
        f"What {printable(folder)} tells of its training data cannot be read: {problem}",
        allowed=f"{DESCRIPTION} and {DIGESTS} as 'scoreline train' has written them",
        fix=f"restore the two files, or remove {DESCRIPTION}: then it is not known which examples were trained on",
    )
