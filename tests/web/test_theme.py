"""One language of colours: pages, reports and figures say alike what adds and what takes away."""

import re

from scoreline.report.figures import DARK, LIGHT
from scoreline.web.theme import THEME


def test_pages_have_the_colours_of_reports():
    style = THEME.read_text(encoding="utf-8")
    for name in ("paper", "ink", "muted", "low", "middle", "high"):
        found = re.search(rf"--{name}: light-dark\((\S+), (\S+)\);", style)
        assert found.groups() == (getattr(LIGHT, name), getattr(DARK, name)), name
