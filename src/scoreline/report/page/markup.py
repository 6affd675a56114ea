"""Pieces of HTML: all text from outside is escaped here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from scoreline.report.gallery import data_uri

__all__ = [
    "Html",
    "breakable",
    "command",
    "details",
    "facts",
    "image",
    "interval",
    "joined",
    "number",
    "paragraph",
    "section",
    "share",
    "subsection",
    "table",
    "text",
]


class Html(str):
    """Text that is HTML already; whatever else is put on the page is escaped."""

    __slots__ = ()


def text(value: str) -> Html:
    """Return text as HTML: escaped, unless it is HTML already."""
    return value if isinstance(value, Html) else Html(escape(value))


def breakable(value: str) -> Html:
    """Return a path or a specification as HTML whose lines break between its parts rather than anywhere."""
    return Html(re.sub(r"(,|/|_|\]|:(?=\[))", r"\1<wbr>", text(value)))


def joined(parts: Iterable[str], separator: str = "") -> Html:
    """Return pieces one after the other."""
    return Html(separator.join(text(part) for part in parts if part))


def section(title: str, name: str, content: str) -> Html:
    """Return a section with a heading that links lead to."""
    return Html(f'<section id="{escape(name)}">\n<h2>{text(title)}</h2>\n{text(content)}\n</section>')


def subsection(title: str, name: str, content: str) -> Html:
    """Return a part of a section; nothing where it is empty."""
    if not content:
        return Html("")
    return Html(f'<div class="part" id="{escape(name)}">\n<h3>{text(title)}</h3>\n{text(content)}\n</div>\n')


def paragraph(content: str, kind: str = "") -> Html:
    """Return a paragraph of a class of paragraphs."""
    named = f' class="{kind}"' if kind else ""
    return Html(f"<p{named}>{text(content)}</p>\n") if content else Html("")


def details(title: str, content: str) -> Html:
    """Return what is folded up at first."""
    return Html(f"<details><summary>{text(title)}</summary>\n{text(content)}\n</details>\n")


def facts(values: Mapping[str, str]) -> Html:
    """Return names and values."""
    rows = (
        f'<tr><th scope="row">{text(name)}</th><td>{breakable(value)}</td></tr>' for name, value in values.items()
    )
    return Html(f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>\n')


def table(
    label: str, columns: Sequence[str], rows: Iterable[Sequence[str]], align: str, *, least: str = ""
) -> Html:
    """Return a table.

    Parameters
    ----------
    label : str
        What it is, for screen readers.
    columns : sequence of str
    rows : iterable of sequences of str
        The first cell of each names the row.
    align : str
        Of each column: ``l`` for words, ``r`` for numbers; in capitals if narrow screens leave the column out.
    least : str, optional
        Class of tables that are wider than a telephone and scroll by themselves.
    """
    kinds = [f' class="{_KINDS[letter]}"' if _KINDS[letter] else "" for letter in align]
    head = "".join(
        f'<th scope="col"{kind}>{text(column)}</th>' for column, kind in zip(columns, kinds, strict=True)
    )
    body = "".join(
        "<tr>"
        + f'<th scope="row"{kinds[0]}>{text(first)}</th>'
        + "".join(f"<td{kind}>{text(cell)}</td>" for cell, kind in zip(rest, kinds[1:], strict=True))
        + "</tr>\n"
        for first, *rest in rows
    )
    return Html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table class="{least}">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n"
    )


#: Classes of cells by the letter of their column.
_KINDS = {"l": "", "r": "number", "L": "wide-only", "R": "number wide-only"}


def image(picture: bytes, alternative: str, kind: str = "") -> Html:
    """Return a picture that is in the page itself."""
    named = f' class="{kind}"' if kind else ""
    return Html(f'<img{named} alt="{escape(alternative)}" src="{data_uri(picture)}">')


def command(words: str) -> Html:
    """Return a command as a block whose options stay whole where lines are broken."""
    parts = (
        f'<span class="option">{text(word)}</span>' if word.startswith("-") else breakable(word)
        for word in words.split(" ")
    )
    return Html(f"<pre><code>{' '.join(parts)}</code></pre>")


def share(value: float) -> str:
    """Return a share in percent; a dash where there was nothing to count."""
    return "–" if math.isnan(value) else f"{value:.1%}"


def number(value: float, form: str = ".3g") -> str:
    """Return a number; a dash where there is none."""
    return "–" if math.isnan(value) else format(value, form)


def interval(ends: tuple[float, float]) -> str:
    """Return an interval of shares."""
    low, high = ends
    return "" if math.isnan(low) else f"{100 * low:.1f}–{100 * high:.1f}"
