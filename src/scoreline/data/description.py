"""The description of a data set as it was read, for the terminal and for machines."""

from __future__ import annotations

import logging
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from scoreline.data.base import Dataset, PassedOver, Rejected, Split

__all__ = ["LOGGER", "describe", "describe_passed_over", "description_lines", "log_dataset"]

#: Receives every data set that is loaded, at level INFO, with the data set as the record's ``dataset``.
LOGGER = logging.getLogger("scoreline.data")

#: Classes that are listed with their counts; of more, the smallest and the largest count.
LISTED_CLASSES = 100
#: Most kinds of reasons, and examples of each.
_KINDS, _EXAMPLES = 10, 3
#: Classes and rejected files that a line on the terminal names.
_NAMED = 6


def describe(dataset: Dataset) -> dict[str, Any]:
    """Return a data set's description, ready for JSON: the key ``data`` of ``--json`` and ``metrics.json``.

    ``name``, ``layout`` (how folders were understood), ``files`` (image files used, by suffix), ``classes`` (their
    number), ``splits`` (of each: examples, and of each class where there are no more than 100), ``shape`` of one
    example, ``size_from`` (the origin of an image size that is not the images' own), ``pixel_range`` (values of
    deeper pixels that became 0, 255),
    ``rejected`` and ``passed_over`` (files left out, by reason, with examples) and ``notes``.
    """
    return {
        "name": dataset.name,
        "layout": dataset.layout,
        "files": _suffixes(dataset),
        "classes": len(dataset.classes),
        "splits": {name: _counts(dataset, split) for name, split in _splits(dataset)},
        "shape": list(dataset.example_shape),
        "size_from": dataset.size_from,
        "pixel_range": None if dataset.pixel_range is None else list(dataset.pixel_range),
        "rejected": _by_reason(dataset.rejected),
        "passed_over": [_files(item) for item in dataset.passed_over],
        "notes": list(dataset.notes),
    }


def log_dataset(dataset: Dataset) -> None:
    """Log what was loaded."""
    LOGGER.info("%s", "\n".join(description_lines(dataset)), extra={"dataset": dataset})


def description_lines(dataset: Dataset) -> Iterator[str]:
    """Yield a data set's description as lines for people: what it is, what was left out, the notes."""
    counts = ", ".join(f"{len(split):,} {name}" for name, split in _splits(dataset))
    shape = " x ".join(f"{n:,}" for n in dataset.example_shape)
    kind = "images of" if len(dataset.example_shape) == 3 else "rows of"
    origin = f" ({dataset.size_from})" if dataset.size_from else ""
    layout = f" ({dataset.layout})" if dataset.layout else ""
    yield f"Data: {dataset.name}: {kind} {shape}{origin}; {counts}; {_classes(dataset)}{layout}"
    if len(files := _suffixes(dataset)) > 1:
        yield "Image files: " + ", ".join(f"{n:,} {suffix}" for suffix, n in files.items())
    if dataset.rejected:
        reasons = "; ".join(
            f"{item['count']:,} {item['reason']} ({', '.join(item['examples'])}{_dots(item)})"
            for item in _by_reason(dataset.rejected)["reasons"]
        )
        yield f"Rejected {len(dataset.rejected):,}: {reasons}"
    for note in dataset.notes:
        yield f"Note: {note}"


def describe_passed_over(passed_over: Sequence[PassedOver]) -> str:
    """Return what was passed over as a sentence, with an example or two of each kind."""
    kinds = (
        f"{item.n_files:,} {item.kind} ({', '.join(item.paths[:2])}{', ...' if item.n_files > 2 else ''})"
        for item in passed_over
    )
    return f"Passed over: {', '.join(kinds)}."


def _splits(dataset: Dataset) -> Iterator[tuple[str, Split]]:
    for name in ("train", "validation", "test"):
        split = getattr(dataset, name)
        if split is not None:
            yield name, split


def _suffixes(dataset: Dataset) -> dict[str, int]:
    """Return how many examples come from files of each suffix; none where examples are rows of an array."""
    ids = [split.ids for _, split in _splits(dataset) if len(split)]
    if not ids or ids[0][0].isdigit():
        return {}
    endings = Counter(PurePosixPath(name).suffix.lower() or "without suffix" for name in chain(*ids))
    return dict(endings.most_common())


def _counts(dataset: Dataset, split: Split) -> dict[str, Any]:
    counts = np.bincount(split.y, minlength=len(dataset.classes))
    facts: dict[str, Any] = {"examples": len(split)}
    if len(dataset.classes) <= LISTED_CLASSES:
        facts["of_class"] = dict(zip(dataset.classes, counts.tolist(), strict=True))
    else:
        facts["smallest_class"], facts["largest_class"] = int(counts.min()), int(counts.max())
    return facts


def _classes(dataset: Dataset) -> str:
    # Data for an evaluation may have no training examples.
    split = next((split for _, split in _splits(dataset) if len(split)), dataset.train)
    counts = np.bincount(split.y, minlength=len(dataset.classes))
    if len(dataset.classes) <= _NAMED:
        return "classes " + ", ".join(f"{name} {n:,}" for name, n in zip(dataset.classes, counts, strict=True))
    names = ", ".join(dataset.classes[: _NAMED - 1])
    return f"{len(dataset.classes):,} classes ({names}, ...) of {counts.min():,} to {counts.max():,}"


def _files(item: PassedOver) -> dict[str, Any]:
    return {"kind": item.kind, "count": item.n_files, "examples": list(item.paths[:_EXAMPLES])}


def _by_reason(rejected: Sequence[Rejected]) -> dict[str, Any]:
    """Return how many were rejected, and for what; reasons that differ in names and numbers alone are one."""
    groups: defaultdict[str, list[Rejected]] = defaultdict(list)
    for item in rejected:
        groups[re.sub(r"\d[\d.,]*|duplicate of .*", "", item.reason)].append(item)
    ordered = sorted(groups.values(), key=len, reverse=True)
    kinds = [_kind(group) for group in ordered[:_KINDS]]
    if rest := [item for group in ordered[_KINDS:] for item in group]:
        kinds.append({**_kind(rest), "reason": "for other reasons"})
    return {"count": len(rejected), "reasons": kinds}


def _kind(group: Sequence[Rejected]) -> dict[str, Any]:
    reason = "duplicate" if group[0].reason.startswith("duplicate of") else group[0].reason
    return {"reason": reason, "count": len(group), "examples": [item.path for item in group[:_EXAMPLES]]}


def _dots(item: dict[str, Any]) -> str:
    return ", ..." if item["count"] > len(item["examples"]) else ""
