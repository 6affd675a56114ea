"""A pickle reader that can build nothing but plain values and arrays of bytes.

A pickle is a program for a small machine with a stack. Python's own machine calls whatever the program names, and
allocates whatever it announces: nine bytes can take gigabytes, and tuples that hold one another twice keep
it busy for ever. This one accepts the instructions on a list, of which none calls anything; `pickletools`, which
decodes them, runs nothing. What a call of NumPy's constructors would have made is made here, from checked values.
"""

from __future__ import annotations

import io
import math
import pickletools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from scoreline._text import shortened
from scoreline._typing import Array
from scoreline.data.foreign import cause_of
from scoreline.data.limits import read_limited
from scoreline.data.names import printable
from scoreline.errors import DataError

__all__ = ["read_pickled_arrays"]

# The published files have at most 184 MB; this keeps a wrong file from filling the memory.
_MAX_BYTES = 2**29
#: Those of 50,000 images with their file names have 350,000 instructions.
_MAX_STEPS = 5_000_000
#: Bytes that are made of those of the file: text is encoded to bytes, and these are copied to an array.
_COPIES = 3
#: Lists in dictionaries, tuples in the state of an array: the published files go three deep.
_MAX_MARKS = 32
_MAX_INTEGER_BYTES = 8


class _RefusedError(Exception):
    """The pickle needs something that is not on the list."""


class _Name(NamedTuple):
    """The name of a function or class, which is all that this reader makes of it."""

    module: str
    name: str


class _Dtype:
    """Takes the place of a dtype: one-byte unsigned integers, the only ones let through."""


class _ArrayBuilder:
    """Takes the place of an array until its shape and bytes are known."""

    array: Array | None = None


