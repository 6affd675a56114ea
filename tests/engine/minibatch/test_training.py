"""The loop: order of events, seeds, K side by side, divergence, proximal steps."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from scoreline.data.memory import MemorySource
from scoreline.engine.minibatch.training import Plan, train
from scoreline.engine.problem.events import Diverged, Evaluated, Reason, RunEnded, RunStarted, StepDone
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import Params, zero_params
from scoreline.engine.problem.stopping import drive
from scoreline.losses import Softmax, SquaredError
from scoreline.optimizers import OPTIMIZERS, SGD, Adagrad, Adam, Momentum, Nesterov
from scoreline.penalties import L1, L2, MaxNorm, NoPenalty
from scoreline.schedules import Constant, Cosine

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
Y = (X @ RNG.normal(size=(5, 3)) + RNG.normal(size=(60, 3))).argmax(axis=1)
SOURCE = MemorySource(X, Y, 3)
FLOAT = np.dtype(np.float64)


def objective(lams=(1e-2,), loss=None, penalty=None, **changes):
    return Objective(loss or Softmax(), penalty or L2(), np.array(lams), 3, **changes)


def plan(optimizer=None, lr=(0.1,), **changes):
    settings = {"schedule": Constant(), "batch_size": 16, "max_epochs": 4, "seed": 0} | changes
    return Plan(optimizer or SGD(), lr=np.array(lr), **settings)


def start(K=1):
    return zero_params(K, 3, 5, FLOAT)


def events(goal, how, source=SOURCE, begin=None, **more):
    return list(train(goal, source, how, begin or start(goal.n_configurations), **more))


def last(goal, how, **more):
    return events(goal, how, **more)[-1]


def test_order_and_number_of_events():
    told = events(objective(), plan())
    kinds = [type(event) for event in told]
    assert kinds == [RunStarted, *([StepDone] * 4 + [Evaluated]) * 4, RunEnded]
    assert told[0].steps_per_epoch == 4
    assert [event.step for event in told if isinstance(event, StepDone)] == list(range(1, 17))
    assert told[-1].reason is Reason.MAX_EPOCHS
    assert told[-1].epoch == 4


def test_same_seed_same_bits():
    ends = [last(objective(), plan(seed=seed, dropout=0.2)).params.W for seed in (3, 3, 4)]
    np.testing.assert_array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_configurations_side_by_side_are_runs_alone(name):
    lrs, lams = (0.1, 0.01, 0.3), (1e-2, 1e-1, 0.0)
    rule = OPTIMIZERS.build(name)
    together = last(objective(lams), plan(rule, lrs)).params
    for k in range(3):
        alone = last(objective(lams[k : k + 1]), plan(rule, lrs[k : k + 1])).params
        np.testing.assert_allclose(together.W[k], alone.W[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(together.b[k], alone.b[0], rtol=1e-9, atol=1e-12)


def test_full_batches_are_gradient_descent():
    goal, lr = objective(), 0.5
    W, b = np.zeros((3, 5)), np.zeros(3)
    for _ in range(4):
        P = np.exp(X @ W.T + b)
        G = P / P.sum(axis=1, keepdims=True) - np.eye(3)[Y]
        W, b = W - lr * (G.T @ X / 60 + 2e-2 * W), b - lr * G.mean(axis=0)
    ended = last(goal, plan(lr=(lr,), batch_size=1000)).params
    np.testing.assert_allclose(ended.W[0], W, rtol=1e-12)
    np.testing.assert_allclose(ended.b[0], b, rtol=1e-12)


def test_a_reason_sent_ends_the_run_at_once():
    run = train(objective(), SOURCE, plan(), start())
    assert isinstance(next(run), RunStarted)
    assert isinstance(next(run), StepDone)
    ended = run.send(Reason.INTERRUPTED)
    assert isinstance(ended, RunEnded)
    assert (ended.reason, ended.step) == (Reason.INTERRUPTED, 1)


def test_a_reason_sent_at_the_start_or_after_an_epoch():
    run = train(objective(), SOURCE, plan(), start())
    next(run)
    assert run.send(Reason.TIME_LIMIT).step == 0
    run = train(objective(), SOURCE, plan(), start())
    while not isinstance(next(run), Evaluated):
        pass
    assert run.send(Reason.EARLY_STOPPED).step == 4


class TestDivergence:
    GOAL = objective((0.0, 0.0), SquaredError(), NoPenalty())

    def test_one_falls_and_the_other_goes_on_untouched(self):
        told = events(self.GOAL, plan(lr=(0.01, 1e3), max_epochs=20))
        fallen = [event for event in told if isinstance(event, Diverged)]
        assert [event.configuration for event in fallen] == [1]
        assert "loss" in fallen[0].reason
        assert told[-1].reason is Reason.MAX_EPOCHS
        np.testing.assert_array_equal(told[-1].alive, [True, False])
        assert np.isfinite(told[-1].params.W).all()
        alone = last(objective((0.0,), SquaredError(), NoPenalty()), plan(lr=(0.01,), max_epochs=20))
        np.testing.assert_allclose(told[-1].params.W[0], alone.params.W[0], rtol=1e-12)

    def test_all_fall(self):
        ended = last(self.GOAL, plan(lr=(1e3, 1e4), max_epochs=20))
        assert ended.reason is Reason.DIVERGED
        assert np.isfinite(ended.params.W).all()

    def test_not_a_number_in_the_data(self):
        spoilt = X.copy()
        spoilt[7, 2] = np.nan
        told = events(objective(), plan(), MemorySource(spoilt, Y, 3))
        assert told[-1].reason is Reason.DIVERGED
        assert "not a finite number" in next(e.reason for e in told if isinstance(e, Diverged))


@cache
def proximal_gradient(lam, steps=20_000, lr=0.2):
    """The L1 optimum by plain proximal gradient steps."""
    W, b = np.zeros((3, 5)), np.zeros(3)
    for _ in range(steps):
        P = np.exp(X @ W.T + b)
        G = P / P.sum(axis=1, keepdims=True) - np.eye(3)[Y]
        W = W - lr * G.T @ X / 60
        W = np.sign(W) * np.maximum(np.abs(W) - lr * lam, 0)
        b = b - lr * G.mean(axis=0)
    return W


@pytest.mark.parametrize(
    ("optimizer", "lr"),
    [(SGD(), 0.3), (Momentum(), 0.05), (Nesterov(), 0.05), (Adagrad(), 0.3), (Adam(), 0.01)],
    ids=lambda value: type(value).__name__,
)
def test_l1_comes_to_its_optimum_under_every_rule(optimizer, lr):
    """The proximal step has the right fixed point whatever the rule does to the gradient."""
    lam = 0.03
    how = plan(optimizer, (lr,), batch_size=60, max_epochs=2500)
    ended = last(objective((lam,), penalty=L1()), how).params
    best = proximal_gradient(lam)
    np.testing.assert_allclose(ended.W[0], best, atol=2e-3)
    assert ((ended.W[0] == 0) == (best == 0)).all()
    assert 0 < (best == 0).sum() < best.size


def test_l1_agrees_with_scikit_learn():
    lam = 0.03
    theirs = LogisticRegression(l1_ratio=1, solver="saga", C=1 / (lam * 60), tol=1e-10, max_iter=50_000).fit(X, Y)
    np.testing.assert_allclose(proximal_gradient(lam), theirs.coef_, atol=1e-4)


def test_max_norm_holds_after_every_step():
    told = events(objective(penalty=MaxNorm(0.3)), plan(lr=(1.0,)))
    norms = [np.linalg.norm(event.params.W, axis=2).max() for event in told if isinstance(event, StepDone)]
    assert max(norms) <= 0.3 + 1e-12
    assert norms[-1] == pytest.approx(0.3)


def test_schedules_set_the_rate():
    told = [e.lr[0] for e in events(objective(), plan(schedule=Cosine())) if isinstance(e, StepDone)]
    expected = 0.1 * 0.5 * (1 + np.cos(np.pi * np.arange(16) / 16))
    np.testing.assert_allclose(told, expected, rtol=1e-12)


def test_state_goes_on():
    halves = last(objective(), plan(Momentum(), max_epochs=2, batch_size=60))
    again = last(
        objective(), plan(Momentum(), max_epochs=2, batch_size=60), begin=halves.params, state=halves.state
    )
    whole = last(objective(), plan(Momentum(), max_epochs=4, batch_size=60))
    np.testing.assert_array_equal(again.params.W, whole.params.W)


def test_a_run_goes_on_where_another_has_stopped():
    """Order of the rows, schedule, dropout and the optimiser's memory: two halves are the whole, to the bit."""
    how = plan(Momentum(), schedule=Cosine(), dropout=0.2)
    run, told = train(objective(), SOURCE, how, start()), []
    while not (told and isinstance(told[-1], Evaluated) and told[-1].epoch == 2):
        told.append(next(run))
    half = run.send(Reason.TIME_LIMIT)
    rest = events(objective(), how, begin=half.params, state=half.state, first_epoch=2)
    whole = events(objective(), how)
    np.testing.assert_array_equal(rest[-1].params.W, whole[-1].params.W)
    assert [e.epoch for e in rest if isinstance(e, Evaluated)] == [3, 4]
    assert (rest[-1].step, rest[-1].epoch) == (whole[-1].step, 4)


