"""The ``--help`` of a command: its options in groups, their defaults, and examples that can be copied."""

from __future__ import annotations

import ast
import copy
import inspect
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import OptionInfo

from scoreline.runs.config import FEATURE_NAMES

__all__ = ["Interrupted", "Program", "add_command", "escaped_markup", "regrouped"]

#: The groups of options that most commands have.
COMMON = {
    "out": "Run and output",
    "json": "Run and output",
    "config_file": "Run and output",
    "data_dir": "Data",
    "seed": "Run and output",
}
#: What follows an option, by what it takes.
FOLLOWED_BY = {
    str: "<text>",
    int: "<number>",
    float: "<number>",
    Path: "<path>",
    list[str]: "<text> ...",
    list[float]: "<number> ...",
    list[Path]: "<path>",
}


class Interrupted(Exception):  # noqa: N818 - it is no error
    """Ctrl-C ended a command that had nothing to say about it."""


class Program(TyperGroup):
    """The program: its own options are switches."""

    def get_params(self, ctx: Any) -> Any:
        """Return the options, of which switches are followed by nothing."""
        return _plain(super().get_params(ctx))

    def invoke(self, ctx: Any) -> Any:
        """Run a command; let Ctrl-C be reported, which the library behind would end in silence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise Interrupted from interrupt


class _Command(TyperCommand):
    """A command whose ``--help`` is in the group of options that all commands have, and names all features."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        for parameter in self.params:
            text = getattr(parameter, "help", None) or ""
            if FEATURE_NAMES in text:
                from scoreline.features import FEATURES

                parameter.help = text.replace(FEATURE_NAMES, ", ".join(FEATURES))  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)

    def get_params(self, ctx: Any) -> Any:
        return _plain(super().get_params(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        option: Any = super().get_help_option(ctx)
        if option is not None:
            option.rich_help_panel = COMMON["json"]
        return option


def _plain(parameters: Any) -> Any:
    """Name no Python types in the help: switches are followed by nothing, lists by the type of their elements."""
    for parameter in parameters:
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.param_type_name == "argument" and parameter.nargs != 1:
            parameter.display_type_rich = lambda **_: "<path>"  # a metavar would take the place of its name
    return parameters


def add_command(app: typer.Typer, command: Callable[..., None], name: str, *examples: str) -> None:
    """Add a command to the program, with examples: the words that follow ``scoreline <name>``."""
    lines = [f"scoreline {name} {words}".rstrip() for words in examples]
    epilog = "\n".join(["Examples:", *(escaped_markup(f"  {line}") for line in lines)])
    parameters = [regrouped(p) for p in inspect.signature(command, eval_str=True).parameters.values()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    app.command(name, cls=_Command, help=_paragraphs(command), epilog=epilog)(command)


def regrouped(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter of a command in its group, its help as it is written: brackets in it are no markup."""
    kind, *rest = get_args(parameter.annotation)
    info: Any = copy.copy(rest[0])
    if info.help is not None:
        info.help = escaped_markup(info.help)
    if info.rich_help_panel is None:
        info.rich_help_panel = COMMON.get(parameter.name)
    if isinstance(info, OptionInfo) and info.metavar is None:
        info.metavar = FOLLOWED_BY.get(_without_none(kind))
    return parameter.replace(annotation=Annotated[kind, info])


def _without_none(kind: Any) -> Any:
    """Return the type of a value that is given."""
    return (
        next(inner for inner in get_args(kind) if inner is not NoneType) if isinstance(kind, UnionType) else kind
    )


def _paragraphs(command: Callable[..., None]) -> str:
    """Return a command's docstring, every paragraph as one line, which the terminal's width breaks."""
    paragraphs = _docstring(command).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _docstring(command: Callable[..., None]) -> str:
    """Return a command's docstring, from its source where Python leaves docstrings out (``-OO``)."""
    if command.__doc__ is not None or sys.flags.optimize < 2:
        return inspect.cleandoc(command.__doc__ or "")
    with suppress(OSError):  # there is no source either
        [definition] = ast.parse(inspect.getsource(inspect.unwrap(command))).body
        if isinstance(definition, ast.FunctionDef):
            return ast.get_docstring(definition) or ""
    return ""


def escaped_markup(text: str) -> str:
    r"""Return text in which each ``[`` is written ``\[``, as rich requires; existing ones stay."""
    return text.replace("\\[", "[").replace("[", "\\[")
