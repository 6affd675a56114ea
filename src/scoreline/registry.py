"""Registries: every kind of part is listed by name once, and a short text can build any part.

A *spec* is ``name`` or ``name:value,key=value,flag``: ``"softmax"``, ``"weston-watkins:squared,margin=0.5"``,
``"warmup:2,then=cosine"``. Bare words are flags when the part has a boolean field of that name, else they fill
the part's fields in order. A value with commas of its own stands in brackets: ``"warmup:then=[step:5,drop=0.1]"``.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from scoreline._text import shown
from scoreline.errors import UnknownNameError, UsageError

__all__ = ["Registry", "check_spec", "read_parameters", "split_at_commas"]

T = TypeVar("T")

#: Characters of a spec, and brackets within one another: mirror averages of unions of words have three.
MOST_LETTERS, MOST_DEPTH = 10_000, 8
#: Whole numbers of parameters: beyond it they are no floats. Each part knows its own, narrower ranges.
MOST = 10**300
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Registry(Mapping[str, type[T]], Generic[T]):
    """An ordered mapping from names to the classes of one kind of part.

    Parameters
    ----------
    kind : str
        What the parts are, for messages: ``"loss"``.
    parts : mapping of str to class, optional
        The classes by their public names; each is a dataclass or takes keyword parameters. `register` adds others.
        Where one was released with other names of its fields, its ``former_names`` maps them to those of today.
    aliases : mapping of str to str, optional
        Further specs by which a part is commonly known, each with the spec it stands for.
    """

    def __init__(
        self, kind: str, parts: Mapping[str, type[T]] | None = None, aliases: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.aliases = dict(aliases or {})
        self._parts = dict(parts or {})

    def register(self, name: str, part: type[T]) -> None:
        """List one more class, which can be had by its name wherever those of the package can.

        Parameters
        ----------
        name : str
            In small letters and digits, with single hyphens between.
        part : class
            A dataclass, or a class that takes keyword parameters.

        Raises
        ------
        UsageError
            The name is taken, or is no name.
        """
        if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
            raise UsageError(
                f"A {self.kind} is to be called {shown(name)}",
                allowed="small letters and digits, with single hyphens between",
                fix="choose a name such as 'my-own'",
            )
        if name in self._parts or name in self.aliases:
            raise UsageError(
                f"A second {self.kind} is to be called {name!r}",
                allowed="a name of its own for each part",
                fix=f"choose another name for {part.__name__}",
            )
        self._parts[name] = part

    def __getitem__(self, name: str) -> type[T]:
        try:
            return self._parts[name]
        except KeyError:
            raise UnknownNameError.of(self.kind, name, [*self._parts, *self.aliases]) from None

    def __contains__(self, name: object) -> bool:
        return name in self._parts  # Mapping would go through __getitem__, whose error is no KeyError

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def build(self, spec: str | T, **defaults: Any) -> T:
        """Make the part that `spec` describes; a part that is made already is returned as it is.

        Parameters
        ----------
        spec : str or part
            ``"name"``, ``"name:key=value,..."`` or an instance.
        **defaults
            Values for fields that the spec does not name; those that the part does not have are left out.

        Raises
        ------
        UnknownNameError
            No part has that name.
        UsageError
            A key is unknown or a value cannot be read.
        """
        if not isinstance(spec, str):
            return spec
        check_spec(self.kind, spec)
        name, _, rest = spec.partition(":")
        name = name.strip().replace("_", "-")
        name, _, alias_rest = self.aliases.get(name, name).partition(":")
        part = self[name]
        fields = _fields(part)
        values = {key: value for key, value in defaults.items() if key in fields}
        for text in (alias_rest, rest):
            values |= _read(f"{self.kind} {name!r}", fields, text, getattr(part, "former_names", {}))
        return part(**values)

    def spec(self, part: T) -> str:
        """Return the shortest spec that builds `part` again (the inverse of `build`)."""
        for name, cls in self._parts.items():
            if type(part) is cls:
                texts = {key: (self._text(getattr(part, key)), default) for key, default in _fields(cls).items()}
                changed = [
                    f"{key}={text}" for key, (text, default) in texts.items() if text != self._text(default)
                ]
                return name + (":" + ",".join(changed) if changed else "")
        raise UsageError(
            f"{type(part).__name__} is not a registered {self.kind}",
            allowed=f"one of {', '.join(self)}",
            fix=f"register {type(part).__name__} under a name with the registry's register()",
        )

    def _text(self, value: Any) -> str:
        """Return a field's value as `build` reads it; the value may be a part of the same kind."""
        text = self.spec(value) if type(value) in self._parts.values() else str(value)
        return f"[{text}]" if "," in text else text


