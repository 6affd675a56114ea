"""Race: the optimisers side by side from one start, on one order of the data."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field, field_validator, model_validator

from scoreline._typing import FloatArray
from scoreline.data import MemorySource
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.problem.params import Params
from scoreline.lab.page import Page
from scoreline.lab.points import PointsState, arrays_of, objective_of, script_head
from scoreline.lab.resources import Resources
from scoreline.lab.stepwise import StepwiseRun, full_objective, gradient_steps
from scoreline.optimizers import OPTIMIZERS
from scoreline.schedules import Constant

__all__ = ["SURFACES", "RacePage", "RaceState", "Surface"]

MOST_STEPS, MOST_SEEDS = 500, 10
#: Points along each side of the contour plot.
SIDE = 61
#: Value above which a runner has diverged.
LIMIT = 1e12


class Surface(NamedTuple):
    """A function of two numbers, and the region that is shown."""

    title: str
    #: Values and gradients ``(..., 2)`` of places ``(..., 2)``; `condition` is the quadratic's.
    value: Callable[[FloatArray, float], FloatArray]
    gradient: Callable[[FloatArray, float], FloatArray]
    #: Half the side of the picture, and the customary start.
    reach: float
    start: tuple[float, float]
    #: The minimum.
    least: float


def _quadratic(p: FloatArray, condition: float) -> FloatArray:
    return 0.5 * (p[..., 0] ** 2 + condition * p[..., 1] ** 2)


def _quadratic_gradient(p: FloatArray, condition: float) -> FloatArray:
    return p * np.array([1.0, condition])


def _saddle(p: FloatArray, condition: float) -> FloatArray:  # noqa: ARG001
    x, y = p[..., 0], p[..., 1]
    return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4


def _saddle_gradient(p: FloatArray, condition: float) -> FloatArray:  # noqa: ARG001
    x, y = p[..., 0], p[..., 1]
    return np.stack([x, y**3 - y], axis=-1)


def _beale(p: FloatArray, condition: float) -> FloatArray:  # noqa: ARG001
    x, y = p[..., 0], p[..., 1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _beale_gradient(p: FloatArray, condition: float) -> FloatArray:  # noqa: ARG001
    x, y = p[..., 0], p[..., 1]
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    by_x = 2 * a * (y - 1) + 2 * b * (y**2 - 1) + 2 * c * (y**3 - 1)
    by_y = 2 * a * x + 4 * b * x * y + 6 * c * x * y**2
    return np.stack([by_x, by_y], axis=-1)


#: The surfaces by name; Beale's is the test function of Beale (1958), with its minimum at (3, 0.5).
SURFACES: dict[str, Surface] = {
    "quadratic": Surface("ill-conditioned quadratic", _quadratic, _quadratic_gradient, 2.5, (2.0, 1.0), 0.0),
    "saddle": Surface("saddle", _saddle, _saddle_gradient, 2.0, (1.5, 0.01), -0.25),
    "beale": Surface("Beale", _beale, _beale_gradient, 4.5, (1.0, 1.5), 0.0),
}
#: Rates that suit each on the initial problem; the page allows others.
_FAIR = {
    "sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.5, "adadelta": 1.0, "rmsprop": 0.03, "adam": 0.1,
}  # fmt: skip
_LRS = {name: _FAIR.get(name, make().default_lr or 0.03) for name, make in OPTIMIZERS.items()}
Rate = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


class RaceState(PointsState):
    """The problem, the runners with their learning rates, and the step."""

    problem: Literal["classifier", "quadratic", "saddle", "beale"] = "classifier"
    lrs: dict[str, Rate] = Field(default=_LRS, max_length=20)
    #: The runners.
    runners: tuple[str, ...] = Field(default=tuple(_LRS), max_length=20)
    step: int = Field(default=0, ge=0, le=MOST_STEPS)
    seeds: int = Field(default=3, ge=1, le=MOST_SEEDS)
    axis: Literal["steps", "evaluations", "milliseconds"] = "steps"
    batch: int = Field(default=3, ge=1, le=1000)
    #: Start on a surface; deviation of the noise on its gradients; the quadratic's condition number.
    start: tuple[float, float] = (2.0, 1.0)
    noise: float = Field(default=0.0, ge=0, le=100, allow_inf_nan=False)
    condition: float = Field(default=50.0, ge=1, le=1e4, allow_inf_nan=False)

    @field_validator("lrs", "runners")
    @classmethod
    def _known(cls, names: Any) -> Any:
        if unknown := [name for name in names if name not in OPTIMIZERS]:
            raise ValueError(f"optimisers among {', '.join(OPTIMIZERS)}, not {unknown[0]!r}")
        return names

    @model_validator(mode="after")
    def _all_have_rates(self) -> RaceState:
        if missing := [name for name in self.runners if name not in self.lrs]:
            raise ValueError(f"a learning rate for {missing[0]}")
        if not all(abs(value) <= 10 for value in self.start):
            raise ValueError("a start within 10 of the middle")
        if not self.points:
            raise ValueError("at least one point")
        return self


class RacePage(Page[RaceState]):
    """All runners take the same steps; ``step`` moves them, ``to-start`` is a surface's customary start."""

    title = "Race"
    state_type = RaceState
    verbs = frozenset({"step", "to-start"})

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        self._runners: dict[tuple[str, int], tuple[RaceState, _Runner]] = {}

    def act(self, verb: str, state: RaceState) -> dict[str, Any]:
        """Take a step, or go to the customary start."""
        if verb == "step":
            return {"step": min(state.step + 1, MOST_STEPS)}
        return {"step": 0} | ({} if state.problem == "classifier" else {"start": SURFACES[state.problem].start})

    def show(self, state: RaceState, *, coarse: bool) -> dict[str, Any]:
        """Return each runner's curves over all seeds, and on a surface its path and the contour."""
        runners = {}
        for name in state.runners:
            seeds = [self._runner(state, name, seed) for seed in range(state.seeds)]
            runners[name] = _curves(state, name, seeds)
        ranking = sorted(
            (name for name in runners if runners[name]["out"] is None),
            key=lambda name: runners[name]["median"][-1],
        )
        return {"runners": runners, "ranking": ranking, "surface": _picture(state), "optimizers": list(OPTIMIZERS)}

    def script(self, state: RaceState) -> str:
        """Return a script that prints each runner's final value with the first seed."""
        head = script_head(state)
        body = _ON_CLASSIFIER if state.problem == "classifier" else _ON_SURFACE
        return head + body.format(
            lrs={name: state.lrs[name] for name in state.runners}, steps=state.step, batch=state.batch,
            problem=state.problem, start=state.start, noise=state.noise, condition=state.condition,
        )  # fmt: skip

    def _runner(self, state: RaceState, name: str, seed: int) -> _Runner:
        """Return one runner, as far as the state's step; kept for the next frame."""
        unimportant = {"step": 0, "axis": "steps", "seeds": 1, "runners": (), "lrs": {name: state.lrs[name]}}
        settings = state.model_copy(update=unimportant)
        kept = self._runners.get((name, seed))
        if kept is None or kept[0] != settings:
            course = (
                _classifier(state, name, seed) if state.problem == "classifier" else _surface(state, name, seed)
            )
            kept = self._runners[name, seed] = (settings, _Runner(course))
        kept[1].run(state.step)
        return kept[1]