def test_means_of_an_epoch_are_weighted_over_its_rows():
    weight = RNG.random(60)
    told = events(objective(), plan(lr=(1e-12,)), MemorySource(X, Y, 3, weight))
    evaluated = next(event for event in told if isinstance(event, Evaluated))
    expected = objective().value(start(), MemorySource(X, Y, 3, weight))
    np.testing.assert_allclose(evaluated.objective, expected, rtol=1e-6)
    assert evaluated.validation_loss is None


def test_validation_is_evaluated_at_the_end_of_each_epoch():
    told = events(objective(), plan(), validation=SOURCE)
    for event in told:
        if isinstance(event, Evaluated):
            loss, accuracy = objective().data_loss(event.params, SOURCE)
            np.testing.assert_array_equal(event.validation_loss, loss)
            np.testing.assert_array_equal(event.validation_accuracy, accuracy)


class TestDropout:
    def test_mean_input_is_kept(self):
        from scoreline.data.base import Batch
        from scoreline.engine.minibatch.dropout import drop_inputs

        goal = replace(objective(), standardization=Standardization.of(SOURCE))
        rng = np.random.default_rng(0)
        seen = [drop_inputs(goal, Batch(X, Y, None), 0.25, rng)[1].X for _ in range(400)]
        standardized = (X - X.mean(axis=0)) / X.std(axis=0)
        np.testing.assert_allclose(np.mean(seen, axis=0), standardized, atol=0.25)
        assert np.mean(np.array(seen) == 0) == pytest.approx(0.25, abs=0.01)

    def test_none_is_none(self):
        np.testing.assert_array_equal(
            last(objective(), plan(dropout=0.0)).params.W, last(objective(), plan()).params.W
        )

    def test_regularises(self):
        plain = last(objective((0.0,)), plan(max_epochs=200)).params.W
        dropped = last(objective((0.0,)), plan(max_epochs=200, dropout=0.5)).params.W
        assert np.linalg.norm(dropped) < 0.8 * np.linalg.norm(plain)


def test_drive_passes_on_the_first_wish():
    seen = []

    def count(event):
        seen.append(event)
        return Reason.TIME_LIMIT if len(seen) == 3 else None

    ended = drive(train(objective(), SOURCE, plan(), start()), [count, lambda event: None])
    assert ended.reason is Reason.TIME_LIMIT
    assert seen[-1] is ended


def test_parameters_are_never_changed_in_place():
    begin = Params(RNG.normal(size=(1, 3, 5)), RNG.normal(size=(1, 3)))
    before = Params(begin.W.copy(), begin.b.copy())
    last(objective(), plan(Adam()), begin=begin)
    np.testing.assert_array_equal(begin.W, before.W)
    np.testing.assert_array_equal(begin.b, before.b)
