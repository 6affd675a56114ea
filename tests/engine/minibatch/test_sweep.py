"""Sweeps: equal to runs alone, stack by stack, with halving, divergence and stop requests."""

from dataclasses import replace

import numpy as np
import pytest

from scoreline.data.memory import MemorySource
from scoreline.engine.minibatch.halving import Halving, ranking
from scoreline.engine.minibatch.stacked import Stacked, keep_state, stack
from scoreline.engine.minibatch.sweep import Candidate, Rules, sweep
from scoreline.engine.minibatch.training import Plan, train
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.engine.problem.objective import Objective, Standardization
from scoreline.engine.problem.params import zero_params
from scoreline.engine.problem.stopping import Job, Keeper, NoProgress, drive
from scoreline.errors import UsageError
from scoreline.losses import Softmax, SquaredError
from scoreline.optimizers import OPTIMIZERS, SGD, Adam, Momentum
from scoreline.penalties import L2
from scoreline.schedules import Constant, Cosine

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 5))
Y = (X @ RNG.normal(size=(5, 3)) + RNG.normal(size=(90, 3))).argmax(axis=1)
SOURCE, HELD_OUT = MemorySource(X[:60], Y[:60], 3), MemorySource(X[60:], Y[60:], 3)
GOAL = Objective(Softmax(), L2(), np.array([1.0]), 3)
START = zero_params(1, 3, 5, np.dtype(np.float64))
#: Products of other widths sum in another order: K side by side equal K alone to this relative tolerance.
RTOL = 1e-9


def candidate(lr=0.1, lam=1e-2, optimizer=None, **changes):
    settings = {"schedule": Cosine(), "batch_size": 16, "max_epochs": 9, "seed": 0} | changes
    return Candidate(lam, Plan(optimizer or SGD(), lr=np.array([lr]), **settings))


def alone(one, goal=GOAL, tol=0.0, patience=5, source=SOURCE):
    """A run of its own: where it ends, and the validation figures there."""
    goal = replace(goal, lam=np.array([one.lam]))
    rules = [NoProgress(tol, patience)] if tol else []
    ended = drive(train(goal, source, one.plan, START), rules)
    return ended, *goal.data_loss(ended.params, HELD_OUT)


def run(candidates, goal=GOAL, source=SOURCE, rules=None, **more):
    return sweep(goal, source, candidates, START, rules=rules or Rules(), validation=HELD_OUT, **more)


def agree(outcome, single):
    ended, loss, accuracy = single
    np.testing.assert_allclose(outcome.params.W, ended.params.W, rtol=RTOL, atol=1e-12)
    np.testing.assert_allclose(outcome.params.b, ended.params.b, rtol=RTOL, atol=1e-12)
    np.testing.assert_allclose(outcome.validation_loss, loss[0], rtol=RTOL)
    assert outcome.validation_accuracy == accuracy[0]
    assert outcome.epochs == ended.epoch


class TestEqualsRunsAlone:
    def test_rates_strengths_rules_and_seeds(self):
        """Three stacks (two seeds, another batch size), four rules that do not come in order."""
        candidates = [
            candidate(lr, lam, rule, seed=seed)
            for seed in (0, 7)
            for lr, lam, rule in [
                (0.1, 1e-2, SGD()),
                (0.05, 1e-3, Momentum(0.9)),
                (0.3, 0.0, SGD()),
                (0.01, 1e-1, Adam()),
                (0.02, 1e-1, Momentum(0.5)),
            ]
        ] + [candidate(batch_size=60, schedule=Constant(), max_epochs=4)]
        for outcome, one in zip(run(candidates), candidates, strict=True):
            agree(outcome, alone(one))
            assert outcome.reason is Reason.MAX_EPOCHS

    def test_standardised_with_weights_and_dropout(self):
        source = MemorySource(X[:60], Y[:60], 3, RNG.random(60))
        goal = replace(GOAL, standardization=Standardization.of(source))
        candidates = [candidate(lr, dropout=0.2) for lr in (0.1, 0.3)]
        for outcome, one in zip(run(candidates, goal, source), candidates, strict=True):
            agree(outcome, alone(one, goal, source=source))

    def test_each_stops_where_it_has_converged(self):
        candidates = [
            candidate(lr, optimizer=rule, max_epochs=60) for rule in (Adam(), SGD()) for lr in (0.3, 1e-9)
        ]
        rules = Rules(tol=1e-2, patience=2)
        outcomes = run(candidates, rules=rules)
        for outcome, one in zip(outcomes, candidates, strict=True):
            agree(outcome, alone(one, tol=1e-2, patience=2))
        assert len({outcome.epochs for outcome in outcomes}) > 1
        assert {outcome.reason for outcome in outcomes} <= {Reason.CONVERGED, Reason.STALLED}
        assert [outcomes[k].reason for k in (1, 3)] == [Reason.STALLED] * 2  # steps of 1e-9 lead nowhere

    def test_float32_and_bytes(self):
        pixels = RNG.integers(0, 256, (60, 5), dtype=np.uint8)
        source = MemorySource(pixels, Y[:60], 3)
        goal = replace(GOAL, standardization=Standardization.of(source))
        begin = zero_params(1, 3, 5, np.dtype(np.float32))
        candidates = [candidate(lr, lam) for lr in (0.03, 0.1) for lam in (0.0, 1e-2)]
        outcomes = sweep(goal, source, candidates, begin, rules=Rules())
        for outcome, one in zip(outcomes, candidates, strict=True):
            ended = drive(train(replace(goal, lam=np.array([one.lam])), source, one.plan, begin), [])
            assert outcome.params.W.dtype == np.float32
            np.testing.assert_allclose(outcome.params.W, ended.params.W, rtol=1e-4, atol=1e-6)
            assert np.isnan(outcome.validation_accuracy)


