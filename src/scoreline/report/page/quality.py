"""How good is it: accuracies, classes, what is taken for what, and the recipes that were tried."""

from __future__ import annotations

import math

from scoreline.report.learning_curve import LearningCurve
from scoreline.report.metrics import Evaluation
from scoreline.report.page.charts import Line, bar, line_chart
from scoreline.report.page.confusion import confusion_part
from scoreline.report.page.markup import (
    Html,
    breakable,
    details,
    interval,
    joined,
    paragraph,
    section,
    share,
    subsection,
    table,
    text,
)
from scoreline.report.summary import Leaderboard, RunSummary

__all__ = ["quality_section"]

#: Rows of a leaderboard that are shown.
MOST_RECIPES = 40


def quality_section(title: str, summary: RunSummary) -> Html:
    """Return the section."""
    evaluation = summary.evaluation
    parts = [
        subsection("Confusion", "confusion", confusion_part(evaluation, summary.gallery)),
        subsection("Classes", "classes", _classes(evaluation)),
        subsection("Would more data help?", "learning-curve", _learning_curve(summary.analyses.learning_curve)),
        subsection("Recipes that were tried", "leaderboard", _leaderboard(summary.leaderboard)),
    ]
    return section(title, "good", joined(parts))


def _classes(evaluation: Evaluation) -> Html:
    shown = evaluation.worst_classes()
    columns = ("class", "recognised", "", "95 % interval", "precision", "F1", "examples", "most often taken for")
    rows = []
    for label in shown:
        row = evaluation.per_class[label]
        rows.append(
            (
                Html(f'<span id="class-{label}">{text(row.name)}</span>'),
                share(row.recall),
                bar(row.recall, row.recall_interval),
                interval(row.recall_interval),
                share(row.precision),
                "–" if math.isnan(row.f1) else f"{row.f1:.3f}",
                f"{row.support:,}",
                _confused_with(evaluation, label),
            )
        )
    n_classes = len(evaluation.per_class)
    some = f"The {len(shown)} of {n_classes:,} classes with the most mistakes." * (len(shown) < n_classes)
    missing = sum(not row.support for row in evaluation.per_class)
    if missing:
        some += (
            f" {missing:,} of {n_classes:,} classes have no {evaluation.split} examples: nothing is known of them."
        )
    hint = (
        "Recognised: the share of a class's examples that are named so (recall). Precision: the share of those "
        "named so that are of the class."
    )
    return joined(
        [
            paragraph(some.strip()),
            table("Classes", columns, rows, "lrlRRRRl", least="full"),
            paragraph(hint, "hint"),
        ]
    )


def _confused_with(evaluation: Evaluation, true: int) -> str:
    """Return the wrong class that was predicted most often for one, and how often; a dash for none."""
    own = evaluation.counts[[true]].tocoo()
    wrong = own.col != true
    if not wrong.any():
        return "–"
    counts, classes = own.data[wrong], own.col[wrong]
    most = counts.max()
    return f"{evaluation.per_class[classes[counts == most].min()].name} ({most:,})"


def _learning_curve(curve: LearningCurve | None) -> Html:
    if curve is None or not curve.points:
        return Html("")
    sizes = [math.log2(point.n_train) for point in curve.points]
    line = Line("measured", sizes, [point.accuracy for point in curve.points], [p.interval for p in curve.points])
    ticks = [(size, f"{point.n_train:,}") for size, point in zip(sizes, curve.points, strict=True)]
    lines, forecast = [line], curve.forecast
    top = min(1.0, 1.15 * max(high for _, high in line.intervals))
    if forecast is not None:
        ahead = math.log2(forecast.n_train)
        lines.append(Line("expected", [sizes[-1], ahead], [curve.points[-1].accuracy, forecast.accuracy]))
        ticks.append((ahead, f"{forecast.n_train:,}"))
    chart = line_chart(
        "Accuracy by number of training examples", lines, ticks, ("training examples", "accuracy"), top
    )
    rows = [
        (
            f"{point.n_train:,}",
            share(point.accuracy),
            interval(point.interval),
            f"{point.n_right:,} of {curve.n:,}",
        )
        for point in curve.points
    ]
    columns = ("training examples", "accuracy", "95 % interval", "right")
    return joined(
        [
            paragraph(curve.statement()),
            chart,
            details("As a table", table("Learning curve", columns, rows, "rrrr")),
        ]
    )


def _leaderboard(leaderboard: Leaderboard | None) -> Html:
    if leaderboard is None:
        return Html("")
    columns = ("recipe", "rows", "validation", "95 % interval", "test", "seconds", "µs an image", "model")
    rows = [
        (
            Html(f"{breakable(one.name)} <small>chosen</small>" if one.chosen else breakable(one.name)),
            one.rows, one.validation, one.interval, one.test, one.seconds, one.microseconds, one.size,
        )
        for one in leaderboard.tried[:MOST_RECIPES]
    ]  # fmt: skip
    left_out = leaderboard.left_out[:MOST_RECIPES]
    judged = leaderboard.judged or "on validation examples"
    hint = f"Chosen {judged}; only the one that was chosen has seen the test examples."
    others = details(
        f"{len(leaderboard.left_out):,} others that were left out",
        table("Others", ("recipe", "why not"), [(breakable(name), why) for name, why in left_out], "ll"),
    )
    return joined(
        [
            table("Recipes", columns, rows, "lRrRRrRR", least="full"),
            paragraph(hint, "hint"),
            others if left_out else "",
        ]
    )
