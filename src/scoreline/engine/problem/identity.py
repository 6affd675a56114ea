"""What a run follows from, as a digest: a saved state is for a run of the same digest alone."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from scoreline.data.base import DataSource
from scoreline.engine.problem.objective import Objective
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.scored import read_labels
from scoreline.rows import dense

__all__ = ["identity"]

#: Rows of the data that a digest looks at. Where rows are standardised, it has their means and deviations too.
SAMPLE = 64


def identity(method: object, objective: Objective, source: DataSource, start: Params, *settings: Any) -> str:
    """Return a digest of a method's run: its kind, the objective, labels and some rows, the start, the settings.

    Settings are arrays, numbers, text, None, tuples and dataclasses of these; of anything else, the class counts.
    """
    digest = hashlib.blake2b(digest_size=16)
    n = source.n_examples
    sample = np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64))
    rows = np.asarray(dense(source.rows.take(sample)))
    parts = (type(method).__name__, objective, n, read_labels(source), rows, start, settings)
    _feed(digest, parts)
    return digest.hexdigest()


def _feed(digest: Any, part: Any) -> None:
    digest.update(type(part).__name__.encode())
    match part:
        case np.ndarray():
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).view(np.uint8).reshape(-1).data)
        case tuple():
            digest.update(str(len(part)).encode())
            for child in part:
                _feed(digest, child)
        case str() | int() | float() | np.generic():
            digest.update(repr(part).encode())
        case _ if is_dataclass(part):
            for field in fields(part):
                digest.update(field.name.encode())
                _feed(digest, getattr(part, field.name))
