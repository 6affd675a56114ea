"""Findings on the fit: too close to the training examples, not close enough, or not at its end."""

from __future__ import annotations

from collections.abc import Iterator

from scoreline._text import counted
from scoreline.engine.problem.events import Reason
from scoreline.report.findings.base import Facts, Finding, Rule, Severity
from scoreline.report.findings.confidence import WIDE

__all__ = ["AtBaseline", "FailedCheck", "Overfitting", "Underfitting", "Unfinished"]

#: Differences of accuracies that are worth words, beyond what chance explains.
LARGE_GAP = 0.05
#: An accuracy below which better features are worth a try.
LEARNED = 0.9
#: Settings that leave the recipe to the search, which takes images of some size.
SEARCH = dict.fromkeys(("features", "loss", "lam", "standardize"), "auto")
LEAST_SIDE = 16


class Overfitting(Rule):
    """Training examples are classified much better than others."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Compare accuracies; see `Rule.findings`."""
        train, other = facts.evaluations.get("train"), facts.evaluation
        if train is None or other.split == "train":
            return
        if train.accuracy - other.accuracy <= LARGE_GAP or train.accuracy <= other.interval[1]:
            return
        message = (
            f"Accuracy is {train.accuracy:.2f} on training and {other.accuracy:.2f} on {other.split} examples: "
            "the model overfits."
        )
        if facts.settings.get("lam") != "auto":
            message += " Choose the strength of the penalty on validation examples."
            yield Finding(Severity.WARNING, message, facts.retrain(lam="auto"), "overfitting")
            return
        message += " The strength of the penalty is chosen already: more training examples help most"
        if facts.analyses.learning_curve is None:
            message += "; a learning curve says by how much."
            yield Finding(Severity.NOTE, message, facts.report("--full"), "overfitting")
        else:
            message += ", and the learning curve says by how much. Add some, and train again."
            yield Finding(Severity.NOTE, message, facts.retrain(), "learning-curve")


class Underfitting(Rule):
    """Not even training examples are classified well, by pixels alone."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at the training accuracy; see `Rule.findings`."""
        train, other = facts.evaluations.get("train"), facts.evaluation
        small = not facts.images or min(facts.shape[:2]) < LEAST_SIDE
        if train is None or small or not facts.of_pixels or facts.searched is not None:
            return  # a search has tried other features, or says by itself that it had no time for them
        if min(train.accuracy, other.accuracy) < LEARNED:
            message = (
                f"Pixels alone give {other.accuracy:.2f} on {other.split} and {train.accuracy:.2f} on training "
                "examples: features that see edges and textures usually give far more. Search for the best recipe."
            )
            yield Finding(Severity.WARNING, message, facts.retrain(**SEARCH), "good")


class AtBaseline(Rule):
    """The classifier is no better than always naming the most frequent class."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Compare with the baseline; see `Rule.findings`."""
        found = facts.evaluation
        if found.interval[0] > found.majority or len(facts.classes) < 2:
            return
        always = f"always naming the most frequent class, which gives {found.majority:.2f}"
        if found.interval[1] - found.majority >= 2 * WIDE:
            message = (
                f"{counted(found.n, f'{found.split} example')} {'is' if found.n == 1 else 'are'} too few to tell "
                f"an accuracy of {found.accuracy:.2f} from {always}. Put more that the model was not trained on "
                "into the test split, and evaluate again."
            )
            yield Finding(Severity.PROBLEM, message, facts.command("evaluate", facts.run), "good")
            return
        things = "images" if facts.images else "rows"
        message = (
            f"An accuracy of {found.accuracy:.2f} is no better than {always}. Check that labels and {things} "
            f"belong together{': look at some with their labels' * facts.images}."
        )
        yield Finding(Severity.PROBLEM, message, facts.lab(), "data")


class Unfinished(Rule):
    """The training ended before its optimum."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at why it ended; see `Rule.findings`."""
        if facts.status is Reason.INTERRUPTED:
            message = "The training was interrupted: these are the best weights until then. "
            if facts.resumable:
                message += "Go on with it to the end."
                yield Finding(Severity.PROBLEM, message, facts.command("resume", facts.run), "run")
            else:
                message += "Train again to the end."
                yield Finding(Severity.PROBLEM, message, facts.retrain(), "run")
        elif facts.status is Reason.MAX_EPOCHS and not facts.mini_batches:
            message = (
                f"The training ended at its limit of {facts.epochs:,} epochs, before the optimum: allow more."
            )
            yield Finding(Severity.WARNING, message, facts.retrain(max_epochs=4 * max(facts.epochs, 1)), "run")


class FailedCheck(Rule):
    """A sanity check was not passed."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Repeat the advice; see `Rule.findings`."""
        for name, advice in facts.failed_checks.items():
            message = f"The sanity check '{name}' was not passed. {advice}"
            yield Finding(Severity.PROBLEM, message, facts.retrain(), "run")
