"""Every solver's state can be saved in mid-run, as named arrays, and continued from to the same bits."""

import itertools

import numpy as np
import pytest
from safetensors.numpy import load, save

from scoreline.data.memory import MemorySource
from scoreline.engine.exact.solver import ExactMethod
from scoreline.engine.minibatch.kernels.loop import CompiledLoop
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.minibatch.stacked import stack
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import zero_params
from scoreline.engine.problem.states import from_arrays, to_arrays
from scoreline.engine.problem.stopping import EarlyStopping, NoProgress
from scoreline.engine.search.random import RandomLocalSearch, RandomSearch, Tries
from scoreline.errors import DataError
from scoreline.losses import LOSSES
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.schedules import SCHEDULES

N, D, C = 203, 70, 3
RNG = np.random.default_rng(0)
PIXELS = RNG.integers(256, size=(N, D)).astype(np.uint8)
LABELS = (PIXELS[:, :C].astype(float) + RNG.normal(scale=40, size=(N, C))).argmax(axis=1)
SOURCE = MemorySource(PIXELS, LABELS, C, RNG.uniform(0.5, 2, N))
HELD_OUT = MemorySource(PIXELS[::3], LABELS[::3], C)


def saved(state):
    """Send a state through a file's bytes."""
    return load(save(to_arrays(state)))


def objective(loss="softmax", penalty="l2", lam=(1e-3,)):
    standard = Standardization.of(SOURCE)
    return Objective(LOSSES.build(loss), PENALTIES.build(penalty), np.array(lam), C, True, standard)


def loop(
    kind=Loop, *, rule="momentum", lr=(1e-2, 3e-2), schedule="cosine", dropout=0.0, penalty="l2", loss="softmax"
):
    rule = OPTIMIZERS.build(rule) if isinstance(rule, str) else rule
    plan = Plan(rule, SCHEDULES.build(schedule), np.array(lr), 32, 3, 5, dropout)
    start = zero_params(len(lr), C, D, np.dtype(np.float32))
    return kind(objective(loss, penalty, np.full(len(lr), 1e-3)), SOURCE, plan, start, validation=HELD_OUT)


def followed(method, state, rules=()):
    """Run from a state to the end; return the last state, and every state and listener's state on the way."""
    way = []
    while method.terminate(state) is None:
        way.append((state, [rule.state for rule in rules]))
        state, events = method.step(state)
        for event in events:
            for rule in rules:
                rule(event)
    return state, way


def assert_same(a, b):
    a, b = to_arrays(a), to_arrays(b)
    assert a.keys() == b.keys()
    for name in a:
        np.testing.assert_array_equal(a[name], b[name], err_msg=name, strict=True)


def check_continues(make, every=3):
    """Save, and continue with a solver of its own, after every so many steps: the end is the same to the bit."""
    method = make()
    like = state = method.init()
    end, _ = followed(method, like)
    for place in itertools.count():
        if place % every == 0:
            method, before = make(), state
            state = from_arrays(like, saved(before))
            assert_same(state, before)
        if method.terminate(state) is not None:
            break
        state, _ = method.step(state)
    assert_same(state, end)


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_every_optimiser_with_and_without_dropout(rule, dropout):
    check_continues(lambda: loop(rule=rule, dropout=dropout))


@pytest.mark.parametrize("rule", OPTIMIZERS)
def test_every_optimiser_in_compiled_code(rule, monkeypatch):
    # Stretches of three steps: seven make an epoch.
    monkeypatch.setattr("scoreline.engine.minibatch.kernels.loop.STRETCH_FLOPS", 3 * 4 * 32 * 2 * C * D)
    check_continues(lambda: loop(CompiledLoop, rule=rule, penalty="elastic-net"), every=5)


def test_different_optimisers_side_by_side():
    rules = stack([OPTIMIZERS.build("adam"), OPTIMIZERS.build("sgd")])
    check_continues(lambda: loop(rule=rules), every=5)


@pytest.mark.parametrize("spec", SCHEDULES)
def test_every_schedule_and_every_place_in_an_epoch(spec):
    check_continues(lambda: loop(schedule=spec), every=5)


@pytest.mark.parametrize("kind", [Loop, CompiledLoop])
def test_configurations_that_diverge_stay_out(kind):
    def make():
        return loop(kind, rule="sgd", loss="squared-error", lr=(1e-3, 1e12))

    method = make()
    state, _ = followed(method, method.init())
    np.testing.assert_array_equal(state.alive, [True, False])
    check_continues(make, every=5)