class _Runner:
    """Places and values of one optimiser with one seed, and the milliseconds that its steps took."""

    def __init__(self, course: Iterator[tuple[FloatArray, float]]) -> None:
        self._course = course
        self.places: list[FloatArray] = []
        self.values: list[float] = []
        self.milliseconds: list[float] = []
        self.run(0)

    def run(self, step: int) -> None:
        """Continue to a step, or until it diverges."""
        while len(self.values) <= step:
            begun = time.perf_counter()
            found = next(self._course, None)
            spent = 1e3 * (time.perf_counter() - begun)
            if found is None:
                return
            self.places.append(found[0])
            self.values.append(found[1])
            # The time before the first step is set-up.
            self.milliseconds.append(self.milliseconds[-1] + spent if self.milliseconds else 0.0)


def _surface(state: RaceState, name: str, seed: int) -> Iterator[tuple[FloatArray, float]]:
    """Yield place and value before and after each step on a surface, until the value diverges."""
    surface, optimizer = SURFACES[state.problem], OPTIMIZERS[name]()
    rng = np.random.default_rng(seed)
    place = np.array([state.start])
    memory, lr = optimizer.init(place), np.array([state.lrs[name]])
    while abs(value := float(surface.value(place[0], state.condition))) < LIMIT:
        yield place[0], value
        gradient = surface.gradient(place, state.condition) + state.noise * rng.standard_normal(place.shape)
        update = optimizer.update(gradient, memory, lr)
        place, memory = place + update.step, update.state


