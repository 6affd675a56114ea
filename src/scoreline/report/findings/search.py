"""Findings on the search for a recipe: what it had no time and no memory for."""

from __future__ import annotations

from collections.abc import Iterator

from scoreline.report.findings.base import Facts, Finding, Rule, Severity

__all__ = ["LeftOut"]

#: An accuracy from which on recipes that were left out can bring little.
ENOUGH = 0.98


class LeftOut(Rule):
    """Recipes were left out that may be better than the one that was chosen."""

    def findings(self, facts: Facts) -> Iterator[Finding]:
        """Look at what the search has left out; see `Rule.findings`."""
        searched = facts.searched
        if searched is None or facts.evaluation.accuracy >= ENOUGH:
            return
        # Raw pixels of images are chosen where there was no time for anything else.
        severity = Severity.WARNING if facts.of_pixels and facts.images else Severity.NOTE
        for recipes, what, setting, more in (
            (searched.late, "time", "budget", searched.budget),
            (searched.too_large, "memory", "memory", searched.memory),
        ):
            if recipes:
                count = "recipe that may be" if len(recipes) == 1 else "recipes that may be"
                message = (
                    f"The search had no {what} for {len(recipes):,} {count} better, next {recipes[0]}: "
                    f"give it more {what}, such as {more}."
                )
                yield Finding(severity, message, facts.retrain(**{setting: more}), "leaderboard")