def test_configurations_that_share_batches_are_one_run():
    """The point of it all: one pass over the data an epoch, however many configurations there are."""
    seen = []
    run([candidate(lr, lam) for lr in (0.1, 0.2) for lam in (0.1, 0.2, 0.3)], listeners=[seen.append])
    widths = [len(event.objective) for event in seen if isinstance(event, Evaluated)]
    assert widths == [6] * 9


class Kept(Keeper):
    """Keeps what a sweep saves of itself, and gives it what was found."""

    def __init__(self, found=None):
        self.found, self.saved = found, []

    def begin(self, run, memories):
        return None

    def after(self, event, stop_request):
        pass

    def of_data(self, fingerprint):
        pass

    def job(self, identity):
        job = Job()
        job.found, job.reached = self.found, lambda state: self.saved.append(state())
        return job


@pytest.mark.parametrize("halving", [None, Halving(2)])
def test_goes_on_from_every_pause_to_the_same_bits(halving):
    candidates = [
        candidate(lr, lam, rule, seed=seed, max_epochs=12)
        for seed in (0, 7)
        for rule in (SGD(), Adam(), Momentum())
        for lr, lam in ((0.3, 1e-2), (1e-9, 1e-1), (1e9, 1e-2))
    ]
    rules, first = Rules(tol=1e-2, patience=2, halving=halving), Kept()

    def told(kept):
        return [
            (one.params.W.tobytes(), one.params.b.tobytes(), str(replace(one, params=None)))
            for one in run(candidates, rules=rules, listeners=[kept])
        ]

    expected = told(first)
    assert len(first.saved) > 4
    for arrays in first.saved:
        assert told(Kept(arrays)) == expected


class TestHalving:
    CANDIDATES = tuple(
        candidate(lr, optimizer=rule) for rule in (SGD(), Momentum()) for lr in (0.2, 1e-1, 1e-5, 1e-6)
    )

    def test_rungs_are_powers(self):
        assert Halving(3).rungs(28) == [1, 3, 9, 27]
        assert Halving(3).rungs(27) == [1, 3, 9]
        assert Halving(2).rungs(1) == []

    def test_keeps_the_best_and_breaks_ties_by_the_loss(self):
        accuracy, loss = np.array([0.5, np.nan, 0.9, 0.5, 0.1]), np.array([2.0, np.nan, 3.0, 1.0, 0.5])
        np.testing.assert_array_equal(ranking(accuracy, loss), [2, 3, 0, 4, 1])
        np.testing.assert_array_equal(Halving(3).kept(accuracy, loss), [False, False, True, True, False])

    def test_one_in_eta_goes_on(self):
        widths = {}

        def count(event):
            if isinstance(event, Evaluated):
                widths[event.epoch] = len(event.objective)

        outcomes = run(self.CANDIDATES, rules=Rules(halving=Halving(2)), listeners=[count])
        assert [widths[epoch] for epoch in range(1, 10)] == [8, 4, 2, 2, 1, 1, 1, 1, 1]
        assert sorted(outcome.epochs for outcome in outcomes) == [1, 1, 1, 1, 2, 2, 4, 9]
        assert [o.complete for o in outcomes] == [o.epochs == 9 for o in outcomes]
        assert {o.reason for o in outcomes if not o.complete} == {Reason.OUTDONE}

    def test_what_goes_on_is_not_disturbed(self):
        """Dropping columns in the middle, momentum's velocities and all, changes nothing for the others."""
        outcomes = run(self.CANDIDATES, rules=Rules(halving=Halving(2)))
        (best,) = [place for place, outcome in enumerate(outcomes) if outcome.complete]
        agree(outcomes[best], alone(self.CANDIDATES[best]))

    def test_who_is_dropped_is_who_was_worst(self):
        outcomes = run(self.CANDIDATES, rules=Rules(halving=Halving(2)))
        first = run(self.CANDIDATES, listeners=[_stop_at(1)])
        order = ranking(*np.array([(o.validation_accuracy, o.validation_loss) for o in first]).T)
        assert {place for place, o in enumerate(outcomes) if o.epochs == 1} == set(order[4:].tolist())

    def test_stacks_are_evaluated_together(self):
        candidates = [
            candidate(1e-6, seed=0),
            candidate(1e-7, seed=0),
            candidate(0.2, seed=1),
            candidate(0.1, seed=1),
        ]
        outcomes = run(candidates, rules=Rules(halving=Halving(2)))
        assert [outcome.epochs for outcome in outcomes[:2]] == [1, 1]
        assert min(outcome.epochs for outcome in outcomes[2:]) > 1

    def test_needs_validation_data(self):
        with pytest.raises(UsageError, match="validation"):
            sweep(GOAL, SOURCE, [candidate()], START, rules=Rules(halving=Halving()))

    def test_one_in_one_is_no_halving(self):
        with pytest.raises(UsageError, match="halving is 1"):
            Halving(1)


