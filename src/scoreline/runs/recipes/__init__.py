"""The recipe search: the best features, loss and strength for data, within a budget of time and memory.

To add a recipe: a line in `ladder.py`. ``docs/recipes.md`` tells how they are chosen.
"""

from __future__ import annotations

from scoreline.runs.recipes.found import Found
from scoreline.runs.recipes.ladder import Recipe, ladder
from scoreline.runs.recipes.leaderboard import LeaderboardRow
from scoreline.runs.recipes.search import search_recipes

__all__ = ["Found", "LeaderboardRow", "Recipe", "ladder", "search_recipes"]
