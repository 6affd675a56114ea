"""scikit-learn-intelex's LogisticRegression."""

from __future__ import annotations

from typing import Any, ClassVar

from benchmarks.peers.sklearn_logistic import SklearnLBFGS

__all__ = ["SklearnexLBFGS"]


class SklearnexLBFGS(SklearnLBFGS):
    """The same minimiser with Intel's code for the loss and its gradient."""

    name: ClassVar[str] = "scikit-learn-intelex lbfgs"
    modules: ClassVar[tuple[str, ...]] = ("sklearnex.linear_model", "scipy.optimize")

    def classifier(self) -> Any:
        """Return the class to be fitted."""
        from sklearnex.linear_model import LogisticRegression

        return LogisticRegression
