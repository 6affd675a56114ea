"""Which numbers a setting may be, in words."""

from __future__ import annotations

from typing import get_args

from pydantic.fields import FieldInfo

from scoreline._checks import describe_range

__all__ = ["allowed_numbers"]


def allowed_numbers(field: FieldInfo | None) -> str:
    """Return the numbers that a setting with bounds may be; nothing for other settings."""
    bounds = {
        name: getattr(bound, name)
        for bound in (field.metadata if field else [])
        for name in ("ge", "gt", "le", "lt")
        if hasattr(bound, name)
    }
    if field is None or not bounds:
        return ""
    return describe_range(
        bounds.get("ge", bounds.get("gt")),
        bounds.get("le", bounds.get("lt")),
        above="gt" in bounds,
        below="lt" in bounds,
        whole=int in (field.annotation, *get_args(field.annotation)),
    )
