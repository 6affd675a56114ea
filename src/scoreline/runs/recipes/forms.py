"""Larger forms of recipes: more words of the same kind, for which the smallest races on few rows.

Where rows are enough for them, more words are seldom worse, but take longer. So no time goes into climbing: of a
kind that has proved good, the largest form that there is time for is tried first.
"""

from __future__ import annotations

from collections.abc import Sequence

from scoreline.runs.recipes.candidates import Candidate

__all__ = ["most_promising_first", "racers", "smallest_form"]


#: Columns for each training row up to which more words are seldom worse. With 4,500 images of CIFAR-10, 4,950
#: columns reach .748 on validation examples, 16,482 of the same kind .708.
COLUMNS_A_ROW = 2


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
    candidates: Sequence[Candidate], among: Sequence[Candidate], prefer: str, n_rows: int
) -> list[Candidate]:
    """Return some candidates among others, all from the cheapest on, in the order to try them in on all rows.

    Those come first whose smallest form is the most accurate so far. Of one kind the largest that so many rows are
    enough for comes first, then the smaller ones, then those that are too large; where fast or small ones are
    preferred, the smallest.
    """
    most = COLUMNS_A_ROW * n_rows if prefer == "accurate" else 0
    enough = [one for one in candidates if one.width <= most]
    by_size = [*reversed(enough), *(one for one in candidates if one.width > most)]
    return sorted(by_size, key=lambda one: -(smallest_form(one, among).row.accuracy or 0.0))
