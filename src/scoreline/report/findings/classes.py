"""Findings on single classes: those that are taken for one another, those that are not recognised, rare ones."""

from __future__ import annotations

from collections.abc import Iterator

from scoreline._text import counted
from scoreline.report.findings.base import Facts, Finding, Rule, Severity

__all__ = ["ClassImbalance", "ConfusedPair", "WeakClass"]

#: Share of all errors, and number of them, from which a pair of classes is worth words. By chance each of the
#: C (C - 1) / 2 pairs has the same share; it must be several times that.
LARGE_SHARE, FEW_ERRORS, TIMES_CHANCE = 0.15, 8, 2
#: By how much a class's recall is certainly below the accuracy, and its examples at least.
WEAK, FEW_EXAMPLES = 0.15, 10
#: Ratio of the most to the least frequent class.
IMBALANCE = 5


class ConfusedPair(Rule):
    """Two classes make a large part of all errors."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Add the errors of both directions; see `Rule.findings`."""
        found = facts.evaluation
        n_classes, n_errors = len(facts.classes), round(found.n * (1 - found.accuracy))
        if n_classes < 3:  # of two classes the errors are all of one pair
            return
        pairs: dict[tuple[int, int], int] = {}
        for true, predicted, count in found.most_confused():
            pair = min(true, predicted), max(true, predicted)
            pairs[pair] = pairs.get(pair, 0) + count
        if not pairs:
            return
        (one, other), count = max(pairs.items(), key=lambda item: item[1])
        share, by_chance = count / n_errors, 2 / (n_classes * (n_classes - 1))
        if count < FEW_ERRORS or share < max(LARGE_SHARE, TIMES_CHANCE * by_chance):
            return
        if found.counts[one, other] < found.counts[other, one]:
            one, other = other, one
        message = (
            f"{facts.classes[one]} and {facts.classes[other]} make {share:.0%} of all errors ({count:,} of "
            f"{n_errors:,}): look at them, and ask which of them you could tell apart."
        )
        yield Finding(Severity.WARNING, message, facts.lab(), f"cell-{one}-{other}")


class WeakClass(Rule):
    """A class is recognised much less often than others."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at the recalls and their intervals; see `Rule.findings`."""
        found = facts.evaluation
        weak = [
            (row.recall, label)
            for label, row in enumerate(found.per_class)
            if row.support >= FEW_EXAMPLES and row.recall_interval[1] < found.balanced_accuracy - WEAK
        ]
        if not weak:
            return
        recall, label = min(weak)
        others = f" ({_more_classes(len(weak) - 1)} as weak)" * (len(weak) > 1)
        message = (
            f"Of the class {facts.classes[label]} only {recall:.0%} are recognised, of all classes "
            f"{found.balanced_accuracy:.0%} in the mean{others}. More training examples of it help most; it has "
            f"{facts.class_counts[label]:,}."
        )
        yield Finding(Severity.WARNING, message, facts.lab(), f"class-{label}")


def _more_classes(n: int) -> str:
    return "1 more class is" if n == 1 else f"{n:,} more classes are"


class ClassImbalance(Rule):
    """Some classes have far fewer training examples than others."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Compare the numbers of training examples; see `Rule.findings`."""
        counts = facts.class_counts
        least, most = min(counts), max(counts)
        if most < IMBALANCE * max(least, 1) or facts.settings.get("class_weight") is not None:
            return
        rare, frequent = counts.index(least), counts.index(most)
        few = counted(least, "training example")
        message = (
            f"{facts.classes[rare]} has {few} and {facts.classes[frequent]} {most:,}: rare classes are named too "
            "seldom. Give each class the same weight."
        )
        yield Finding(Severity.WARNING, message, facts.retrain(class_weight="balanced"), "balance")
