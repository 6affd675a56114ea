"""Findings on the data."""

from __future__ import annotations

from collections.abc import Iterator

from scoreline.report.findings.base import Facts, Finding, Rule, Severity

__all__ = ["ChangedData", "NotExamined", "RejectedFiles"]

#: Share of files that could not be used from which on it matters.
MANY = 0.01


class RejectedFiles(Rule):
    """Files could not be used."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them by reason; see `Rule.findings`."""
        n_rejected = sum(facts.rejected.values())
        if not n_rejected:
            return
        reason, count = max(facts.rejected.items(), key=lambda item: item[1])
        many = n_rejected >= MANY * (n_rejected + sum(facts.class_counts))
        message = (
            f"{n_rejected:,} file{'s' * (n_rejected > 1)} could not be used, "
            f"{'all' if count == n_rejected else f'{count:,} of them'} for this reason: {reason}. "
            "rejected.csv names them: repair or remove them, and train again."
        )
        yield Finding(Severity.WARNING if many else Severity.NOTE, message, facts.retrain(), "rejected")


class ChangedData(Rule):
    """The data are no longer those that the model was trained on."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Repeat what is different; see `Rule.findings`."""
        if facts.changes:
            message = (
                f"The data have changed since the training: {'; '.join(facts.changes)}. This report is about the "
                "data as they are now; train again."
            )
            yield Finding(Severity.PROBLEM, message, facts.retrain(), "run")


class NotExamined(Rule):
    """Parts of the report take longer than a training may, and were left out."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at what is missing; see `Rule.findings`."""
        missing = facts.analyses.missing(images=facts.images)
        if missing:
            *most, last = missing
            named = f"{', '.join(most)} and {last}" if most else last
            message = f"The full report, which takes a while, looks into {named} too."
            yield Finding(Severity.NOTE, message, facts.report("--full"), "data")
