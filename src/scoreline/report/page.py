"""The report: one HTML file that needs neither script nor network."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from scoreline._files import write_text
from scoreline.report.figures.base import WIDTH
from scoreline.report.figures.png import SCALE
from scoreline.report.metrics import Evaluation
from scoreline.report.style import STYLE
from scoreline.report.summary import CheckRow, PageFigure, RunSummary

__all__ = ["render_report", "write_report"]

#: Nothing may be loaded from anywhere; pictures and style are in the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(summary: RunSummary, path: Path) -> None:
    """Write the page to `path`, in UTF-8."""
    write_text(path, render_report(summary))


def render_report(summary: RunSummary) -> str:
    """Return the page as HTML; every text in it is escaped."""
    title = escape(summary.title)
    sections = [
        _headline(summary.evaluation, summary.accuracies),
        _section("Training", _facts(summary.training)),
        _section("Data", _facts(summary.data)),
        _section("Sanity checks", _checks(summary.checks)),
        _section("Figures", _figures(summary.figures)),
        _section("Classes", _classes(summary.evaluation)),
        _section("Reproduce", f"<pre><code>{escape(summary.command)}</code></pre>" + _facts(summary.environment)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        + "\n".join(sections)
        + "\n</main>\n</body>\n</html>\n"
    )


def _headline(evaluation: Evaluation, accuracies: Mapping[str, float]) -> str:
    low, high = evaluation.interval
    remarks = [
        f"95% interval {low:.1%} to {high:.1%}",
        *(f"{share:.2%} of {name} examples" for name, share in accuracies.items() if name != evaluation.split),
        f"majority-class baseline: {evaluation.majority:.1%}",
        *(f"true class among the best {k}: {share:.1%}" for k, share in evaluation.top_k.items() if k > 1),
    ]
    if evaluation.calibration is not None:
        remarks.append(f"calibration error {evaluation.calibration.expected_calibration_error:.1%}")
    items = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    return (
        f'<p class="headline"><strong>{evaluation.accuracy:.2%}</strong> '
        f"of {evaluation.n:,} {escape(evaluation.split)} examples classified correctly</p>\n"
        f'<ul class="remarks">{items}</ul>'
    )


def _section(title: str, content: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{content}\n</section>" if content else ""


def _facts(facts: Mapping[str, str]) -> str:
    rows = (
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in facts.items()
    )
    return f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>'


def _checks(checks: Sequence[CheckRow]) -> str:
    rows = []
    for check in checks:
        verdict = "passed" if check.passed else f"not passed. {check.advice}"
        rows.append((check.name, check.expected, check.found, verdict))
    return _table("Sanity checks", ("check", "expected", "found", "verdict"), rows, kind="words") if rows else ""


def _classes(evaluation: Evaluation) -> str:
    shown = evaluation.worst_classes()
    rows = [
        (row.name, _share(row.precision), _share(row.recall), _share(row.f1), f"{row.support:,}", other)
        for row, other in ((evaluation.per_class[k], _confused_with(evaluation, k)) for k in shown)
    ]
    n_classes = len(evaluation.per_class)
    left_out = f"<p>The {len(shown)} of {n_classes:,} classes with the most mistakes.</p>"
    columns = ("class", "precision", "recall", "F1", "examples", "most often confused with")
    return (left_out if len(shown) < n_classes else "") + _table("Classes", columns, rows, kind="numbers")


def _confused_with(evaluation: Evaluation, true: int) -> str:
    """Return the wrong class that was predicted most often for one, and how often; a dash for none."""
    own = evaluation.counts[[true]].tocoo()
    wrong = own.col != true
    if not wrong.any():
        return "–"
    counts, classes = own.data[wrong], own.col[wrong]
    most = counts.max()
    return f"{evaluation.per_class[classes[counts == most].min()].name} ({most:,})"


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _table(label: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    # The wrapper scrolls, so that a wide table does not make the page wider than a telephone.
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table class="{kind}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _figures(figures: Sequence[PageFigure]) -> str:
    return f'<div class="figures">{"".join(map(_figure, figures))}</div>' if figures else ""


def _figure(figure: PageFigure) -> str:
    caption = escape(figure.caption)
    width, height = (side // SCALE for side in _size(figure.light))
    kind = ' class="wide"' if width > WIDTH else ""
    return (
        f"<figure{kind}><picture>"
        f'<source media="(prefers-color-scheme: dark)" srcset="{_data(figure.dark)}">'
        f'<img alt="{caption}" width="{width}" height="{height}" src="{_data(figure.light)}">'
        f"</picture><figcaption>{caption}</figcaption></figure>\n"
    )


def _size(png: bytes) -> tuple[int, int]:
    """Return width and height of a PNG file in dots: two numbers at the beginning of its first chunk."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def _data(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
