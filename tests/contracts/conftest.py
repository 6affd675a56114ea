"""Hands every registered part, and every part with a field changed, to the contracts that ask for its kind."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from scoreline.errors import UsageError
from scoreline.losses import LOSSES
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.registry import Registry
from scoreline.schedules import SCHEDULES

REGISTRIES: dict[str, Registry[Any]] = {
    "loss": LOSSES,
    "penalty": PENALTIES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}


def changed_fields(cls: type[Any]) -> dict[str, Any]:
    """Return another valid value for every boolean or float field of a part."""
    others: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if isinstance(field.default, bool):
            others[field.name] = not field.default
        elif isinstance(field.default, float):
            others[field.name] = field.default / 2 or 0.1
    return others


def variants(registry: Registry[Any]) -> Iterator[Any]:
    """Yield each part with its defaults, with each field changed alone, and with two changed together.

    Two fields may exclude one another (a squared hinge has no kink to smooth); such pairs are left out.
    """
    for cls in registry.values():
        others = changed_fields(cls)
        yield cls()
        for name, value in others.items():
            yield cls(**{name: value})
        for pair in itertools.combinations(others, 2):
            with contextlib.suppress(UsageError):
                yield cls(**{name: others[name] for name in pair})


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for kind, registry in REGISTRIES.items():
        if kind in metafunc.fixturenames:
            parts = list(variants(registry))
            metafunc.parametrize(kind, parts, ids=[registry.spec(part) for part in parts])
    if "registry" in metafunc.fixturenames and "part" in metafunc.fixturenames:
        pairs = [(registry, part) for registry in REGISTRIES.values() for part in variants(registry)]
        metafunc.parametrize(("registry", "part"), pairs, ids=[registry.spec(part) for registry, part in pairs])
    if "number_field" in metafunc.fixturenames:
        fields = [
            (cls, field.name)
            for registry in REGISTRIES.values()
            for cls in registry.values()
            for field in dataclasses.fields(cls)
            if isinstance(field.default, float)
        ]
        metafunc.parametrize("number_field", fields, ids=[f"{cls.__name__}.{name}" for cls, name in fields])
