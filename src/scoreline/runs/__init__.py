"""Runs: from data to an evaluated model in a folder."""

from __future__ import annotations

from scoreline._lazy import submodules

__getattr__, __dir__ = submodules(__name__)