def _stop_at(epoch):
    def stop(event):
        return Reason.TIME_LIMIT if isinstance(event, Evaluated) and event.epoch == epoch else None

    return stop


class TestDivergence:
    GOAL = replace(GOAL, loss=SquaredError())

    def test_one_leaves_and_the_others_go_on(self):
        candidates = [candidate(1e3, optimizer=Momentum()), candidate(0.01), candidate(0.01, optimizer=Momentum())]
        outcomes = run(candidates, self.GOAL)
        assert [outcome.reason for outcome in outcomes] == [Reason.DIVERGED, *[Reason.MAX_EPOCHS] * 2]
        assert not outcomes[0].complete
        for outcome, one in zip(outcomes[1:], candidates[1:], strict=True):
            agree(outcome, alone(one, self.GOAL))

    def test_all_leave(self):
        outcomes = run([candidate(1e3), candidate(1e4)], self.GOAL, rules=Rules(tol=1e-3, halving=Halving()))
        assert {outcome.reason for outcome in outcomes} == {Reason.DIVERGED}
        assert all(np.isfinite(outcome.params.W).all() for outcome in outcomes)
        assert all(np.isnan(outcome.validation_accuracy) for outcome in outcomes)


def test_a_wish_ends_all_stacks_and_keeps_the_last_epoch():
    candidates = [candidate(), candidate(0.2), candidate(seed=1)]
    outcomes = run(candidates, listeners=[_stop_at(3)])
    assert [outcome.reason for outcome in outcomes] == [Reason.TIME_LIMIT] * 3
    assert [outcome.epochs for outcome in outcomes] == [3, 3, 0]
    assert outcomes[0].validation_accuracy > 0.5
    np.testing.assert_array_equal(outcomes[2].params.W, START.W)


def test_nothing_to_do():
    assert run([]) == []


class TestStacked:
    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_state_of_some(self, name):
        """What is left of a stack goes on as if the others had never been there."""
        other = Adam() if name != "adam" else Momentum()
        rules = [OPTIMIZERS.build(name)] * 2 + [other] * 2
        gradients, lr = RNG.normal(size=(3, 4, 3, 5)), np.array([0.1, 0.2, 0.3, 0.4])
        for kept in ([0, 1], [1], [1, 3], [2, 3], [0, 2, 3]):
            kept = np.array(kept)
            whole, few = stack(rules), stack([rules[k] for k in kept])
            state, small = whole.init(gradients[0]), few.init(gradients[0][kept])
            for gradient in gradients[:2]:
                state = whole.update(gradient, state, lr).state
                small = few.update(gradient[kept], small, lr[kept]).state
            left = few.update(gradients[2][kept], keep_state(rules, state, kept), lr[kept])
            expected = few.update(gradients[2][kept], small, lr[kept])
            np.testing.assert_array_equal(left.step, expected.step)

    def test_one_rule_is_itself(self):
        assert stack([Adam(), Adam()]) == Adam()
        assert stack([Adam(), SGD()]) == Stacked((Adam(), SGD()))

    def test_rates_are_each_rules_own(self):
        gradient, lr = RNG.normal(size=(2, 3, 5)), np.array([0.1, 0.2])
        rule = Stacked((SGD(), Momentum(0.5)))
        rate = rule.update(gradient, rule.init(gradient), lr).rate
        np.testing.assert_allclose(rate[:, 0, 0], [0.1, 0.4])
        assert rate.shape == gradient.shape


def test_stacks_are_no_wider_than_the_cache(monkeypatch):
    """Four configurations where two fit: two runs of two, and the same outcomes."""
    candidates = [candidate(lam=lam) for lam in (1e-3, 1e-2, 1e-1, 1.0)]
    wide = run(candidates)
    widths = []

    def watch(event):
        if isinstance(event, Evaluated):
            widths.append(len(event.loss))

    monkeypatch.setattr("scoreline.engine.minibatch.sweep.BEST_WEIGHTS", 2 * START.W.size)
    narrow = run(candidates, listeners=[watch])
    assert set(widths) == {2}
    assert len(widths) == 2 * 9
    for one, other in zip(wide, narrow, strict=True):
        np.testing.assert_allclose(one.params.W, other.params.W, rtol=RTOL, atol=1e-12)
