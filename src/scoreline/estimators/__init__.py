"""Estimators in scikit-learn's manner, over the engine.

`LinearClassifierCV` is imported when it is first used, for it brings scikit-learn's model selection with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoreline.estimators.linear import LinearClassifier

if TYPE_CHECKING:
    from scoreline.estimators.linear_cv import LinearClassifierCV

__all__ = ["LinearClassifier", "LinearClassifierCV"]


def __getattr__(name: str) -> Any:
    if name == "LinearClassifierCV":
        from scoreline.estimators.linear_cv import LinearClassifierCV

        return LinearClassifierCV
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
