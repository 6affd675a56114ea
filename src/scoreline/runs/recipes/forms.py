"""Larger forms of recipes: more words of the same kind, for which the smallest races on few rows.

More words are seldom worse, but take longer. So no time goes into climbing: of a kind that has proved good, the
largest form that there is time for is tried first.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoreline.runs.recipes.candidates import Candidate

__all__ = ["most_promising_first", "racers", "smallest_form"]


def smallest_form(one: Candidate, candidates: Sequence[Candidate]) -> Candidate:
    """Return the smallest of the candidates that a candidate is a larger form of, or itself."""
    by_features = {other.recipe.features: other for other in candidates}
    while one.recipe.larger_of in by_features:
        one = by_features[one.recipe.larger_of]
    return one


def racers(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates that are no larger form of another one."""
    return [one for one in candidates if smallest_form(one, candidates) is one]


def most_promising_first(
    candidates: Sequence[Candidate], among: Sequence[Candidate], prefer: str
) -> list[Candidate]:
    """Return some candidates among others, all from the cheapest on, in the order to try them in on all rows.

    Those come first whose smallest form is the most accurate so far; of one kind the largest, or the smallest
    where fast or small ones are preferred.
    """
    by_size = list(reversed(candidates)) if prefer == "accurate" else list(candidates)
    return sorted(by_size, key=lambda one: -(smallest_form(one, among).row.accuracy or 0.0))
