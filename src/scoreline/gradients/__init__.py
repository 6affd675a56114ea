"""Gradients by differences, and the check of an analytic gradient against them."""

from __future__ import annotations

from scoreline.gradients.check import CellCheck, GradientCheck, Verdict, check_gradient, relative_error
from scoreline.gradients.differences import (
    SCHEMES,
    central_difference,
    forward_difference,
    numerical_gradient,
)
from scoreline.gradients.step_size import ErrorCurve, error_curve, recommend_h

__all__ = [
    "SCHEMES",
    "CellCheck",
    "ErrorCurve",
    "GradientCheck",
    "Verdict",
    "central_difference",
    "check_gradient",
    "error_curve",
    "forward_difference",
    "numerical_gradient",
    "recommend_h",
    "relative_error",
]
