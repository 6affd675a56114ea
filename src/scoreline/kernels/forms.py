"""Parts in compiled code: a kernel takes any part, and is compiled once for each function that a part declares.

Of a function, a kernel's arguments have a name alone, which follows from what the function computes: its code, its
constants, and all that it calls. Compiled code is kept on disk by the types of its arguments, so that a function
that was changed, or another of the same name, is never served what was compiled for the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np
from numba.core import types
from numba.core.dispatcher import Dispatcher
from numba.extending import NativeValue, models, register_model, typeof_impl, unbox

from scoreline.kernels import plain
from scoreline.kernels.compiling import compiled_loosely
from scoreline.kernels.exponential import exponential
from scoreline.kernels.form import CompiledForm
from scoreline.kernels.searching import first_place, largest

__all__ = ["Argument", "Named", "as_argument"]

#: What plain functions are in compiled code, where that is more than the same, compiled.
_FAST: dict[Any, Any] = {
    plain.exponential: exponential,
    plain.first_place: first_place,
    plain.largest: largest,
}

#: The functions of all names that arguments have had in this process, ready to be compiled.
_FUNCTIONS: dict[str, Any] = {}


class Named:
    """A function by the name of what it computes: all that a kernel gets of it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = f"{function.__name__}-{hashlib.sha256(_text(function, []).encode()).hexdigest()[:32]}"
        if self.name not in _FUNCTIONS:
            # At once: what the function calls may be replaced before it is compiled.
            _FUNCTIONS[self.name] = _translated(function, {})
        self.type = _NamedType(self.name)


#: A form as kernels take it.
Argument = tuple[Named, tuple[Any, ...]]


def as_argument(form: CompiledForm) -> Argument:
    """Return a form as kernels take it: what they call, and the numbers that it takes last."""
    numbers = (np.float32(number) if isinstance(number, float) else number for number in form.numbers)
    return Named(form.function), tuple(numbers)


class _NamedType(types.Callable, types.Dummy):
    """The type of a `Named`: one for each function. It holds no function, as it is kept with code on disk."""

    def __init__(self, name: str) -> None:
        self.name_of_function = name
        super().__init__(name=f"function({name})")

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        template, signature, args, kws = self._function.get_call_template(args, kws)
        return template(context).apply(args, kws).replace(pysig=signature)

    def get_call_signatures(self) -> Any:
        return self._function.nopython_signatures, True

    def get_impl_key(self, sig: Any) -> Any:
        return self._function.get_overload(sig.args)

    @property
    def _function(self) -> Any:
        return _FUNCTIONS[self.name_of_function]


register_model(_NamedType)(models.OpaqueModel)


@typeof_impl.register(Named)
def _type_of(value: Named, context: Any) -> _NamedType:
    return value.type


@unbox(_NamedType)
def _unbox(kind: Any, value: Any, context: Any) -> NativeValue:
    return NativeValue(context.context.get_dummy_value())


def _translated(function: Any, made: dict[Any, Any]) -> Any:
    """Return a function compiled anew, with all plain functions that it calls."""
    if function in _FAST:
        return _FAST[function]
    if function not in made:
        scope, cells = dict(function.__globals__), tuple(CellType() for _ in function.__closure__ or ())
        copy = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells or None)
        made[function] = compiled_loosely(copy, cache=False)
        for name, value in _globals(function):
            if name in scope and _is_plain(value):
                scope[name] = _translated(value, made)
        for cell, outer in zip(cells, function.__closure__ or (), strict=True):
            value = outer.cell_contents
            cell.cell_contents = _translated(value, made) if _is_plain(value) else value
    return made[function]


def _is_plain(value: Any) -> bool:
    return isinstance(value, FunctionType) and not str(value.__module__).startswith("numba.")


def _text(value: Any, seen: list[Any]) -> str:
    """Return all there is to say of a function, or of anything it uses: the same text in each process."""
    if isinstance(value, Dispatcher):
        value = value.py_func
    if isinstance(value, CodeType):
        said = [value.co_code.hex(), value.co_flags, value.co_argcount, value.co_names, value.co_varnames]
        return f"{said} {[_text(constant, seen) for constant in value.co_consts]}"
    if isinstance(value, FunctionType):
        if value in seen:
            return f"function {seen.index(value)}"
        seen.append(value)
        parts = [value.__code__, value.__defaults__, *(cell.cell_contents for cell in value.__closure__ or ())]
        used = {name: _text(found, seen) for name, found in _globals(value)}
        return f"{[_text(part, seen) for part in parts]} {used}"
    if isinstance(value, tuple | list):
        return f"{[_text(part, seen) for part in value]}"
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {value.tobytes().hex()}"
    return f"module {value.__name__}" if isinstance(value, ModuleType) else f"{type(value)} {value!r}"


def _globals(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the globals that a function names, and with each module those functions of it that may be meant."""
    names = sorted(set(_names(function.__code__)))
    modules = []
    for name in names:
        if name in function.__globals__:
            value = function.__globals__[name]
            yield name, value
            if isinstance(value, ModuleType):
                modules.append(value)
    for module in modules:
        for name in names:
            value = module.__dict__.get(name)
            if isinstance(value, FunctionType | Dispatcher):
                yield f"{module.__name__}.{name}", value
            elif isinstance(value, ModuleType) and value not in modules:
                modules.append(value)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
