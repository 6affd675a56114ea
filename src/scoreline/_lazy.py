"""Submodules that are imported when they are first used."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

__all__ = ["submodules"]


def submodules(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` for a package that lends its submodules without importing them."""

    def names() -> list[str]:
        path = importlib.import_module(package).__path__
        return sorted(found.name for found in pkgutil.iter_modules(path) if not found.name.startswith("_"))

    def get(name: str) -> Any:
        if not name.startswith("_") and name in names():
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, names
