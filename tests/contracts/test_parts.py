"""What losses, penalties, optimisers and schedules have in common: small frozen dataclasses, listed by name."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

from scoreline.errors import UsageError
from scoreline.registry import Registry


def test_a_part_is_frozen_and_can_be_a_key(registry: Registry[Any], part: Any) -> None:
    field = next(iter(dataclasses.fields(part)), None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(part, field.name if field else "anything", 1)
    assert {part: "found"}[dataclasses.replace(part)] == "found"


def test_the_spec_builds_the_part_again(registry: Registry[Any], part: Any) -> None:
    assert registry.build(registry.spec(part)) == part
    assert registry.build(part) is part


def test_the_spec_of_defaults_is_the_bare_name(registry: Registry[Any], part: Any) -> None:
    name = next(name for name, cls in registry.items() if cls is type(part))
    assert (registry.spec(part) == name) == (part == type(part)())


def test_a_part_survives_the_way_to_another_process(registry: Registry[Any], part: Any) -> None:
    assert pickle.loads(pickle.dumps(part)) == part  # noqa: S301 - joblib does it between its own processes


def test_a_part_names_its_fields_in_its_docstring(registry: Registry[Any], part: Any) -> None:
    text = inspect.getdoc(type(part)) or ""
    missing = [field.name for field in dataclasses.fields(part) if f"{field.name} : " not in text]
    assert missing == []


def test_numbers_are_kept_as_plain_floats(number_field: tuple[type[Any], str]) -> None:
    cls, name = number_field
    default = getattr(cls(), name)
    # A strongly typed scalar would turn float32 arrays into float64.
    kept = getattr(cls(**{name: np.float64(default)}), name)
    assert (type(kept), kept) == (float, default)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, None, "0.5", [0.5]])
def test_what_is_no_usable_number_is_refused(number_field: tuple[type[Any], str], bad: Any) -> None:
    cls, name = number_field
    with pytest.raises(UsageError, match=f"^{name} is ") as caught:
        cls(**{name: bad})
    assert caught.value.allowed.startswith("a number")
