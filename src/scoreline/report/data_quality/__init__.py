"""What may be wrong with the data: copies, leaks, wrong labels, outliers, imbalance."""

from __future__ import annotations

from scoreline._lazy import submodules

__getattr__, __dir__ = submodules(__name__)
