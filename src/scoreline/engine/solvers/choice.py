"""Solvers by name, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoreline.data.base import DataSource
from scoreline.engine.problem.objective import Objective
from scoreline.engine.solvers.base import Solver
from scoreline.engine.solvers.exact import Exact
from scoreline.engine.solvers.mini_batch import GradientDescent, MiniBatch
from scoreline.engine.solvers.random_tries import LocalTries, RandomTries
from scoreline.errors import UnknownNameError, UsageError
from scoreline.optimizers import OPTIMIZERS, Optimizer
from scoreline.registry import Registry

__all__ = ["SOLVERS", "Choice", "build_solver", "choose_solver", "named_solver", "needs_whole_data"]

#: All solvers that take no update rule, by the names that the estimators and the command line take. Those of the
#: update rules are the names in `OPTIMIZERS`.
SOLVERS: Registry[Solver] = Registry(
    "solver",
    {
        "exact": Exact,
        "gd": GradientDescent,
        "random-search": RandomTries,
        "random-local-search": LocalTries,
    },
)


@dataclass(frozen=True)
class Choice:
    """A solver, its name, and why it was taken."""

    solver: Solver
    name: str
    reason: str


def build_solver(
    spec: str | Optimizer | Solver, objective: Objective, source: DataSource, *, options: Sequence[str] = ()
) -> Choice:
    """Return the solver that `spec` names; ``"auto"`` lets `choose_solver` decide.

    Raises
    ------
    UnknownNameError
        There is no such solver.
    UsageError
        Its parameters are wrong.
    """
    if spec == "auto":
        return choose_solver(objective, source, options)
    return named_solver(spec)


def named_solver(spec: str | Optimizer | Solver) -> Choice:
    """Return the solver that `spec` names, which is not ``"auto"``; see `build_solver`."""
    match spec:
        case Solver():
            return Choice(spec, type(spec).__name__, "given")
        case Optimizer():
            return Choice(MiniBatch(spec), OPTIMIZERS.spec(spec), "given")
    name = spec.partition(":")[0]
    if name in SOLVERS and name != spec:
        raise UsageError(
            f"The solver {name!r} came with parameters ({spec!r})",
            allowed=f"{name!r} alone",
            fix="set max_epochs for its iterations or tries",
        )
    if name in SOLVERS:
        return Choice(SOLVERS[name](), name, "given")
    if name.replace("_", "-") not in OPTIMIZERS:
        raise UnknownNameError.of("solver", name, ["auto", *SOLVERS, *OPTIMIZERS])
    return Choice(MiniBatch(OPTIMIZERS.build(spec)), spec, "given")


def needs_whole_data(spec: str | Optimizer | Solver) -> bool:
    """Tell whether the solver that `spec` names cannot learn from some rows at a time."""
    match spec:
        case Solver():
            return spec.whole_data
        case str() if spec in SOLVERS:
            return SOLVERS[spec].whole_data
    return False


def choose_solver(objective: Objective, source: DataSource, options: Sequence[str] = ()) -> Choice:
    """Pick a solver: exact where the objective allows it in good time, else mini-batches with momentum.

    `options` are settings of the user's that only mini-batches can fulfil; any of them decides the matter. A bound
    on memory has no part in it: data and settings alone say what is minimised, and how well.
    """
    exact = Exact()
    if obstacles := [*exact.obstacles(objective, source), *options]:
        return Choice(MiniBatch(OPTIMIZERS.build("momentum")), "momentum", "chosen, as " + " and ".join(obstacles))
    shape = f"{source.n_examples:,} x {source.n_features:,} numbers"
    return Choice(exact, "exact", f"chosen, as {shape} are few enough for it, and it proves what it reaches")
