"""Can I trust it: training against other examples, probabilities, and changed images."""

from __future__ import annotations

from scoreline.report.calibration import Calibration
from scoreline.report.gallery import thumbnail
from scoreline.report.overfitting import describe_overfitting
from scoreline.report.page.charts import reliability_chart, small_curve
from scoreline.report.page.figures import figures
from scoreline.report.page.markup import (
    Html,
    details,
    image,
    joined,
    number,
    paragraph,
    section,
    share,
    subsection,
    table,
    text,
)
from scoreline.report.robustness.measurement import ChallengeResult, Robustness
from scoreline.report.summary import RunSummary

__all__ = ["trust_section"]


def trust_section(title: str, summary: RunSummary) -> Html:
    """Return the section."""
    parts = [
        subsection("Training against other examples", "overfitting", _overfitting(summary)),
        subsection("Are the probabilities what they say?", "reliability", _reliability(summary)),
        subsection("Images that are changed", "robustness", _robustness(summary)),
    ]
    return section(title, "trust", joined(parts))


def _overfitting(summary: RunSummary) -> Html:
    accuracies = summary.accuracies
    verdict, _, why = describe_overfitting(accuracies.get("train"), summary.evaluation).partition(": ")
    rows = [(name, share(value)) for name, value in accuracies.items()]
    return joined(
        [
            paragraph(f"Does it overfit? {verdict.capitalize()}: {why}."),
            table("Accuracy by split", ("split", "accuracy"), rows, "lr"),
            figures(summary.figures, ("loss-curves",)),
        ]
    )


def _reliability(summary: RunSummary) -> Html:
    found, scaling = summary.evaluation.calibration, summary.analyses.temperature
    if found is None:
        return paragraph("The loss of this model gives scores and no probabilities; softmax gives both.")
    charts = [("As they are", found)]
    introduction = (
        f"On average, probabilities are off by {share(found.expected_calibration_error)} (expected calibration "
        f"error; log-loss {found.log_loss:.3f})."
    )
    if scaling is not None and scaling.of_model:
        charts = [
            ("Softmax of the scores", scaling.before),
            (f"Scores divided by {scaling.temperature:.3g}, as the model does", found),
        ]
        introduction += (
            " They are the softmax of the scores divided by a temperature, since the loss has none of its own; "
            f"undivided they would be off by {share(scaling.before.expected_calibration_error)}."
        )
    elif scaling is not None:
        charts.append((f"Scores divided by {scaling.temperature:.2f}", scaling.after))
        introduction += (
            f" With scores divided by {scaling.temperature:.2f}, which {scaling.n_fitted:,} held-out examples "
            f"have chosen (temperature scaling), by {share(scaling.after.expected_calibration_error)} (log-loss "
            f"{scaling.after.log_loss:.3f}). The classes that are named stay the same."
        )
    drawn = joined(
        Html(
            f"<figure>{reliability_chart(f'Reliability diagram: {name}', one.bins)}"
            f"<figcaption>{text(name)}: bars below the diagonal are too sure; pale bars have few examples."
            "</figcaption></figure>\n"
        )
        for name, one in charts
    )
    tables = joined(details(f"{name}, as a table", _bins(one)) for name, one in charts)
    return joined([paragraph(introduction), Html(f'<div class="charts">{drawn}</div>'), tables])


def _bins(found: Calibration) -> Html:
    rows = [
        (
            f"{bin_.low:.2f}–{bin_.high:.2f}",
            number(bin_.confidence, ".3f"),
            number(bin_.accuracy, ".3f"),
            f"{bin_.n:,}",
        )
        for bin_ in found.bins
        if bin_.n
    ]
    return table("Reliability", ("confidence", "mean", "accuracy", "examples"), rows, "lrrr")


def _robustness(summary: RunSummary) -> Html:
    measured = summary.analyses.robustness
    if measured is None:
        return Html("")
    introduction = (
        f"{measured.sample} The accuracy on these as they are is {measured.accuracy:.3f}; the line below the "
        "pictures is the accuracy at each grade, with 95 % intervals, the broken one the majority-class "
        "baseline. What costs most comes first."
    )
    base = summary.evaluation.majority
    panels = joined(_panel(result, base) for result in measured.by_loss())
    return joined(
        [
            paragraph(introduction),
            Html(f'<div class="panels">{panels}</div>'),
            details("All grades as a table", _grades(measured)),
        ]
    )


def _panel(result: ChallengeResult, base: float) -> Html:
    accuracy = [grade.accuracy for grade in result.grades]
    curve = small_curve(
        f"Accuracy under {result.name}", accuracy, [grade.interval for grade in result.grades], base
    )
    pictures = joined(
        Html(
            f"<div>{image(thumbnail(picture), f'{result.name} {grade.label}')}"
            f"<span>{text(grade.label)}</span></div>"
        )
        for picture, grade in zip(result.pictures, result.grades, strict=True)
    )
    values = joined(Html(f"<div>{value:.2f}</div>") for value in accuracy)
    return Html(
        f'<div class="panel"><h4>{text(result.name)}<span>{text(result.kind)}</span></h4>'
        f'<div class="grades">{pictures}</div>{curve}<div class="grades">{values}</div></div>\n'
    )


def _grades(measured: Robustness) -> Html:
    rows = [
        (result.name, *(f"{grade.accuracy:.3f} ({grade.label})" for grade in result.grades))
        for result in measured.by_loss()
    ]
    columns = ("accuracy when changed", "not", "slightly", "more", "strongly", "extremely")
    return table("Robustness", columns, rows, "lrrrrr")
