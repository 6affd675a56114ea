"""Findings on the terminal: each in words, with a command that can be copied."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from scoreline.cli.output import console

if TYPE_CHECKING:
    from scoreline.report.findings import Finding

__all__ = ["print_findings"]

INDENT = "   "


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings with their numbers, the command of each below it.

    On a terminal the lines are as wide as that; a command that is longer goes on behind a backslash, as a shell
    reads it. Elsewhere each sentence and each command is one line.
    """
    for number, finding in enumerate(findings, 1):
        message = Text(f"{number}. {finding.severity.label}: {finding.sentence}")
        if console.is_terminal:
            width = console.width - len(INDENT)
            lines = [str(line).rstrip() for line in message.wrap(console, width)]
            commands = list(_command_lines(finding.command, width))
        else:
            lines, commands = [str(message)], [finding.command]
        first, *rest = [*lines, *commands]
        console.print("\n".join([first, *(INDENT + line for line in rest)]), soft_wrap=True)


def _command_lines(command: str, width: int) -> Iterator[str]:
    """Yield a command in lines of that width where its options allow it."""
    pieces: list[str] = []
    for word in shlex.split(command):
        if word.startswith("-") or not pieces:
            pieces.append(shlex.quote(word))
        else:
            pieces[-1] += f" {shlex.quote(word)}"
    line = ""
    for piece in pieces:
        if line and len(line) + len(piece) + 3 > width:  # a blank before it, a blank and a backslash behind it
            yield f"{line} \\"
            line = f"    {piece}"
        else:
            line = f"{line} {piece}" if line else piece
    yield line
