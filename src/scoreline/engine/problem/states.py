"""States of solvers as named arrays: what is saved in mid-run, and continued from to the same bits.

A state is a nest of (named) tuples whose leaves are arrays, numbers, text and None. It has the same structure
throughout a run, so that a fresh state says how to read a saved one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from scoreline._typing import Array
from scoreline.errors import DataError

__all__ = ["from_arrays", "generator_state", "n_bytes", "restored_generator", "to_arrays"]

S = TypeVar("S")


def to_arrays(state: Any) -> dict[str, Array]:
    """Return the leaves of a state by their dotted names, as safetensors and npz take them; None is left out."""
    arrays: dict[str, Array] = {}
    _collect(state, "", arrays)
    return arrays


def n_bytes(state: Any) -> int:
    """Return about how many bytes the arrays of a state have."""
    if isinstance(state, tuple):
        return sum(map(n_bytes, state))
    return getattr(state, "nbytes", 0)


def from_arrays(like: S, arrays: Mapping[str, Array]) -> S:
    """Return the state that `to_arrays` has taken apart.

    Parameters
    ----------
    like : state
        Of the same solver on the same problem, such as its first one.
    arrays : mapping of str to array

    Raises
    ------
    DataError
        A leaf is missing, or there is one that such a state does not have.
    """
    left = dict(arrays)
    state: S = _rebuilt(like, "", left)
    if left:
        raise DataError(
            f"A saved state has {', '.join(sorted(left))}, which this solver's states do not have",
            allowed="a state that was saved by the same solver with the same settings",
            fix="continue with the settings of the run that was saved, or begin anew",
        )
    return state


def generator_state(rng: np.random.Generator) -> Array:
    """Return where a PCG64 generator of random numbers stands, as six 64-bit numbers."""
    at: Any = rng.bit_generator.state
    halves = [at["state"][name] >> shift & (2**64 - 1) for name in ("state", "inc") for shift in (64, 0)]
    return np.array([*halves, at["has_uint32"], at["uinteger"]], np.uint64)


def restored_generator(numbers: Array) -> np.random.Generator:
    """Return the generator that `generator_state` describes."""
    state, low, increment, increment_low, has_uint32, uinteger = (int(number) for number in numbers)
    bits = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": state << 64 | low, "inc": increment << 64 | increment_low},
        "has_uint32": has_uint32,
        "uinteger": uinteger,
    }
    return np.random.Generator(bits)


def _collect(part: Any, name: str, arrays: dict[str, Array]) -> None:
    if isinstance(part, tuple):
        for inner, child in zip(_names(part), part, strict=True):
            _collect(child, f"{name}.{inner}" if name else inner, arrays)
    elif isinstance(part, str):
        arrays[name] = np.frombuffer(part.encode(), np.uint8).copy()
    elif part is not None:
        arrays[name] = np.array(part, order="C")


def _rebuilt(like: Any, name: str, left: dict[str, Array]) -> Any:
    """Return one part of a state, and take its leaves out of `left`."""
    if isinstance(like, tuple):
        children = [
            _rebuilt(child, f"{name}.{inner}" if name else inner, left)
            for inner, child in zip(_names(like), like, strict=True)
        ]
        return type(like)(*children) if hasattr(like, "_fields") else tuple(children)
    if like is None:
        return left.pop(name, None)
    if name not in left:
        raise DataError(
            f"A saved state lacks {name}",
            allowed="all arrays that were saved of the state, by their names",
            fix="save the state again, or begin anew",
        )
    leaf = left.pop(name)
    if isinstance(like, str):
        return leaf.tobytes().decode()
    return leaf if isinstance(like, np.ndarray) else type(like)(leaf.item())


def _names(part: tuple[Any, ...]) -> tuple[str, ...]:
    return getattr(part, "_fields", None) or tuple(str(i) for i in range(len(part)))