def check_spec(kind: str, spec: str) -> None:
    """Raise UsageError for a text that cannot be a spec, before it is taken apart and quoted."""
    depth = deepest = 0
    for character in spec:
        depth += (character == "[") - (character == "]")
        deepest = max(deepest, depth)
        if depth < 0:
            break
    if depth or deepest > MOST_DEPTH or len(spec) > MOST_LETTERS or not spec.isprintable():
        raise UsageError(
            f"The {kind} is {shown(spec)}",
            allowed=f"name:key=value of at most {MOST_LETTERS:,} characters, none of them a control character, "
            f"every [ with its ], at most {MOST_DEPTH} within one another",
            fix="count the brackets, and look for what does not belong there",
        )


def read_parameters(owner: str, part: Callable[..., Any], text: str) -> dict[str, Any]:
    """Return the values that ``value,key=value,flag`` gives to the parameters of a class or a function.

    Raises
    ------
    UsageError
        A key is unknown or a value cannot be read.
    """
    return _read(owner, _fields(part), text)


def _fields(part: Callable[..., Any]) -> dict[str, Any]:
    """Return the fields of a part and their defaults."""
    if dataclasses.is_dataclass(part):
        return {field.name: field.default for field in dataclasses.fields(part) if field.init}
    return {
        name: parameter.default
        for name, parameter in inspect.signature(part).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    }


def _read(
    owner: str, fields: Mapping[str, Any], text: str, former_names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    positional = iter(fields)
    for item in filter(None, (piece.strip() for piece in split_at_commas(text))):
        key, equals, value = ("", "", item) if item.startswith("[") else item.partition("=")
        key = key.strip().replace("-", "_")
        if not equals and isinstance(fields.get(key), bool):
            value = "true"
        elif not equals:
            key, value = next(positional, ""), item
        key = (former_names or {}).get(key, key)
        if key not in fields:
            raise UsageError(
                f"The {owner} has no parameter {shown(key or item)} (in {shown(text)})",
                allowed=", ".join(f"{name}={default}" for name, default in fields.items()) or "no parameters",
                fix="leave it out or write one of the names above",
            )
        if key in values:
            raise UsageError(
                f"The {owner} was given {key} twice (in {shown(text)})",
                allowed="each parameter once, by its name or by its place",
                fix=f"leave one {key} out",
            )
        values[key] = _convert(owner, key, value.strip(), fields[key])
    return values


def split_at_commas(text: str) -> list[str]:
    """Split `text` at the commas that stand outside brackets."""
    pieces, depth = [""], 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) >= MOST:
        raise ValueError
    return number


def _convert(owner: str, key: str, text: str, default: Any) -> Any:
    """Read `text` as the type of the field's default."""
    try:
        if isinstance(default, bool):
            return _BOOLEANS[text.lower()]
        if isinstance(default, int):
            return _whole(text)
        if isinstance(default, float):
            return float(text)
    except (ValueError, KeyError):
        raise UsageError(
            f"{key}={shown(text)} of the {owner} cannot be read",
            allowed=f"a value like {default!r}",
            fix=f"write {key}={default}",
        ) from None
    return text[1:-1] if text.startswith("[") and text.endswith("]") else text
