"""Answers as JSON that a browser can read."""

from __future__ import annotations

import json
import math
from typing import Any

__all__ = ["as_json"]


def as_json(answer: dict[str, Any]) -> str:
    """Return an answer as JSON, with null in place of infinities and NaN, which JSON lacks."""
    try:
        return json.dumps(answer, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(answer), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
