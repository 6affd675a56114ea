"""How was it made: training, sanity checks, weights, and how to make it again."""

from __future__ import annotations

from collections.abc import Sequence

from scoreline.report.page.figures import figures
from scoreline.report.page.markup import Html, command, facts, joined, paragraph, section, subsection, table
from scoreline.report.summary import CheckRow, RunSummary

__all__ = ["making_section"]


def making_section(title: str, summary: RunSummary) -> Html:
    """Return the section."""
    parts = [
        subsection("Training", "training", facts(summary.training)),
        subsection("Sanity checks", "checks", _checks(summary.checks)),
        subsection("What it looks for", "weights", figures(summary.figures, ("class-templates",))),
        subsection("Reproduce", "reproduce", joined([command(summary.command), facts(summary.environment)])),
    ]
    return section(title, "run", joined(parts))


def _checks(checks: Sequence[CheckRow]) -> Html:
    if not checks:
        return Html("")
    rows = [
        (check.name, check.expected, check.found, "passed" if check.passed else f"not passed. {check.advice}")
        for check in checks
    ]
    shown = table("Sanity checks", ("check", "expected", "found", "verdict"), rows, "llll")
    return joined([paragraph("" if all(check.passed for check in checks) else "Not all were passed."), shown])
