"""The compiled loop against the plain one."""

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.minibatch.kernels import loop as compiled
from scoreline.engine.minibatch.loop import Loop, Plan
from scoreline.engine.minibatch.training import pays_to_compile, train
from scoreline.engine.problem.events import Compiling, Diverged, Evaluated, RunEnded, StepDone
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import zero_params
from scoreline.losses import LOSSES, Softmax
from scoreline.optimizers import OPTIMIZERS, SGD
from scoreline.penalties import PENALTIES
from scoreline.schedules import Cosine

N, D, C = 203, 70, 3
DTYPE = np.dtype(np.float32)


def source(dtype=np.uint8, weighted=False):
    rng = np.random.default_rng(0)
    X = rng.integers(256, size=(N, D)).astype(dtype)
    y = (X[:, :C].astype(float) + rng.normal(scale=40, size=(N, C))).argmax(axis=1)
    return MemorySource(X, y, C, rng.uniform(0.5, 2, N) if weighted else None)


def run(
    kind, spec="softmax", rule="momentum", penalty="l2", *, rows=None, lr=(1e-3,), lam=(1e-3,), epochs=3, size=32
):
    rows = rows or source()
    standard = Standardization.of(rows)
    objective = Objective(LOSSES.build(spec), PENALTIES.build(penalty), np.array(lam), C, True, standard)
    plan = Plan(OPTIMIZERS.build(rule), Cosine(), np.array(lr), size, epochs, 5)
    loop = kind(objective, rows, plan, zero_params(len(lam), C, D, DTYPE))
    state, told = loop.init(), []
    while loop.terminate(state) is None:
        state, events = loop.step(state)
        told += events
    return state, told


def check_alike(a, b, told_a, told_b, tolerance=1e-4):
    scale = np.abs(a.params.W).max()
    np.testing.assert_allclose(a.params.W, b.params.W, rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(a.params.b, b.params.b, rtol=1e-3, atol=tolerance * scale)
    assert a.step == b.step
    for x, y in zip(*([e for e in told if isinstance(e, Evaluated)] for told in (told_a, told_b)), strict=True):
        np.testing.assert_allclose(x.objective, y.objective, rtol=1e-5)
        np.testing.assert_allclose(x.loss, y.loss, rtol=1e-5)
        np.testing.assert_allclose(x.accuracy, y.accuracy, rtol=1e-2)


@pytest.mark.parametrize("rule", OPTIMIZERS)
@pytest.mark.parametrize("penalty", ["l2", "elastic-net"])
def test_every_rule(rule, penalty):
    (a, told_a), (b, told_b) = (run(kind, rule=rule, penalty=penalty) for kind in (Loop, compiled.CompiledLoop))
    check_alike(a, b, told_a, told_b)
    for one, other in zip(a.optimizer.W, b.optimizer.W, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-3 * np.abs(one).max())


@pytest.mark.parametrize("spec", LOSSES)
def test_every_loss(spec):
    (a, told_a), (b, told_b) = (run(kind, spec) for kind in (Loop, compiled.CompiledLoop))
    check_alike(a, b, told_a, told_b)


def test_weights_float32_and_configurations_side_by_side():
    rows = source(np.float32, weighted=True)
    settings = {"rows": rows, "lr": (1e-3, 3e-3), "lam": (1e-3, 1e-1)}
    (a, told_a), (b, told_b) = (run(kind, **settings) for kind in (Loop, compiled.CompiledLoop))
    check_alike(a, b, told_a, told_b)


def test_every_part_has_a_compiled_form():
    assert all(LOSSES.build(name).compiled_form() is not None for name in LOSSES)
    assert all(OPTIMIZERS.build(name).compiled_form() is not None for name in OPTIMIZERS)


@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_the_number_of_threads_changes_no_bit(n_threads, monkeypatch):
    loops = []
    for n in (1, n_threads):
        monkeypatch.setattr(compiled, "thread_count", lambda n=n: n)
        loops.append(run(compiled.CompiledLoop)[0])
    np.testing.assert_array_equal(loops[0].params.W, loops[1].params.W)
    np.testing.assert_array_equal(loops[0].params.b, loops[1].params.b)


def test_one_of_two_configurations_diverges():
    settings = {"lr": (1e-3, 1e12), "lam": (1e-3, 1e-3), "rule": "sgd", "spec": "squared-error"}
    (a, told_a), (b, told_b) = (run(kind, **settings) for kind in (Loop, compiled.CompiledLoop))
    for loop in (a, b):
        np.testing.assert_array_equal(loop.alive, [True, False])
        assert not loop.params.W[1].any()  # it keeps the parameters of the epoch's start
    np.testing.assert_allclose(a.params.W[0], b.params.W[0], rtol=0, atol=1e-4 * np.abs(a.params.W[0]).max())
    fallen = [[e for e in told if isinstance(e, Diverged)] for told in (told_a, told_b)]
    assert [e.configuration for e in fallen[0]] == [e.configuration for e in fallen[1]] == [1]


def test_a_batch_of_all_rows():
    (a, told_a), (b, told_b) = (run(kind, size=N) for kind in (Loop, compiled.CompiledLoop))
    check_alike(a, b, told_a, told_b)


class TestChoice:
    def objective(self, loss="softmax", penalty="l2"):
        return Objective(LOSSES.build(loss), PENALTIES.build(penalty), np.array([1e-3]), C)

    def plan(self, epochs=10**6, size=32, dropout=0.0):
        return Plan(SGD(), Cosine(), np.array([1e-3]), size, epochs, 0, dropout)

    def pays(self, objective=None, plan=None, rows=None, dtype=DTYPE):
        start = zero_params(1, C, D, np.dtype(dtype))
        return pays_to_compile(objective or self.objective(), rows or source(), plan or self.plan(), start)

    def test_long_runs_pay(self):
        assert self.pays()

    def test_short_ones_do_not(self):
        assert not self.pays(plan=self.plan(epochs=10))

    def test_what_compiled_code_does_not_take(self):
        assert not self.pays(plan=self.plan(dropout=0.5))
        assert not self.pays(objective=self.objective(penalty="max-norm"))
        assert not self.pays(rows=source(np.float64), dtype=np.float64)
        assert not self.pays(plan=self.plan(size=5000))

        class Own(Softmax):
            pass

        own = Objective(Own(), PENALTIES.build("l2"), np.array([1e-3]), C)
        assert not self.pays(objective=own)

    def test_train_compiles_by_itself(self, monkeypatch):
        monkeypatch.setattr("scoreline.engine.minibatch.training.WORTH_COMPILING", 0)
        monkeypatch.setattr(compiled.CompiledLoop, "ready_within", lambda self, seconds: False)
        events = list(train(self.objective(), source(), self.plan(epochs=2), zero_params(1, C, D, DTYPE)))
        assert any(isinstance(event, Compiling) for event in events)
        assert [event.step for event in events if isinstance(event, StepDone)] == [7, 14]
        assert isinstance(events[-1], RunEnded)