def _classifier(state: RaceState, name: str, seed: int) -> Iterator[tuple[FloatArray, float]]:
    """Yield weights and full objective before and after each step of the library's own loop."""
    points, labels, params = arrays_of(state)
    objective, source = objective_of(state), MemorySource(points, labels, len(state.weights))
    batch = min(state.batch, len(points))
    epochs = -(-MOST_STEPS * batch // len(points))
    plan = Plan(OPTIMIZERS[name](), Constant(), np.array([state.lrs[name]]), batch, max(epochs, 1), seed)
    start = Params(params.W, params.b)
    recorded = StepwiseRun(gradient_steps(Loop(objective, source, plan, start)), start)
    for step in range(MOST_STEPS + 1):
        if recorded.until(step) < step:
            return
        yield recorded.weights[step], float(full_objective(objective, source, recorded.weights[step][None])[0])


def _curves(state: RaceState, name: str, seeds: list[_Runner]) -> dict[str, Any]:
    """Return median and range over the seeds up to the last step of all, with the position on each x-axis."""
    length = min(min(len(runner.values) for runner in seeds), state.step + 1)
    values = np.array([runner.values[:length] for runner in seeds])
    steps = np.arange(length)
    per_step = min(state.batch, len(state.points)) / len(state.points) if state.problem == "classifier" else 1.0
    milliseconds = np.median([runner.milliseconds[:length] for runner in seeds], axis=0)
    return {
        "lr": state.lrs[name],
        "median": np.median(values, axis=0).tolist(),
        "least": values.min(axis=0).tolist(),
        "most": values.max(axis=0).tolist(),
        "steps": steps.tolist(),
        "evaluations": (steps * per_step).tolist(),
        "milliseconds": milliseconds.tolist(),
        "out": None if length == state.step + 1 else length - 1,
        "path": None if state.problem == "classifier" else np.array(seeds[0].places[:length]).tolist(),
    }


def _picture(state: RaceState) -> dict[str, Any] | None:
    """Return the values of a surface on a grid."""
    if state.problem == "classifier":
        return None
    surface = SURFACES[state.problem]
    side = np.linspace(-surface.reach, surface.reach, SIDE)
    values = surface.value(np.stack(np.meshgrid(side, side), axis=-1), state.condition)
    return {"axis": side.tolist(), "values": values.tolist(), "least": surface.least, "title": surface.title}


_ON_CLASSIFIER = """
from scoreline.rows import whole_order
from scoreline.optimizers import OPTIMIZERS

batch, steps = min({batch}, len(y)), {steps}
for name, rate in {lrs}.items():
    optimizer = OPTIMIZERS[name]()
    W, b = weights[None, :, :2].copy(), weights[None, :, 2].copy()
    memory_W, memory_b, lr = optimizer.init(W), optimizer.init(b), np.array([rate])
    for step in range(steps):
        epoch, turn = divmod(step, -(-len(y) // batch))
        order = whole_order(len(y), seed=0, epoch=epoch) if batch < len(y) else np.arange(len(y))
        rows = order[turn * batch : (turn + 1) * batch]
        slopes = loss.value_and_gradient(X[rows] @ W[0].T + b[0], y[rows])[1] / len(rows)
        gradient, smooth = (slopes.T @ X[rows])[None], penalty.gradient(W)
        if smooth is not None:
            gradient = gradient + lam * smooth
        of_W = optimizer.update(gradient, memory_W, lr)
        of_b = optimizer.update(slopes.sum(axis=0)[None], memory_b, lr)
        W, b = penalty.prox(W + of_W.step, of_W.rate * lam), b + of_b.step
        memory_W, memory_b = of_W.state, of_b.state
    print(name, repr(float(loss.value(X @ W[0].T + b[0], y).mean() + lam * penalty.value(W)[0])))
"""
_ON_SURFACE = """
from scoreline.lab.pages.race import SURFACES
from scoreline.optimizers import OPTIMIZERS

surface = SURFACES[{problem!r}]
for name, rate in {lrs}.items():
    optimizer, rng = OPTIMIZERS[name](), np.random.default_rng(0)
    place = np.array([{start}])
    memory, lr = optimizer.init(place), np.array([rate])
    for step in range({steps}):
        gradient = surface.gradient(place, {condition}) + {noise} * rng.standard_normal(place.shape)
        update = optimizer.update(gradient, memory, lr)
        place, memory = place + update.step, update.state
    print(name, repr(float(surface.value(place[0], {condition}))))
"""
