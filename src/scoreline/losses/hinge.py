"""What the hinge losses share: the hinge itself, its square, and the hinge with a smoothed corner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np

from scoreline._checks import check_field
from scoreline._typing import FloatArray
from scoreline.errors import UsageError
from scoreline.losses.base import HessianLoss, SmoothableLoss

__all__ = ["HingeLoss", "check_one_smoothing", "hinge", "hinge_conjugate", "hinge_curvature", "one_hinge"]


class HingeLoss(SmoothableLoss, HessianLoss):
    """A loss that is made of hinges: how far scores fall short of a margin.

    Subclasses have the fields `margin`, above 0, and `rounding`, the width over which corners are smoothed.
    """

    label: ClassVar[str] = "hinge loss"

    def __post_init__(self) -> None:
        check_field(self, "margin", 0, above=True)
        check_field(self, "rounding", 0)

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """Whether there is a derivative everywhere: a plain hinge has a corner."""
        return self.rounding > 0

    @property
    def smoothing(self) -> Self:
        """The loss itself: hinges can be smoothed."""
        return self

    @property
    def hessian(self) -> Self:
        """The loss itself: hinges are straight nearly everywhere."""
        return self

    def smoothed(self, width: float) -> Self:
        """Return the loss with corners smoothed over a width. Its slopes lie in the same domain."""
        return replace(self, rounding=width)  # type: ignore[call-arg]  # a field of every subclass


def hinge(v: FloatArray, squared: bool, rounding: float) -> tuple[FloatArray, FloatArray]:
    r"""Return the hinge of `v`, elementwise, and its slope.

    .. math:: \max(0, v)^q, \qquad \text{smoothed: } v^2 / 2 \mu \text{ for } 0 < v < \mu,
       \quad v - \mu / 2 \text{ beyond}

    References
    ----------
    Rennie & Srebro (2005), Loss functions for preference levels, IJCAI workshop, for the smooth hinge.
    """
    short = np.maximum(v, 0)
    if squared:
        return short * short, 2 * short
    if rounding > 0:
        slope = np.minimum(short / rounding, 1).astype(v.dtype, copy=False)
        return slope * (short - v.dtype.type(rounding / 2) * slope), slope
    return short, (v > 0).astype(v.dtype)


def one_hinge(v: Any, squared: bool, rounding: Any) -> tuple[Any, Any]:
    """Return the `hinge` of one float32 and its slope, for compiled forms."""
    zero, one = np.float32(0), np.float32(1)
    short = max(v, zero)
    if squared:
        return short * short, np.float32(2) * short
    if rounding > 0:
        slope = min(short / rounding, one)
        return slope * (short - rounding / np.float32(2) * slope), slope
    return short, one if short > 0 else zero


def hinge_curvature(v: FloatArray, squared: bool, rounding: float) -> FloatArray:
    """Return the second derivative of `hinge` (the plain hinge has none)."""
    return (v > 0) * v.dtype.type(2) if squared else ((v > 0) & (v < rounding)) / v.dtype.type(rounding)


def hinge_conjugate(slope: FloatArray, squared: bool, rounding: float) -> FloatArray:
    """Return the conjugate of `hinge`, elementwise, on its domain: 0 and more, up to 1 unless squared."""
    return slope * slope / 4 if squared else (rounding / 2) * slope * slope


def check_one_smoothing(name: str, squared: bool, rounding: float) -> None:
    """Raise UsageError if a hinge is to be squared and smoothed."""
    if squared and rounding > 0:
        raise UsageError(
            f"{name} was given squared and rounding={rounding:g}",
            allowed="one of the two: a squared hinge has no corner",
            fix="leave one of them out",
        )
