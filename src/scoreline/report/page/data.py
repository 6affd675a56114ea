"""What is wrong with my data: how many of what, and what could not be used."""

from __future__ import annotations

from collections.abc import Sequence

from scoreline.report.page.charts import bar
from scoreline.report.page.markup import Html, facts, joined, paragraph, section, subsection, table, text
from scoreline.report.summary import RunSummary

__all__ = ["data_section"]

#: Classes whose numbers are drawn, the rarest of more; rejected files that are listed.
MOST_CLASSES, MOST_FILES = 40, 50


def data_section(title: str, summary: RunSummary) -> Html:
    """Return the section."""
    parts = [
        subsection("What they are", "examples", facts(summary.data)),
        subsection("Training examples of each class", "balance", _balance(summary)),
        subsection("Files that could not be used", "rejected", _rejected(summary.rejected)),
    ]
    return section(title, "data", joined(parts))


def _balance(summary: RunSummary) -> Html:
    counts = summary.class_counts.get("train", ())
    if not counts:
        return Html("")
    rarest = sorted(range(len(counts)), key=lambda label: (counts[label], label))[:MOST_CLASSES]
    some = f"The {len(rarest)} rarest of {len(counts):,} classes, of which the largest has {max(counts):,}."
    rows = joined(
        Html(
            f"<span>{text(summary.evaluation.per_class[label].name)}</span>{bar(counts[label] / max(counts))}"
            f"<span>{counts[label]:,}</span>\n"
        )
        for label in (rarest if len(rarest) < len(counts) else range(len(counts)))
    )
    return joined([paragraph(some * (len(rarest) < len(counts))), Html(f'<div class="balance">{rows}</div>')])


def _rejected(files: Sequence[tuple[str, str, str]]) -> Html:
    if not files:
        return paragraph("All files could be used.")
    shown = files[:MOST_FILES]
    left = len(files) - len(shown)
    more = f"{left:,} more are in rejected.csv." if left else "rejected.csv lists the same."
    rows = [(path, split, reason) for path, split, reason in shown]
    return joined([table("Rejected files", ("file", "split", "reason"), rows, "lLl"), paragraph(more, "hint")])
