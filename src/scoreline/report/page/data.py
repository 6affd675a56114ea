"""What is wrong with my data: copies, labels, outliers, how many of what, and what could not be used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from scoreline._text import counted
from scoreline.report.data_quality.near_duplicates import DuplicatePair
from scoreline.report.data_quality.statistics import ClassStatistics, DataStatistics
from scoreline.report.page.charts import bar
from scoreline.report.page.markup import (
    Html,
    breakable,
    details,
    facts,
    image,
    joined,
    paragraph,
    section,
    share,
    subsection,
    table,
    text,
)
from scoreline.report.summary import RunSummary

__all__ = ["data_section"]

#: Classes whose numbers are drawn, the rarest of more; rejected files that are listed.
MOST_CLASSES, MOST_FILES = 40, 50


def data_section(title: str, summary: RunSummary) -> Html:
    """Return the section."""
    parts = [
        subsection("What they are", "examples", facts(summary.data)),
        subsection("Near copies", "duplicates", _duplicates(summary)),
        subsection("Labels that may be wrong", "labels", _labels(summary)),
        subsection("Outliers", "outliers", _outliers(summary)),
        subsection("Images that show next to nothing", "plain", _plain(summary)),
        subsection("Training examples of each class", "balance", _balance(summary)),
        subsection("Files that could not be used", "rejected", _rejected(summary.rejected)),
    ]
    return section(title, "data", joined(parts))


def _duplicates(summary: RunSummary) -> Html:
    found = summary.analyses.near_duplicates
    if found is None:
        return Html("")
    if not found.pairs:
        return paragraph("None were found, neither within nor across splits.")
    introduction = (
        f"{counted(len(found.pairs), 'pair')}, {len(found.leaks):,} of them across splits (leaks), "
        f"{len(found.contradictions):,} with different labels. Leaks come first."
    )
    pairs = joined(_pair(pair, summary) for pair in summary.analyses.pairs)
    return joined(
        [
            paragraph(introduction),
            _more(len(found.pairs), len(summary.analyses.pairs), "near-duplicates.csv"),
            _shown(pairs),
        ]
    )


def _pair(pair: DuplicatePair, summary: RunSummary) -> Html:
    one, other = (pair.split, pair.id), (pair.other_split, pair.other_id)
    pictures = joined(
        image(summary.pictures[key], f"{key[0]} {key[1]}") for key in (one, other) if key in summary.pictures
    )
    labels = pair.label if not pair.contradictory else f"{pair.label} or {pair.other_label}?"
    remarks = ", ".join(
        [
            f"similarity {pair.similarity:.3f}",
            *(["mirrored"] if pair.mirrored else []),
            *(["leak"] if pair.leak else []),
        ]
    )
    lines = (
        Html(f"<b>{text(labels)}</b>"),
        _place(pair.split, pair.id),
        _place(pair.other_split, pair.other_id),
        remarks,
    )
    return _card(pictures, lines)


def _labels(summary: RunSummary) -> Html:
    found = summary.analyses.label_errors
    if found is None:
        return Html("")
    introduction = (
        f"Classifiers that have not seen them contradict {found.n_contradicted:,} of {found.n_scored:,} training "
        f"labels; {found.n_suspected:,} so clearly that they may be wrong."
    )
    cards = joined(
        _card(
            _picture(summary, item.split, item.id),
            (
                Html(f"<b>{text(item.label)}</b>, or {text(item.suggested)}?"),
                _place(item.split, item.id),
                f"{share(item.confidence)} against {share(item.suggested_confidence)}",
            ),
        )
        for item in summary.analyses.suspected
    )
    return joined(
        [
            paragraph(introduction),
            _more(found.n_suspected, len(summary.analyses.suspected), "label-errors.csv"),
            _shown(cards),
        ]
    )


def _outliers(summary: RunSummary) -> Html:
    found = summary.analyses.outliers
    if found is None:
        return Html("")
    if not found.n_outlying:
        return paragraph("No example is much stranger than all others; outliers.csv ranks them.")
    are = "is" if found.n_outlying == 1 else "are"
    introduction = f"{found.n_outlying:,} of the examples {are} much stranger than all others."
    cards = joined(
        _card(
            _picture(summary, item.split, item.id),
            (
                Html(f"<b>{text(item.label)}</b>"),
                _place(item.split, item.id),
                f"{item.distance:.1f} deviations from the median",
            ),
        )
        for item in summary.analyses.outlying
    )
    return joined(
        [
            paragraph(introduction),
            _more(found.n_outlying, len(summary.analyses.outlying), "outliers.csv"),
            _shown(cards),
        ]
    )


def _plain(summary: RunSummary) -> Html:
    statistics = summary.analyses.statistics
    if statistics is None or not statistics.plain:
        return Html("")
    cards = joined(
        _card(
            _picture(summary, item.split, item.id),
            (Html(f"<b>{text(item.label)}</b>"), _place(item.split, item.id), item.problem),
        )
        for item in summary.analyses.plain
    )
    return joined([_more(len(statistics.plain), len(summary.analyses.plain), "plain-images.csv"), _shown(cards)])


def _balance(summary: RunSummary) -> Html:
    counts = summary.class_counts.get("train", ())
    if not counts:
        return Html("")
    rarest = sorted(range(len(counts)), key=lambda label: (counts[label], label))[:MOST_CLASSES]
    shown = rarest if len(rarest) < len(counts) else range(len(counts))
    some = f"The {len(rarest)} rarest of {len(counts):,} classes, of which the largest has {max(counts):,}."
    rows = joined(
        Html(
            f"<span>{text(summary.evaluation.per_class[label].name)}</span>{bar(counts[label] / max(counts))}"
            f"<span>{counts[label]:,}</span><span>{_examples(summary.class_pictures, label)}</span>\n"
        )
        for label in shown
    )
    statistics = summary.analyses.statistics
    if len(set(counts)) == 1 and not summary.class_pictures:
        return joined(
            [
                paragraph(f"Each of the {len(counts):,} classes has {counts[0]:,}."),
                Html("") if statistics is None else _statistics(statistics),
            ]
        )
    return joined(
        [
            paragraph(some * (len(rarest) < len(counts))),
            Html(f'<div class="balance">{rows}</div>'),
            Html("") if statistics is None else _statistics(statistics),
        ]
    )


def _examples(pictures: Sequence[Sequence[bytes]], label: int) -> Html:
    return joined(image(picture, "") for picture in pictures[label]) if pictures else Html("")


def _statistics(statistics: DataStatistics) -> Html:
    measured = [row for row in statistics.classes if row.n][: 3 * MOST_CLASSES]
    if not measured or math.isnan(measured[0].brightness):
        return Html("")
    rows = [
        (
            row.split,
            row.label,
            f"{row.n:,}",
            f"{row.brightness:.0f}",
            f"{row.contrast:.0f}",
            _colour(row),
            f"{row.n_grey:,}",
        )
        for row in measured
    ]
    columns = ("split", "class", "images", "brightness", "contrast", "mean colour", "grey")
    hint = paragraph("Brightness and contrast are from 0 to 255; class-statistics.csv holds the same.", "hint")
    return details(
        "Brightness and colours by class", joined([table("Statistics", columns, rows, "llrrrlr"), hint])
    )


def _colour(row: ClassStatistics) -> Html:
    red, green, blue = (round(value) for value in (row.red, row.green, row.blue))
    return Html(
        f'<span class="swatch" style="background: rgb({red} {green} {blue})"></span>{red}, {green}, {blue}'
    )


def _rejected(files: Sequence[tuple[str, str, str]]) -> Html:
    if not files:
        return paragraph("All files could be used.")
    shown = files[:MOST_FILES]
    left = len(files) - len(shown)
    more = f"{left:,} more are in rejected.csv." if left else "rejected.csv lists the same."
    rows = [(breakable(path), split, breakable(reason)) for path, split, reason in shown]
    return joined([table("Rejected files", ("file", "split", "reason"), rows, "lLl"), paragraph(more, "hint")])


def _picture(summary: RunSummary, split: str, example: str) -> Html:
    picture = summary.pictures.get((split, example), b"")
    return image(picture, example) if picture else Html("")


def _place(split: str, example: str) -> str:
    """Return split and id, which often begins with the split."""
    return breakable(example if example.startswith(f"{split}/") else f"{split}: {example}")


def _card(pictures: str, lines: Iterable[str]) -> Html:
    drawn = f'<div class="pictures">{pictures}</div>' if pictures else ""
    caption = joined(Html(f"<div>{text(line)}</div>") for line in lines)
    return Html(f"<figure>{drawn}<figcaption>{caption}</figcaption></figure>\n")


def _shown(cards: str) -> Html:
    return Html(f'<div class="shown">{cards}</div>\n' if cards else "")


def _more(n: int, n_shown: int, file: str) -> Html:
    hint = f"{file} lists them." if n <= n_shown else f"The first {n_shown} are shown; {file} lists them all."
    return paragraph(hint * bool(n), "hint")
