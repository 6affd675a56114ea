"""Linear image classifiers, trained exactly and fast, with every number in sight.

Submodules (``scoreline.losses``) and heavy packages (scikit-learn, SciPy, matplotlib) are imported when they are
first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from scoreline._lazy import submodules
from scoreline._version import __version__
from scoreline.errors import ScorelineError

if TYPE_CHECKING:
    from scoreline.estimators import LinearClassifier, LinearClassifierCV
    from scoreline.runs.prediction import load_classifier as load

__all__ = ["LinearClassifier", "LinearClassifierCV", "ScorelineError", "__version__", "load"]

#: Where names of the package are defined: module and name there.
_ELSEWHERE = {
    "LinearClassifier": ("scoreline.estimators", "LinearClassifier"),
    "LinearClassifierCV": ("scoreline.estimators", "LinearClassifierCV"),
    "load": ("scoreline.runs.prediction", "load_classifier"),
}
_submodule, _submodules = submodules(__name__)


def __getattr__(name: str) -> Any:
    if name in _ELSEWHERE:
        module, own = _ELSEWHERE[name]
        return getattr(importlib.import_module(module), own)
    return _submodule(name)


def __dir__() -> list[str]:
    return sorted({*__all__, *_submodules()})
