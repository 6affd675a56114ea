"""The report: one HTML file that needs neither script nor network."""

from __future__ import annotations

from pathlib import Path

from scoreline._files import write_text
from scoreline.report.page.data import data_section
from scoreline.report.page.headline import findings_box, headline
from scoreline.report.page.making import making_section
from scoreline.report.page.markup import Html, joined, text
from scoreline.report.page.quality import quality_section
from scoreline.report.page.style import style
from scoreline.report.page.trust import trust_section
from scoreline.report.summary import RunSummary

__all__ = ["render_report", "write_report"]

#: Nothing may be loaded from anywhere, and no script may run; pictures and style are in the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
#: The sections by their ids.
SECTIONS = {
    "findings": "What next?",
    "good": "How good is it?",
    "trust": "Can I trust it?",
    "data": "What is wrong with my data?",
    "run": "How was it made?",
}


def write_report(summary: RunSummary, path: Path) -> None:
    """Write the page to `path`, in UTF-8."""
    write_text(path, render_report(summary))


def render_report(summary: RunSummary) -> str:
    """Return the page as HTML; every text in it is escaped."""
    title = text(summary.title)
    links = "".join(f'<a href="#{name}">{text(heading)}</a>' for name, heading in SECTIONS.items())
    content = joined(
        [
            Html(f'<header><h1>{title}</h1>\n<nav aria-label="Sections">{links}</nav></header>'),
            headline(summary),
            findings_box(SECTIONS["findings"], summary.findings),
            quality_section(SECTIONS["good"], summary),
            trust_section(SECTIONS["trust"], summary),
            data_section(SECTIONS["data"], summary),
            making_section(SECTIONS["run"], summary),
        ],
        "\n",
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{title}</title>\n<style>{style()}</style>\n</head>\n<body>\n<main>\n{content}\n</main>\n"
        "</body>\n</html>\n"
    )
