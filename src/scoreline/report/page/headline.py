"""The top of the page: the accuracy, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from scoreline.report.findings import Finding
from scoreline.report.page.markup import Html, breakable, command, interval, paragraph, share, text
from scoreline.report.summary import RunSummary

__all__ = ["findings_box", "headline"]


def headline(summary: RunSummary) -> Html:
    """Return the accuracy with what it has to be compared with."""
    evaluation = summary.evaluation
    remarks = {
        "95 % interval": f"{interval(evaluation.interval)} %",
        "always the most frequent class": share(evaluation.majority),
        **{name: share(value) for name, value in summary.accuracies.items() if name != evaluation.split},
    }
    if share(evaluation.balanced_accuracy) != share(evaluation.accuracy):
        remarks["balanced accuracy"] = share(evaluation.balanced_accuracy)
    remarks |= {f"true class among the best {k}": share(found) for k, found in evaluation.top_k.items()}
    items = "".join(f"<li>{text(name)} <b>{text(value)}</b></li>" for name, value in remarks.items())
    examples = "example is" if evaluation.n == 1 else "examples are"
    return Html(
        f'<p class="headline"><strong>{share(evaluation.accuracy)}</strong> of {evaluation.n:,} '
        f'{text(evaluation.split)} {examples} classified correctly</p>\n<ul class="remarks">{items}</ul>'
    )


def findings_box(title: str, findings: Sequence[Finding]) -> Html:
    """Return the findings, each with the command to do something about it."""
    items = "".join(map(_item, findings))
    content = f"<ol>{items}</ol>" if items else paragraph("Nothing was found that calls for anything.")
    return Html(f'<section class="findings" id="findings">\n<h2>{text(title)}</h2>\n{content}\n</section>')


def _item(finding: Finding) -> str:
    link = f' <a href="#{text(finding.anchor)}">Show</a>' if finding.anchor else ""
    severity = f'<span class="severity">{finding.severity.label}:</span>'
    return (
        f'<li class="severity-{finding.severity:d}"><p>{severity}'
        f" {breakable(finding.sentence)}{link}</p>\n{command(finding.command)}</li>\n"
    )
