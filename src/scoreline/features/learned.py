"""Checks of the arrays that features learned, read from files of any origin: complete, with matching shapes."""

from __future__ import annotations

from collections.abc import Mapping

from scoreline._typing import Array
from scoreline.errors import ModelError

__all__ = ["even_rows", "learned_arrays", "wrong_state"]

#: Names of sizes with their values: known ones, and those found so far.
Sizes = dict[str, int]


def learned_arrays(state: Mapping[str, Array], sizes: Sizes, **wanted: str) -> list[Array]:
    """Return the arrays of a state in the order in which they are named.

    Parameters
    ----------
    state : mapping of str to array
    sizes : dict of str to int
        Known sizes; those that are found in the arrays are added.
    **wanted
        For each array the names of its sizes: ``basis="qp"`` has q rows and p columns.

    Raises
    ------
    ModelError
        An array is missing, holds no real numbers, or has another shape.
    """
    found = []
    for name, axes in wanted.items():
        if name not in state:
            raise wrong_state(f"{name} is missing", f"arrays {', '.join(wanted)}")
        array = state[name]
        given = f"{name} has the shape {array.shape} and the dtype {array.dtype}"
        if array.ndim != len(axes) or array.dtype.kind not in "fi":
            raise wrong_state(given, f"an array of real numbers with {len(axes)} axes")
        for axis, size in zip(axes, array.shape, strict=True):
            if sizes.setdefault(axis, size) != size:
                raise wrong_state(given, f"{sizes[axis]} for its {size}, as the parameters and the other arrays")
        found.append(array)
    return found


def even_rows(state: Mapping[str, Array], name: str, most: int) -> int:
    """Return how many rows of a mirror-symmetric basis are even: an array of one whole number, at most `most`."""
    (array,) = learned_arrays(state, {"1": 1}, **{name: "1"})
    if not 0 <= array[0] <= most:
        raise wrong_state(f"{name} is {array[0]}", f"a whole number from 0 to {most}")
    return int(array[0])


def wrong_state(problem: str, allowed: str) -> ModelError:
    """Return the error for a state that does not belong to the features."""
    return ModelError(
        f"What the features learned cannot be used: {problem}",
        allowed=allowed,
        fix="take the model as it was written, or train again",
    )
