"""Linear image classifiers, trained exactly and fast, with every number in sight.

Submodules (``scoreline.losses``) and heavy packages (scikit-learn, SciPy, matplotlib) are imported when they are
first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scoreline._lazy import submodules
from scoreline.errors import ScorelineError

if TYPE_CHECKING:
    from scoreline.estimators import LinearClassifier, LinearClassifierCV

__version__ = "0.1.0"
__all__ = ["LinearClassifier", "LinearClassifierCV", "ScorelineError", "__version__"]


_submodule, _submodules = submodules(__name__)


def __getattr__(name: str) -> Any:
    if name in ("LinearClassifier", "LinearClassifierCV"):
        from scoreline import estimators

        return getattr(estimators, name)
    return _submodule(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_submodules()})