def test_a_configuration_diverges_after_the_state_was_saved():
    # The parameters at the epoch's start, which it keeps, are in the state.
    def make():
        return loop(rule="sgd", loss="squared-error", lr=(1e-3, 0.5), schedule="constant")

    method = make()
    _, way = followed(method, method.init())
    fallen = next(state for state, _ in way if not state.alive.all())
    assert fallen.step % method.steps_per_epoch > 1
    assert not np.array_equal(fallen.epoch_start.W[1], method.start.W[1])
    np.testing.assert_array_equal(fallen.params.W[1], fallen.epoch_start.W[1])
    check_continues(make, every=5)


@pytest.mark.parametrize("rule", [EarlyStopping(2), NoProgress(1e-3, 2, 1.1)], ids=lambda r: type(r).__name__)
def test_listeners_that_end_a_run_continue_too(rule):
    fresh, method = rule.state, loop(lr=(1e-2, 0.3))
    end, way = followed(method, method.init(), [rule])
    at_end = rule.state
    for state, (remembered,) in way[::3]:
        rule.state = from_arrays(fresh, saved(remembered))
        assert_same(rule.state, remembered)
        assert_same(followed(method, state, [rule])[0], end)
        assert_same(rule.state, at_end)


@pytest.mark.parametrize(
    "search", [RandomSearch(350, 1e-3), RandomLocalSearch(90)], ids=lambda s: type(s).__name__
)
def test_random_searches(search):
    start = zero_params(1, C, D, np.dtype(np.float32))
    check_continues(lambda: Tries(search, objective(), SOURCE, start, 7), every=2)


def exact(loss="softmax", penalty="l2", lam=1e-3, tol=1e-6, dtype=np.float64):
    goal, start = objective(loss, penalty, (lam,)), zero_params(1, C, D, np.dtype(dtype))
    return ExactMethod(goal, SOURCE, start, tol=tol, max_iter=60)


@pytest.mark.parametrize("spec", LOSSES)
def test_the_exact_solver_anywhere_in_a_run(spec):
    # Plain hinges: Newton's steps, and smoothing about centres that move.
    check_continues(lambda: exact(spec), every=3)


@pytest.mark.parametrize("spec", ["softmax", "one-vs-all:smoothing_width=0.5", "squared-error"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_quasi_newton_steps(spec, dtype):
    check_continues(lambda: exact(spec, dtype=dtype), every=5)


@pytest.mark.parametrize(("kind", "lam"), [("l1", 1e-2), ("elastic-net", 1e-3)])
def test_proximal_steps_and_newtons(kind, lam, monkeypatch):
    method = exact("softmax", kind, lam)
    _, way = followed(method, method.init())
    assert any(state.model.coasting for state, _ in way)
    check_continues(lambda: exact("softmax", kind, lam), every=5)
    monkeypatch.setattr("scoreline.engine.exact.proximal.ITERATION_RATE", 0.05)
    method = exact("softmax", kind, lam)
    _, way = followed(method, method.init())
    assert any(state.model.newton for state, _ in way)
    check_continues(lambda: exact("softmax", kind, lam), every=5)


@pytest.mark.parametrize("spec", ["softmax", "crammer-singer"])
def test_a_compiled_oracle(spec, monkeypatch):
    monkeypatch.setattr("scoreline.engine.problem.backends.WORTH_COMPILING", 0)
    monkeypatch.setattr("scoreline.engine.exact.solver.NEWTON_SMOOTHED", 0)
    check_continues(lambda: exact(spec, tol=1e-4, dtype=np.float32), every=7)


def test_no_step_changes_the_state_that_it_is_given():
    tries = Tries(RandomLocalSearch(90), objective(), SOURCE, loop().start, 7)
    for method in (loop(), loop(CompiledLoop), tries, exact(), exact("weston-watkins"), exact(penalty="l1")):
        state = method.init()
        for _ in range(3):
            before = saved(state)
            after, _ = method.step(state)
            assert_same(from_arrays(state, before), state)
            state = after


def test_what_does_not_fit_is_refused():
    state = loop().init()
    arrays = to_arrays(state)
    del arrays["sums"]
    with pytest.raises(DataError, match="lacks sums"):
        from_arrays(state, arrays)
    with pytest.raises(DataError, match=r"has optimizer\.W\.means"):
        from_arrays(state, to_arrays(loop(rule="adam").init()) | to_arrays(state))
