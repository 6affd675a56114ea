"""Solvers: the ways to minimise an objective, by name, behind one interface.

To add one: a file here with one frozen dataclass that says what it needs and what it offers (see `Solver`), a line
in `SOLVERS`, a line in ``docs/parts.md``. From outside the package: ``SOLVERS.register("name", Class)``.
"""

from __future__ import annotations

from scoreline.engine.settings import Settings
from scoreline.engine.solvers.base import FitProblem, GridFit, GridMember, GridMethod, MeasuredMoments, Solver
from scoreline.engine.solvers.choice import (
    SOLVERS,
    Choice,
    build_solver,
    choose_solver,
    named_solver,
    needs_whole_data,
)
from scoreline.engine.solvers.exact import Exact
from scoreline.engine.solvers.mini_batch import GradientDescent, MiniBatch
from scoreline.engine.solvers.random_tries import LocalTries, RandomTries

__all__ = [
    "SOLVERS",
    "Choice",
    "Exact",
    "FitProblem",
    "GradientDescent",
    "GridFit",
    "GridMember",
    "GridMethod",
    "LocalTries",
    "MeasuredMoments",
    "MiniBatch",
    "RandomTries",
    "Settings",
    "Solver",
    "build_solver",
    "choose_solver",
    "named_solver",
    "needs_whole_data",
]