class _Machine:
    """What the instructions work on."""

    def __init__(self, room: int) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self._room = room

    def take(self, n_bytes: int) -> None:
        """Count bytes that are about to be made: a text of the file may be asked for again and again."""
        self._room -= n_bytes
        if self._room < 0:
            raise _RefusedError("more bytes than the file can stand for")

    def pop(self) -> Any:
        """Take the topmost value, not from below a mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise _RefusedError("an instruction without its value")
        return self.stack.pop()

    def pop_to_mark(self) -> list[Any]:
        """Take everything above the last mark, and the mark."""
        if not self.marks:
            raise _RefusedError("an instruction without its mark")
        start = self.marks.pop()
        values = self.stack[start:]
        del self.stack[start:]
        return values

    def top(self, kind: type) -> Any:
        """Return the topmost value, which must be of a kind."""
        if not self.stack or type(self.stack[-1]) is not kind:
            raise _RefusedError(f"an instruction for a {kind.__name__} on something else")
        return self.stack[-1]


_Step: TypeAlias = Callable[[_Machine, Any], None]


def _nothing(machine: _Machine, _: Any) -> None:
    """Do nothing: version and frames are for readers of streams."""


def _push(machine: _Machine, argument: Any) -> None:
    machine.stack.append(argument)


def _push_long(machine: _Machine, argument: int) -> None:
    if argument.bit_length() >= 8 * _MAX_INTEGER_BYTES:
        raise _RefusedError("a number of more than 64 bits")
    machine.stack.append(argument)


def _constant(value: Any) -> _Step:
    return lambda machine, _: machine.stack.append(value)


def _mark(machine: _Machine, _: Any) -> None:
    if len(machine.marks) >= _MAX_MARKS:
        raise _RefusedError(f"values nested more than {_MAX_MARKS} deep")
    machine.marks.append(len(machine.stack))


def _tuple(length: int) -> _Step:
    def step(machine: _Machine, _: Any) -> None:
        values = [machine.pop() for _ in range(length)]
        machine.stack.append(tuple(reversed(values)))

    return step


def _append(machine: _Machine, _: Any) -> None:
    value = machine.pop()
    machine.top(list).append(value)


def _appends(machine: _Machine, _: Any) -> None:
    values = machine.pop_to_mark()
    machine.top(list).extend(values)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.pop(), machine.pop()
    _fill(machine.top(dict), [key, value])


def _set_items(machine: _Machine, _: Any) -> None:
    values = machine.pop_to_mark()
    _fill(machine.top(dict), values)


def _dict(machine: _Machine, _: Any) -> None:
    values = machine.pop_to_mark()
    machine.stack.append({})
    _fill(machine.stack[-1], values)


def _fill(target: dict[Any, Any], values: list[Any]) -> None:
    keys = values[::2]
    # The hash of nested tuples may take for ever.
    if len(values) % 2 or not all(type(key) in (str, bytes, int) for key in keys):
        raise _RefusedError("keys that are neither text nor whole numbers")
    target.update(zip(keys, values[1::2], strict=True))


def _put(machine: _Machine, argument: int) -> None:
    # Whoever writes a pickle numbers its values in turn. For a larger number Python's reader allocates all
    # below.
    if argument > len(machine.memo) or not machine.stack:
        raise _RefusedError(f"place {argument} of its memory, {len(machine.memo)} being in use")
    machine.memo[argument] = machine.stack[-1]


def _memoize(machine: _Machine, _: Any) -> None:
    _put(machine, len(machine.memo))


def _get(machine: _Machine, argument: int) -> None:
    if argument not in machine.memo:
        raise _RefusedError(f"place {argument} of its memory, which is empty")
    machine.stack.append(machine.memo[argument])


def _global(machine: _Machine, argument: str) -> None:
    module, _, name = argument.partition(" ")
    machine.stack.append(_Name(module, name))


def _stack_global(machine: _Machine, _: Any) -> None:
    name, module = machine.pop(), machine.pop()
    if type(name) is not str or type(module) is not str:
        raise _RefusedError("a name that is no text")
    machine.stack.append(_Name(module, name))


def _reduce(machine: _Machine, _: Any) -> None:
    """Make what a call of one of the known names would have made; nothing is called by name."""
    arguments, called = machine.pop(), machine.pop()
    if type(called) is not _Name or type(arguments) is not tuple or called not in _CONSTRUCTORS:
        shown = f"{called.module}.{called.name}" if type(called) is _Name else "a value that is called"
        raise _RefusedError(shortened(shown))
    machine.take(sum(len(argument) for argument in arguments if isinstance(argument, str | bytes | bytearray)))
    machine.stack.append(_CONSTRUCTORS[called](*arguments))


def _build(machine: _Machine, _: Any) -> None:
    state = machine.pop()
    built = machine.stack[-1] if machine.stack else None
    if type(built) is _Dtype:
        return  # byte order and alignment: one byte has neither
    if type(built) is not _ArrayBuilder or built.array is not None or type(state) is not tuple or len(state) != 5:
        raise _RefusedError("a state for what has none")
    _, shape, dtype, fortran, content = state
    machine.take(len(content) if isinstance(content, str | bytes | bytearray) else 0)
    built.array = _array(content, dtype, shape, "F" if fortran is True or fortran == 1 else "C")


def _array(content: Any, dtype: Any, shape: Any, order: Any) -> Array:
    if type(dtype) is not _Dtype or order not in ("C", "F"):
        raise _RefusedError("an array of objects")
    # Python 2 stored bytes as text.
    held = content.encode("latin1") if type(content) is str else content
    lengths = shape if type(shape) is tuple else ()
    if type(held) not in (bytes, bytearray) or not all(type(n) is int and n >= 0 for n in lengths):
        raise _RefusedError("an array of objects")
    if len(lengths) > 8 or math.prod(lengths) != len(held):
        raise _RefusedError(f"an array whose shape does not fit its {len(held)} bytes")
    # A copy, because an array over bytes could not be written to.
    return np.frombuffer(held, dtype=np.uint8).reshape(lengths, order=order).copy()


def _dtype(code: object = None, *_: object) -> _Dtype:
    if code not in ("u1", b"u1"):
        raise _RefusedError("an array of another dtype than uint8")
    return _Dtype()


def _reconstruct(*_: object) -> _ArrayBuilder:
    return _ArrayBuilder()


def _from_buffer(content: object, dtype: object, shape: object, order: object = "C") -> _ArrayBuilder:
    built = _ArrayBuilder()
    built.array = _array(content, dtype, shape, order)
    return built


def _encode(text: object, encoding: object = None) -> bytes:
    """Stand in for ``_codecs.encode``, by which protocol 2 stores bytes."""
    if type(text) is not str or encoding != "latin1":
        raise _RefusedError("text in another encoding")
    return text.encode("latin1")


#: What a pickle of the published files calls, and what is made instead.
_CONSTRUCTORS: dict[_Name, Callable[..., Any]] = {
    _Name("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    _Name("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    _Name("numpy.core.numeric", "_frombuffer"): _from_buffer,
    _Name("numpy._core.numeric", "_frombuffer"): _from_buffer,
    _Name("numpy", "dtype"): _dtype,
    _Name("_codecs", "encode"): _encode,
}

#: The instructions that are followed; whatever is not here is refused.
_STEPS: dict[str, _Step] = {
    **dict.fromkeys(("PROTO", "FRAME"), _nothing),
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "BINFLOAT"), _push),
    **dict.fromkeys(("BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"), _push),
    **dict.fromkeys(("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"), _push),
    "LONG1": _push_long,
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "MARK": _mark,
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_to_mark())),
    "TUPLE1": _tuple(1),
    "TUPLE2": _tuple(2),
    "TUPLE3": _tuple(3),
    "LIST": lambda machine, _: machine.stack.append(machine.pop_to_mark()),
    "DICT": _dict,
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _put),
    "MEMOIZE": _memoize,
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _get),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
}


def read_pickled_arrays(file: Path) -> dict[str, Any]:
    """Read a pickled dictionary of arrays of uint8, lists, strings and numbers.

    Raises
    ------
    DataError
        The file is damaged or too large, is no dictionary, or asks for anything else.
    """
    try:
        content = _run(read_limited(file, _MAX_BYTES))
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise _refusal(file, cause_of(error)) from error
    if type(content) is not dict:
        raise _refusal(file, f"a {type(content).__name__.strip('_')}")
    return {_text(key): _plain(value) for key, value in content.items()}


def _run(program: bytes) -> Any:
    """Follow the instructions up to STOP, and return the one value that is left."""
    machine = _Machine(_COPIES * len(program))
    for count, (instruction, argument, _) in enumerate(pickletools.genops(io.BytesIO(program))):
        if count > _MAX_STEPS:
            raise _RefusedError(f"more than {_MAX_STEPS} instructions")
        if instruction.name == "STOP":
            break
        if instruction.name not in _STEPS:
            raise _RefusedError(f"the instruction {instruction.name}")
        _STEPS[instruction.name](machine, argument)
    if len(machine.stack) != 1 or machine.marks:
        raise _RefusedError(f"{len(machine.stack)} values at its end")
    return machine.stack[0]


def _refusal(file: Path, found: str) -> DataError:
    return DataError(
        f"The pickled file {printable(file)} is damaged or asks for what it must not have ({found})",
        allowed=f"a dictionary of arrays of uint8, lists, strings and numbers, of at most {_MAX_BYTES} bytes",
        fix="download the published archive again, or take its binary version",
    )


def _text(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    return value.array if isinstance(value, _ArrayBuilder) else value
