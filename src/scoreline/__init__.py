"""Linear image classifiers, trained exactly and fast, with every number in sight.

Heavy parts (scikit-learn, SciPy, matplotlib) are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoreline.errors import ScorelineError

if TYPE_CHECKING:
    from scoreline.estimators import LinearClassifier, LinearClassifierCV

__version__ = "0.1.0"
__all__ = ["LinearClassifier", "LinearClassifierCV", "ScorelineError", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("LinearClassifier", "LinearClassifierCV"):
        from scoreline import estimators

        return getattr(estimators, name)
    raise AttributeError(f"module 'scoreline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
