"""What ``--help`` says of a command: its options in groups, their defaults, and examples that can be copied."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_args

import typer

__all__ = ["add_command", "escaped_markup", "regrouped"]

#: Where options stand that most commands have.
COMMON = {
    "out": "Run and output",
    "json": "Run and output",
    "config_file": "Run and output",
    "data_dir": "Data",
    "seed": "Run and output",
}


def add_command(app: typer.Typer, command: Callable[..., None], name: str, *examples: str) -> None:
    """Add a command to the program, with examples: the words that follow ``scoreline <name>``."""
    lines = [f"scoreline {name} {words}".rstrip() for words in examples]
    epilog = "\n\n".join(["Examples:", *(escaped_markup(f"  {line}") for line in lines)])
    parameters = [regrouped(p) for p in inspect.signature(command, eval_str=True).parameters.values()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    app.command(name, epilog=epilog)(command)


def regrouped(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter of a command in its group, its help as it is written: brackets in it are no markup."""
    kind, *rest = get_args(parameter.annotation)
    info: Any = copy.copy(rest[0])
    if info.help is not None:
        info.help = escaped_markup(info.help)
    if info.rich_help_panel is None:
        info.rich_help_panel = COMMON.get(parameter.name)
    return parameter.replace(annotation=Annotated[kind, info])


def escaped_markup(text: str) -> str:
    r"""Return text in which each ``[`` is written ``\[``, as rich wants it; those that are stay."""
    return text.replace("\\[", "[").replace("[", "\\[")
