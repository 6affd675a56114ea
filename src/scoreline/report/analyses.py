"""What was found out about a run beyond its scores; each part is there once it was measured."""

from __future__ import annotations

from dataclasses import dataclass

from scoreline.report.calibration import TemperatureScaling
from scoreline.report.robustness.measurement import Robustness

__all__ = ["Analyses"]


@dataclass(frozen=True, eq=False)
class Analyses:
    """Parts of the report that take their time; None where something was not measured.

    Parameters
    ----------
    temperature : TemperatureScaling, optional
    robustness : Robustness, optional
    """

    temperature: TemperatureScaling | None = None
    robustness: Robustness | None = None

    @property
    def complete(self) -> bool:
        """Whether all was measured that is measured on request."""
        return self.robustness is not None
