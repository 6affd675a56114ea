"""Findings on what can be trusted: probabilities, small samples, and changed images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scoreline._text import counted
from scoreline.report.findings.base import Facts, Finding, Rule, Severity

__all__ = ["BadProbabilities", "Fragile", "SmallSample", "WithoutTest"]

#: A calibration error that misleads.
LARGE_ERROR = 0.05
#: Temperature from which on next to nothing is left of the scores.
HOT = 50
#: Width of the interval of the accuracy that says little.
WIDE = 0.1
#: Loss of accuracy at the second grade of a challenge, which people hardly notice, and beyond it.
LARGE_LOSS, GRADE = 0.1, 2
#: By what factor the penalty of an overconfident model is strengthened.
STRONGER = 10
#: Share of the training examples to evaluate the model on where few do.
HELD_OUT = 0.3


class BadProbabilities(Rule):
    """Probabilities are not what they say."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Compare confidence and accuracy; see `Rule.findings`."""
        found, scaling = facts.evaluation, facts.analyses.temperature
        if found.calibration is None or found.split == "train":
            return
        error = found.calibration.expected_calibration_error
        filled = [bin_ for bin_ in found.calibration.bins if bin_.n]
        confidence = sum(bin_.n * bin_.confidence for bin_ in filled) / found.n
        low, high = found.interval
        if error < LARGE_ERROR or abs(confidence - found.accuracy) < LARGE_ERROR / 2 or low <= confidence <= high:
            return  # few examples have a calibration error by chance
        sure = "too sure" if confidence > found.accuracy else "not sure enough"
        message = (
            f"Probabilities mislead: they promise {confidence:.0%} right answers, and {found.accuracy:.0%} are "
            f"right ({sure})."
        )
        useful = scaling is not None and not scaling.of_model and scaling.temperature < HOT
        if scaling is not None and useful and scaling.after.expected_calibration_error < error / 2:
            message += (
                f" Divide the scores by {scaling.temperature:.2f} before you take their softmax: the error falls "
                f"from {error:.1%} to {scaling.after.expected_calibration_error:.1%}."
            )
        changes: dict[str, Any] = {"lam": "auto"}
        if facts.settings.get("lam") == "auto" and facts.lam:
            factor = STRONGER if confidence > found.accuracy else 1 / STRONGER
            changes = {"lam": f"{factor * facts.lam:.3g}"}
        message += " A stronger penalty makes it less sure." if confidence > found.accuracy else ""
        yield Finding(Severity.WARNING, message, facts.retrain(**changes), "reliability")


class SmallSample(Rule):
    """So few examples evaluate the model that its accuracy is hardly known."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at the width of the interval; see `Rule.findings`."""
        found = facts.evaluation
        low, high = found.interval
        if high - low < WIDE:
            return
        message = (
            f"{counted(found.n, f'{found.split} example')} say{'s' * (found.n == 1)} little: the accuracy is "
            f"somewhere between {low:.2f} and {high:.2f}. "
        )
        held_out = facts.settings.get("validation") or 0.0
        if found.split == "validation" and held_out < HELD_OUT:
            message += "Hold out more of them."
            command = facts.retrain(validation=HELD_OUT)
        else:
            message += (
                "Put more examples that the model was not trained on into the test split, and evaluate again."
            )
            command = facts.command("evaluate", facts.run)
        yield Finding(Severity.WARNING, message, command, "good")


class WithoutTest(Rule):
    """The examples that evaluate the model are not independent of it."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at the split; see `Rule.findings`."""
        chose = facts.settings.get("lam") == "auto"
        if facts.split == "train":
            message = "The accuracy is of the training examples themselves. Hold some out."
            yield Finding(Severity.PROBLEM, message, facts.retrain(validation=0.2), "good")
        elif facts.split == "validation" and chose:
            message = (
                "There is no test split, and the validation examples have chosen the strength of the penalty: the "
                "accuracy is a little too high. Put examples that had no part in it into a test split, and train "
                "again."
            )
            yield Finding(Severity.NOTE, message, facts.retrain(), "good")


class Fragile(Rule):
    """Accuracy falls when images are changed a little."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at the challenge that costs most; see `Rule.findings`."""
        measured = facts.analyses.robustness
        if measured is None:
            return
        lost = [(r.grades[0].accuracy - r.grades[GRADE].accuracy, r) for r in measured.challenges]
        loss, worst = max(lost, key=lambda pair: pair[0])
        if loss < LARGE_LOSS or worst.grades[GRADE].interval[1] >= measured.accuracy:
            return
        grade = worst.grades[GRADE]
        message = (
            f"Accuracy falls from {measured.accuracy:.2f} to {grade.accuracy:.2f} under {worst.name} "
            f"({worst.kind}, {grade.label}), as images from elsewhere may have it. "
        )
        changes = {}
        if facts.of_pixels and worst.kind == "illumination":
            message += "Features of normalised gradients hardly see other light."
            changes = {"features": "hog"}
        else:
            message += "Add training images that vary in this way, and train again."
        yield Finding(Severity.WARNING, message, facts.retrain(**changes), "robustness")
