"""What is taken for what: a matrix whose cells open their examples, without any script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from scoreline._typing import FloatArray
from scoreline.report.gallery import Cell, Gallery, RegionMaps, Shown
from scoreline.report.metrics import Evaluation
from scoreline.report.page.charts import region_map
from scoreline.report.page.markup import (
    Html,
    breakable,
    details,
    image,
    joined,
    paragraph,
    subsection,
    table,
    text,
)
from scoreline.report.page.names import short_names

__all__ = ["confusion_part"]

#: Pairs in the table that stands for the matrix where nothing is drawn.
MOST_PAIRS = 30
#: Characters of the longest class name up to which the names of columns lie as they are read.
LEVEL = 2


def confusion_part(evaluation: Evaluation, gallery: Gallery | None) -> Html:
    """Return the matrix with its cells, the mistakes that the model was surest of, and the pairs as a table."""
    pairs = _pairs(evaluation)
    if gallery is None:
        return pairs
    n_classes, n_shown = len(evaluation.per_class), len(gallery.classes)
    some = f"The {n_shown} of {n_classes:,} classes with the most mistakes." * (n_shown < n_classes)
    how = "Rows are true classes, columns what they are taken for. Select a number to see examples."
    short = short_names([row.name for row in evaluation.per_class])
    if any(name != shorter for name, shorter in short.items()):
        how += " Long names are shortened."
    cells = joined(_cell(cell, evaluation, short, gallery.maps) for cell in gallery.cells)
    matrix = Html(
        f'<div class="confusion">{_matrix(evaluation, gallery, short)}<div class="cells">'
        f'<p class="hint">Select a number in the matrix: its examples appear here.</p>\n{cells}</div></div>\n'
    )
    surest = _examples(gallery.surest, short, gallery.maps, named=True)
    if surest:
        numbers = "The numbers are probabilities, and scores where there are none; small ones are scores."
        maps = _explained(gallery.surest, gallery.maps, "the class that was named", "the true one")
        surest = subsection("Surest mistakes", "surest", joined([paragraph(numbers, "hint"), maps, surest]))
    return joined([paragraph(f"{some} {how}".strip(), "hint"), matrix, pairs, surest])


def _pairs(evaluation: Evaluation) -> Html:
    rows = [
        (evaluation.per_class[true].name, evaluation.per_class[predicted].name, f"{count:,}")
        for true, predicted, count in evaluation.most_confused(MOST_PAIRS)
    ]
    if not rows:
        return paragraph("There are no mistakes.")
    return details(
        "The commonest mistakes as a table", table("Mistakes", ("true", "taken for", "examples"), rows, "llr")
    )


def _matrix(evaluation: Evaluation, gallery: Gallery, short: Mapping[str, str]) -> str:
    linked = {(cell.true, cell.predicted) for cell in gallery.cells if cell.examples}
    names = [evaluation.per_class[label].name for label in gallery.classes]
    counts = evaluation.counts[gallery.classes][:, gallery.classes].toarray()
    head = "".join(
        f'<th scope="col" title="{escape(name)}"><span>{text(short[name])}</span></th>' for name in names
    )
    level = " level" * (max(len(short[name]) for name in names) <= LEVEL)
    rows = []
    for i, true in enumerate(gallery.classes):
        support = max(evaluation.per_class[true].support, 1)
        entries = "".join(
            _entry(
                int(counts[i, j]) / support,
                f"{counts[i, j]:,}" if counts[i, j] else "",
                f"cell-{true}-{predicted}" if (true, predicted) in linked else "",
                f"{names[i]}, taken for {names[j]}" if i != j else f"{names[i]}, recognised",
                right=i == j,
            )
            for j, predicted in enumerate(gallery.classes)
        )
        rows.append(f'<tr><th scope="row" title="{escape(names[i])}">{text(short[names[i]])}</th>{entries}</tr>\n')
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">'
        f'<table class="matrix{level}" style="--classes:{len(names)}"><thead><tr><td></td>{head}</tr></thead>\n'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _entry(part: float, count: str, cell: str, what: str, *, right: bool) -> str:
    kind = "entry" + " right" * right
    if cell:
        count = f'<a href="#{cell}" aria-label="{escape(what)}: {count}">{count}</a>'
    # The square root, so that small shares can be seen too.
    return f'<td class="{kind}" style="--v:{math.sqrt(part):.2f}">{count}</td>'


def _cell(cell: Cell, evaluation: Evaluation, short: Mapping[str, str], maps: RegionMaps | None) -> Html:
    true, predicted = (evaluation.per_class[label].name for label in (cell.true, cell.predicted))
    right = cell.true == cell.predicted
    what = f"{true}, recognised" if right else f"{true}, taken for {predicted}"
    which = "the least sure first" if right else "the surest first"
    rival = "the second best class" if right else short[true]
    left = cell.n - len(cell.examples)
    more = (
        f"{len(cell.examples)} of {cell.n:,}, {which}; predictions.csv names all."
        if left
        else f"{cell.n:,}, {which}."
    )
    explained = _explained(cell.examples, maps, short[predicted], rival)
    return Html(
        f'<section class="cell" id="cell-{cell.true}-{cell.predicted}"><header><h4>{text(what)}</h4>'
        f'<a href="#confusion">Close</a></header>{paragraph(more, "hint")}{explained}'
        f"{_examples(cell.examples, short, maps)}</section>\n"
    )


def _explained(examples: Sequence[Shown], maps: RegionMaps | None, named: str, rival: str) -> Html:
    """Return what the maps beside some images show; where there are none here, how to get them."""
    if maps is None:
        return Html("")
    if all(shown.regions is None for shown in examples):
        if maps.complete or not maps.command:
            return paragraph("What regions contribute is shown for commoner mistakes only.", "hint")
        command = Html(f"<code>{breakable(maps.command)}</code>")
        return paragraph(Html(f"What regions of these images contribute is in the full report: {command}"), "hint")
    if maps.covered:
        how = (
            f"Beside some images: by how much the score of {named} less that of {rival} falls where a field is "
            "covered with the mean of the training images. Orange: it falls, the contribution is positive. Blue: "
            "it rises, the contribution is negative."
        )
    else:
        how = (
            f"Beside some images: what each field adds to the score of {named} less that of {rival}, the sum of "
            "its pixels times their weights. Orange: positive. Blue: negative."
        )
    return paragraph(how, "hint")


def _examples(
    examples: Sequence[Shown], short: Mapping[str, str], maps: RegionMaps | None, *, named: bool = False
) -> Html:
    figures = joined(_example(shown, short, maps, named=named) for shown in examples)
    return Html(f'<div class="shown">{figures}</div>') if figures else Html("")


def _example(shown: Shown, short: Mapping[str, str], maps: RegionMaps | None, *, named: bool) -> Html:
    pictures = ""
    if shown.picture:
        pictures = image(shown.picture, f"{shown.true}, taken for {shown.predicted}")
        if shown.regions is not None and maps is not None:
            pictures += region_map(_range_of(shown.regions), shown.regions, maps.sides)
        pictures = f'<div class="pictures">{pictures}</div>'
    rows = "".join(
        f"<li{' class=own' if label == shown.true else ''}><span>{text(short[label])}</span>"
        f"<span>{_said(score, probability)}</span></li>"
        for label, score, probability in shown.guesses
    )
    what = f"<div>{text(short[shown.true])}, taken for {text(short[shown.predicted])}</div>" if named else ""
    name = f"example {shown.id}" if shown.id.isdigit() else breakable(shown.id)
    return Html(f"<figure>{pictures}<figcaption>{what}{name}<ul>{rows}</ul></figcaption></figure>\n")


def _range_of(regions: FloatArray) -> str:
    """Return the least and the largest contribution with their places."""
    ends = []
    for place in (regions.argmin(), regions.argmax()):
        row, column = np.unravel_index(place, regions.shape)
        ends.append(f"{regions[row, column]:+.2g} (row {row + 1}, column {column + 1})")
    return f"Contributions of {regions.shape[0]} x {regions.shape[1]} regions: {' to '.join(ends)}"


def _said(score: float, probability: float | None) -> str:
    return f"{score:.2f}" if probability is None else f"{probability:.2f} <small>{score:.1f}</small>"
