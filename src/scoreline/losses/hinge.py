"""What the hinge losses share: the hinge itself, its square, and the hinge with a smoothed kink."""

from __future__ import annotations

from collections.abc import Mapping
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

    Subclasses have the fields `margin`, above 0, and `smoothing_width`, the width over which kinks are smoothed.
    """

    label: ClassVar[str] = "hinge loss"
    #: Models and settings that were written before call the width so.
    former_names: ClassVar[Mapping[str, str]] = {"rounding": "smoothing_width"}

    def __post_init__(self) -> None:
        check_field(self, "margin", 0, above=True)
        check_field(self, "smoothing_width", 0)

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """Whether there is a derivative everywhere: a plain hinge has a kink."""
        return self.smoothing_width > 0

    @property
    def smoothing(self) -> Self:
        """The loss itself: hinges can be smoothed."""
        return self

    @property
    def hessian(self) -> Self:
        """The loss itself: hinges are straight nearly everywhere."""
        return self

    def smoothed(self, width: float) -> Self:
        """Return the loss with kinks smoothed over a width. Its slopes lie in the same domain."""
        return replace(self, smoothing_width=width)  # type: ignore[call-arg]  # a field of every subclass


def hinge(v: FloatArray, squared: bool, width: float) -> tuple[FloatArray, FloatArray]:
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
    if width > 0:
        slope = np.minimum(short / width, 1).astype(v.dtype, copy=False)
        return slope * (short - v.dtype.type(width / 2) * slope), slope
    return short, (v > 0).astype(v.dtype)


def one_hinge(v: Any, squared: bool, width: Any) -> tuple[Any, Any]:
    """Return the `hinge` of one float32 and its slope, for compiled forms."""
    zero, one = np.float32(0), np.float32(1)
    short = max(v, zero)
    if squared:
        return short * short, np.float32(2) * short
    if width > 0:
        slope = min(short / width, one)
        return slope * (short - width / np.float32(2) * slope), slope
    return short, one if short > 0 else zero


def hinge_curvature(v: FloatArray, squared: bool, width: float) -> FloatArray:
    """Return the second derivative of `hinge` (the plain hinge has none)."""
    return (v > 0) * v.dtype.type(2) if squared else ((v > 0) & (v < width)) / v.dtype.type(width)


def hinge_conjugate(slope: FloatArray, squared: bool, width: float) -> FloatArray:
    """Return the conjugate of `hinge`, elementwise, on its domain: 0 and more, up to 1 unless squared."""
    return slope * slope / 4 if squared else (width / 2) * slope * slope


def check_one_smoothing(name: str, squared: bool, width: float) -> None:
    """Raise UsageError if a hinge is to be squared and smoothed."""
    if squared and width > 0:
        raise UsageError(
            f"{name} was given squared and smoothing_width={width:g}",
            allowed="one of the two: a squared hinge has no kink",
            fix="leave one of them out",
        )
