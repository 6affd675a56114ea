"""Models on disk: weights bound to class names, without pickle."""

from __future__ import annotations

from scoreline.models.saved import SavedModel

__all__ = ["SavedModel"]
