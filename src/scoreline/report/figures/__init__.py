"""The figures: each takes arrays and a theme, and gives a matplotlib figure.

To add one: a file here with one function, a line in `FIGURES`. Matplotlib is imported when the first is drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING

from scoreline.report.figures.class_templates import class_templates
from scoreline.report.figures.confusion import confusion
from scoreline.report.figures.feature_views import feature_views
from scoreline.report.figures.frontier import frontier
from scoreline.report.figures.loss_curves import loss_curves
from scoreline.report.figures.mistakes import mistakes
from scoreline.report.figures.png import png_bytes, save_figure
from scoreline.report.figures.robustness import ChallengeCurve, robustness
from scoreline.report.figures.run_comparison import run_comparison
from scoreline.report.figures.theme import DARK, LIGHT, THEMES, Theme
from scoreline.report.figures.validation_curve import validation_curve
from scoreline.report.figures.validation_map import validation_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

__all__ = [
    "DARK",
    "FIGURES",
    "LIGHT",
    "THEMES",
    "ChallengeCurve",
    "Theme",
    "class_templates",
    "confusion",
    "feature_views",
    "frontier",
    "loss_curves",
    "mistakes",
    "png_bytes",
    "robustness",
    "run_comparison",
    "save_figure",
    "validation_curve",
    "validation_map",
]

#: All figures by name, which is also their file's name in a run folder.
FIGURES: Mapping[str, Callable[..., Figure]] = MappingProxyType(
    {
        "loss-curves": loss_curves,
        "run-comparison": run_comparison,
        "frontier": frontier,
        "confusion": confusion,
        "class-templates": class_templates,
        "mistakes": mistakes,
        "robustness": robustness,
        "feature-views": feature_views,
        "validation-map": validation_map,
        "validation-curve": validation_curve,
    }
)
