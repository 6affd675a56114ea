"""The pages of the lab by name; adding one is a file here, a page in ``static`` and a line below."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from scoreline.lab.page import Page
from scoreline.lab.pages.descent import DescentPage
from scoreline.lab.pages.gradients import GradientsPage
from scoreline.lab.pages.images import ImagesPage
from scoreline.lab.pages.mistakes import MistakesPage
from scoreline.lab.pages.race import RacePage
from scoreline.lab.pages.scores import ScoresPage

__all__ = ["PAGES"]

#: In the order of the navigation; the first is the lab's front page.
PAGES: Mapping[str, type[Page[Any]]] = MappingProxyType(
    {
        "scores": ScoresPage,
        "gradients": GradientsPage,
        "descent": DescentPage,
        "race": RacePage,
        "images": ImagesPage,
        "mistakes": MistakesPage,
    }
)
