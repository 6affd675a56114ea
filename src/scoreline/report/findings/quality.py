"""Findings on single examples: copies, labels, outliers, images that show nothing, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator

from scoreline._text import counted
from scoreline.report.findings.base import Facts, Finding, Rule, Severity

__all__ = [
    "Contradictions",
    "Leaks",
    "MoreData",
    "OutlyingExamples",
    "PlainImages",
    "SuspectedLabels",
    "ValidationLeaks",
]

#: What to do about near copies.
REMOVE_COPIES = "near-duplicates.csv lists the pairs: remove the copies, and train again."
#: Shares of examples from which on a finding is no mere note: of test examples with a copy, and of wrong labels.
MANY_LEAKS, MANY_LABELS = 0.01, 0.005
#: A gain of accuracy by twice the examples that is worth the work.
WORTH = 0.01


class Leaks(Rule):
    """Examples that evaluate the model have near copies among those that it was trained on."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them; see `Rule.findings`."""
        copies, split = facts.analyses.near_duplicates, facts.split
        n_leaked = 0 if copies is None or split == "train" else copies.n_leaked(split, "train")
        if not n_leaked:
            return
        n = facts.evaluation.n
        message = (
            f"{_copied(n_leaked, n, split)}: the accuracy is too high by as many at the most. {REMOVE_COPIES}"
        )
        severity = Severity.PROBLEM if n_leaked >= MANY_LEAKS * n else Severity.WARNING
        yield Finding(severity, message, facts.retrain(), "duplicates")


class ValidationLeaks(Rule):
    """Examples that choose settings have near copies among the training examples."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them, where others evaluate the model; see `Rule.findings`."""
        n_leaked, n = facts.validation_copies
        if not n_leaked or facts.split == "validation":
            return
        message = (
            f"{_copied(n_leaked, n, 'validation')}: their accuracy is too high, and they choose a recipe or "
            f"strength that remembers examples. {REMOVE_COPIES}"
        )
        severity = Severity.WARNING if n_leaked >= MANY_LEAKS * n else Severity.NOTE
        yield Finding(severity, message, facts.retrain(), "duplicates")


class Contradictions(Rule):
    """Near copies have different labels."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them; see `Rule.findings`."""
        copies = facts.analyses.near_duplicates
        found = [] if copies is None else copies.contradictions
        if found:
            first = found[0]
            message = (
                f"{counted(len(found), 'pair')} of near copies {_have(len(found))} different labels, such as "
                f"{first.id} ({first.label}) and {first.other_id} ({first.other_label}): correct them, and train "
                "again."
            )
            yield Finding(Severity.WARNING, message, facts.retrain(), "duplicates")


class SuspectedLabels(Rule):
    """Labels are contradicted by classifiers that have not seen them."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them; see `Rule.findings`."""
        labels = facts.analyses.label_errors
        if labels is None or not labels.n_suspected:
            return
        first = next(item for item in labels.ranked if item.suspected)
        message = (
            f"{labels.n_suspected:,} of {counted(labels.n_scored, 'training label')} may be wrong, such as "
            f"{first.id}: {first.label}, or {first.suggested}? label-errors.csv ranks them: look at them, correct "
            "those that are wrong, and train again."
        )
        many = labels.n_suspected >= MANY_LABELS * labels.n_scored
        yield Finding(Severity.WARNING if many else Severity.NOTE, message, facts.retrain(), "labels")


class OutlyingExamples(Rule):
    """Examples are unlike all classes."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them; see `Rule.findings`."""
        outliers = facts.analyses.outliers
        if outliers is not None and outliers.n_outlying:
            are = "is" if outliers.n_outlying == 1 else "are"
            message = (
                f"{counted(outliers.n_outlying, 'example')} {are} unlike all classes, such as "
                f"{outliers.ranked[0].id}. "
                "outliers.csv ranks them: remove what does not belong there, and train again."
            )
            yield Finding(Severity.NOTE, message, facts.retrain(), "outliers")


class PlainImages(Rule):
    """Images show next to nothing."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Count them; see `Rule.findings`."""
        plain = () if facts.analyses.statistics is None else facts.analyses.statistics.plain
        if plain:
            count = "1 image shows" if len(plain) == 1 else f"{len(plain):,} images show"
            message = (
                f"{count} next to nothing, such as {plain[0].id} ({plain[0].problem}). "
                "plain-images.csv lists them: remove what does not belong there, and train again."
            )
            yield Finding(Severity.NOTE, message, facts.retrain(), "plain")


class MoreData(Rule):
    """More training examples would bring something."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at the learning curve; see `Rule.findings`."""
        curve = facts.analyses.learning_curve
        forecast = None if curve is None else curve.forecast
        if curve is not None and forecast is not None and forecast.gain >= WORTH and forecast.low > 0:
            message = f"{curve.statement()} Add some, and train again."
            yield Finding(Severity.NOTE, message, facts.retrain(), "learning-curve")


def _copied(n_leaked: int, n: int, split: str) -> str:
    """Return how many examples of a split have a near copy among the training examples."""
    whole = counted(n, f"{split} example")
    return f"{n_leaked:,} of {whole} {_have(n_leaked)} a near copy among the training examples"


def _have(n: int) -> str:
    return "has" if n == 1 else "have"
