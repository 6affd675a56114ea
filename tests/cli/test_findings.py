"""Findings as the terminal shows them: within its width, with commands that a shell takes as they are."""

import io
import shlex

import pytest
from rich.console import Console

from scoreline.cli import findings
from scoreline.cli.findings import print_findings
from scoreline.report.findings import Finding, Severity

LONG = (
    "scoreline train '/data/my photos' --features 'products:[dictionary:320,grid=3,spread=0.54],components=45' "
    "--loss squared-error --lam auto --class-weight balanced --seed 7"
)
FOUND = [
    Finding(Severity.PROBLEM, "32 of 500 test examples have a near copy, near-duplicates.csv lists them.", LONG),
    Finding(Severity.NOTE, "Look at `[bold]`.", "scoreline lab --data photos --run run"),
]


@pytest.fixture
def shown(monkeypatch):
    def on(width, *, terminal):
        screen = Console(
            file=io.StringIO(),
            force_terminal=terminal,
            width=width,
            markup=False,
            highlight=False,
            color_system=None,
        )
        monkeypatch.setattr(findings, "console", screen)
        print_findings(FOUND)
        return screen.file.getvalue().splitlines()

    return on


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_of_a_terminal(shown, width):
    lines = shown(width, terminal=True)
    option = "    --features 'products:[dictionary:320,grid=3,spread=0.54],components=45' \\"
    assert max(len(line) for line in lines) <= max(width, len("   " + option))
    assert [line[:3] for line in lines if not line.startswith("   ")] == ["1. ", "2. "]
    assert "near-duplicates.csv" in " ".join(lines)  # no name is parted at its hyphen
    begin = next(k for k, line in enumerate(lines) if "scoreline train" in line)
    end = next(k for k, line in enumerate(lines) if line.startswith("2. "))
    assert shlex.split("\n".join(lines[begin:end]).replace("\\\n", "")) == shlex.split(LONG)


def test_elsewhere_each_is_one_line(shown):
    lines = shown(40, terminal=False)
    assert lines == [
        f"1. Problem: {FOUND[0].sentence}",
        f"   {LONG}",
        f"2. Note: {FOUND[1].sentence}",
        f"   {FOUND[1].command}",
    ]
