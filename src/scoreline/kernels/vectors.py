"""A register of float32 numbers at a time, for compiled code: a type for Numba and the operations on it.

Loops over plain numbers leave it to the compiler to find the vectors; these kernels state them, so that sums stay
in registers. There are eight lanes (one AVX register, two of NEON), or sixteen where the machine has AVX-512.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

__all__ = ["LANES", "add", "fma", "highest", "load", "maximum", "splat", "spread", "store", "subtract", "total"]


def _lanes() -> int:
    try:
        return 16 if get_host_cpu_features().get("avx512f") else 8
    except RuntimeError:  # the compiler does not know this machine's features
        return 8


#: Numbers in a vector: what a register holds.
LANES = _lanes()

_FLOAT = ir.FloatType()
_BYTE = ir.IntType(8)
_INT = ir.IntType(32)
_VECTOR = ir.VectorType(_FLOAT, LANES)


class _VectorType(types.Type):
    def __init__(self) -> None:
        super().__init__(name=f"float32x{LANES}")


_vector = _VectorType()


@register_model(_VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _address(context: Any, builder: Any, signature: Any, args: Any, element: ir.Type) -> Any:
    """Return where the vector lies that begins at index ``args[1]`` of the contiguous array ``args[0]``."""
    array = context.make_array(signature.args[0])(context, builder, args[0])
    index = context.cast(builder, args[1], signature.args[1], types.intp)
    start = builder.gep(array.data, [index])
    return builder.bitcast(start, ir.VectorType(element, LANES).as_pointer())


@intrinsic
def load(typing: Any, array: Any, index: Any) -> Any:
    """Return ``array[index : index + LANES]`` of a contiguous float32 or uint8 array, as floats."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if array.dtype == types.float32:
            return builder.load(_address(context, builder, signature, args, _FLOAT), align=4)
        numbers = builder.load(_address(context, builder, signature, args, _BYTE), align=1)
        # By way of int32, whose signed conversion is one instruction.
        return builder.sitofp(builder.zext(numbers, ir.VectorType(_INT, LANES)), _VECTOR)

    return _vector(array, index), build


@intrinsic
def store(typing: Any, array: Any, index: Any, vector: Any) -> Any:
    """Write a vector to ``array[index : index + LANES]`` of a contiguous float32 array."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, signature, args, _FLOAT), align=4)
        return context.get_dummy_value()

    return types.void(array, index, vector), build


@intrinsic
def splat(typing: Any, number: Any) -> Any:
    """Return a vector of one number, repeated."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number32 = context.cast(builder, args[0], signature.args[0], types.float32)
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(nothing, number32, _INT(0))
        return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES))

    return _vector(number), build


@intrinsic
def spread(typing: Any, array: Any, index: Any) -> Any:
    """Return ``array[index]`` of a contiguous float32 array, repeated, for an index that is not negative."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        index64 = context.cast(builder, args[1], signature.args[1], types.intp)
        number = builder.load(builder.gep(data, [index64]), align=4)
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(nothing, number, _INT(0))
        return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_INT, LANES), [0] * LANES))

    return _vector(array, index), build


@intrinsic
def add(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a + b``."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(*args)

    return _vector(a, b), build


@intrinsic
def subtract(typing: Any, a: Any, b: Any) -> Any:
    """Return ``a - b``."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fsub(*args)

    return _vector(a, b), build


@intrinsic
def maximum(typing: Any, a: Any, b: Any) -> Any:
    """Return the larger of a and b, and b where either is not a number."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return _vector(a, b), build


@intrinsic
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a * b + c``, rounded once."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
        return builder.call(function, args)

    return _vector(a, b, c), build


def _folded(builder: Any, vector: Any, combine: Any) -> Any:
    """Return what the lanes of a vector come to, combined in a fixed order."""
    parts = [builder.extract_element(vector, _INT(lane)) for lane in range(LANES)]
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [combine(parts[i], parts[i + half]) for i in range(half)]
    return parts[0]


@intrinsic
def total(typing: Any, vector: Any) -> Any:
    """Return the sum of a vector, in a fixed order."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _folded(builder, args[0], builder.fadd)

    return types.float32(vector), build


@intrinsic
def highest(typing: Any, vector: Any) -> Any:
    """Return the largest number of a vector."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _folded(builder, args[0], lambda a, b: builder.select(builder.fcmp_ordered(">", a, b), a, b))

    return types.float32(vector), build
