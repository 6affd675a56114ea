"""The computation of features as a graph of standard operators, for programs other than this one."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from scoreline._typing import Array

__all__ = ["FeatureGraph", "Node", "raised"]

#: Values of the attributes of operators.
Attribute: TypeAlias = "int | float | str | tuple[int, ...]"
#: Before the first place of an axis, for slices that go backwards.
_BEFORE_ALL = np.iinfo(np.int64).min + 1


class Node(NamedTuple):
    """One operation: an operator of ONNX (opset 17), the names of its inputs and output, and its attributes."""

    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: tuple[tuple[str, Attribute], ...]


class FeatureGraph:
    """A graph under construction: nodes in an order in which they can be run, and constants.

    Operators are those of ONNX's opset 17, but that `Cast` names its dtype as NumPy does. Values are known by
    name. An operation that the graph has already is not added twice.
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = {}
        self._known: dict[tuple[object, ...], str] = {}

    def constant(self, array: Array) -> str:
        """Return the name of an array."""
        array = np.ascontiguousarray(array)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = f"c{len(self.constants)}"
            self.constants[self._known[key]] = array
        return self._known[key]

    def add(self, operator: str, *inputs: str | Array, **attributes: Attribute) -> str:
        """Add an operation and return the name of its output; inputs are names of values, or arrays."""
        names = tuple(each if isinstance(each, str) else self.constant(each) for each in inputs)
        settings = tuple(sorted(attributes.items()))
        key = (operator, names, settings)
        if key not in self._known:
            self._known[key] = f"v{len(self.nodes)}"
            self.nodes.append(Node(operator, names, self._known[key], settings))
        return self._known[key]

    def cast(self, value: str, dtype: str) -> str:
        """Return a value in another dtype."""
        return self.add("Cast", value, to=dtype)

    def reshape(self, value: str, *shape: int) -> str:
        """Return a value in another shape: 0 keeps the length of an axis, -1 is what is left."""
        return self.add("Reshape", value, np.array(shape, np.int64))

    def part(self, value: str, axis: int, start: int, stop: int) -> str:
        """Return the places from `start` to before `stop` of an axis."""
        return self.add("Slice", value, *(np.array([number], np.int64) for number in (start, stop, axis, 1)))

    def reversed(self, value: str, axis: int) -> str:
        """Return a value with the places of an axis in the opposite order."""
        return self.add("Slice", value, *(np.array([number], np.int64) for number in (-1, _BEFORE_ALL, axis, -1)))

    def padded(self, value: str, before: tuple[int, ...], after: tuple[int, ...], mode: str = "constant") -> str:
        """Return a value with so many zeros (or border values, mode ``edge``) before and after each axis."""
        return self.add("Pad", value, np.array(before + after, np.int64), mode=mode)


def raised(graph: FeatureGraph, value: str, power: float) -> str:
    """Return a value of frequencies raised to a power; see `scoreline.features.descriptor.raise_to`."""
    if power == 0.5:
        return graph.add("Sqrt", value)
    return value if power == 1 else graph.add("Pow", value, np.array(power))
