"""The oracles: the compiled ones do what the one in NumPy does."""

import numpy as np
import pytest

from scoreline.data.base import Batch
from scoreline.data.memory import MemorySource
from scoreline.engine.problem.backends import oracle_over
from scoreline.engine.problem.kernels.compiled_loss_oracle import CompiledLossOracle
from scoreline.engine.problem.kernels.compiled_oracle import CompiledOracle
from scoreline.engine.problem.local_oracle import LocalOracle
from scoreline.engine.problem.objective import Objective, Standardization, predicted_classes
from scoreline.engine.problem.params import Params
from scoreline.losses import LOSSES, rows_for
from scoreline.penalties import L2

LOSS_SPECS = [
    "softmax:label_smoothing=0.1",
    "weston-watkins:smoothing_width=0.2",
    "weston-watkins:squared",
    "crammer-singer",
    "crammer-singer:smoothing_width=0.2",
    "one-vs-all:smoothing_width=0.2",
    "squared-error",
]


SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)


def over(loss, n_classes=4, *, n=700, d=53, dtype=np.uint8, weighted=False):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (n, d)).astype(dtype)
    y = rng.integers(0, n_classes, n)
    source = MemorySource(X, y, n_classes, rng.random(n) if weighted else None)
    goal = Objective(
        LOSSES.build(loss), L2(), np.array([1e-2]), n_classes, standardization=Standardization.of(source)
    )
    return goal, source, rng


@pytest.mark.parametrize("kind", [CompiledLossOracle, CompiledOracle])
@pytest.mark.parametrize("loss", LOSS_SPECS)
@pytest.mark.parametrize("n_classes", [2, 4, 11, 53])
@pytest.mark.parametrize("weighted", [False, True])
def test_compiled_oracles_agree_with_numpy(kind, loss, n_classes, weighted):
    goal, source, rng = over(loss, n_classes, weighted=weighted)
    R = rows_for(n_classes)
    params = Params(rng.normal(size=(1, R, 53)).astype(np.float32), rng.normal(size=(1, R)).astype(np.float32))
    plain, fast = LocalOracle(goal, source, SINGLE), kind(goal, source, SINGLE)
    scores = plain.scores(params)
    np.testing.assert_allclose(fast.scores(params), scores, rtol=1e-4, atol=1e-4)
    change = rng.normal(size=scores.shape).astype(np.float32)
    for_all = np.broadcast_to(change[0], change.shape)
    for move in (None, for_all, change):
        (evaluated, slopes), (fast_evaluated, fast_slopes) = (
            oracle.evaluate(scores, move, [0.3, 0.7]) for oracle in (plain, fast)
        )
        np.testing.assert_allclose(fast_evaluated, evaluated, rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(fast_slopes, slopes, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(fast.mean_slopes(slopes), plain.mean_slopes(slopes), rtol=1e-6, atol=1e-9)
    for mine, theirs in zip(fast.gradient(params, slopes), plain.gradient(params, slopes), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_gradient_from_slopes_is_the_gradient(weighted):
    goal, source, rng = over("softmax", weighted=weighted)
    params = Params(rng.normal(size=(1, 4, 53)), rng.normal(size=(1, 4)))
    oracle = LocalOracle(goal, source, DOUBLE)
    slopes = goal.loss.value_and_gradient(oracle.scores(params), source.y)[1]
    found = oracle.gradient(params, slopes)
    expected = goal.value_and_gradient(params, Batch(source.X, source.y, source.weight)).gradient
    np.testing.assert_allclose(found.W, expected.W, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found.b, expected.b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("n_classes", [2, 5, 40])
def test_hits_are_those_of_the_first_best_class(n_classes):
    """Equal scores, and scores beyond what a vector holds, before and after the true class."""
    goal, source, rng = over("softmax", n_classes)
    scores = rng.integers(0, 3, (700, rows_for(n_classes))).astype(np.float32)
    for kind in (LocalOracle, CompiledLossOracle):
        (evaluated,), _ = kind(goal, source, SINGLE).evaluate(scores, None, [0.0])
        assert evaluated.accuracy == pytest.approx(np.mean(predicted_classes(scores) == source.y))


@pytest.mark.parametrize("n", [700, 701])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_scores_of_rows_that_need_no_padding(n, dtype):
    goal, source, rng = over("softmax", 10, n=n, d=128, dtype=dtype)
    params = Params(rng.normal(size=(1, 10, 128)).astype(np.float32), np.ones((1, 10), np.float32))
    plain, fast = (kind(goal, source, SINGLE).scores(params) for kind in (LocalOracle, CompiledOracle))
    np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_pieces_and_threads_change_no_evaluation(monkeypatch, weighted):
    goal, source, rng = over("softmax", weighted=weighted)
    scores, change = rng.normal(size=(2, 700, 4))
    oracle = LocalOracle(goal, source, DOUBLE)
    (whole,), slopes = oracle.evaluate(scores, change, [0.5])
    monkeypatch.setattr("scoreline.engine.problem.local_oracle.EVALUATED_ENTRIES", 100)
    monkeypatch.setattr("scoreline.engine.problem.local_oracle.THREADED_ENTRIES", 0)
    (in_pieces,), slopes_in_pieces = oracle.evaluate(scores, change, [0.5])
    np.testing.assert_allclose(in_pieces, whole, rtol=1e-12)
    np.testing.assert_array_equal(slopes_in_pieces, slopes)


@pytest.mark.parametrize("kind", [LocalOracle, CompiledLossOracle])
@pytest.mark.parametrize("weighted", [False, True])
def test_several_steps_at_once_are_what_each_is_alone(kind, weighted):
    goal, source, rng = over("softmax", weighted=weighted)
    scores, change = rng.normal(size=(2, 700, 4)).astype(np.float32)
    oracle, steps, given = kind(goal, source, SINGLE), [1.0, 2.0, 0.25], np.empty_like(scores)
    together, slopes = oracle.evaluate(scores, change, steps, out=given)
    assert slopes is given
    assert together == [oracle.evaluate(scores, change, [t])[0][0] for t in steps]
    np.testing.assert_array_equal(slopes, oracle.evaluate(scores, change, steps[-1:])[1])
    np.testing.assert_allclose(slopes, oracle.evaluate(scores + 0.25 * change, None, [0.0])[1], atol=1e-6)


def test_vectors_are_combined_in_memory_that_is_given_up_or_anew():
    goal, source, rng = over("softmax")
    oracle, (a, b) = LocalOracle(goal, source, DOUBLE), rng.normal(size=(2, 700, 4))
    before = a.copy(), b.copy()
    for t in (1.0, -1.0, 0.3):
        np.testing.assert_allclose(oracle.combine(a, t, b), a + t * b, rtol=1e-14)
        np.testing.assert_array_equal((a, b), before)
        given = b.copy()
        assert oracle.combine(a, t, given, out=given) is given
        np.testing.assert_array_equal(given, oracle.combine(a, t, b))
    row = rng.normal(size=4)
    np.testing.assert_array_equal(oracle.combine(a, 1.0, oracle.constant(row)), a + row)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    goal, source, rng = over("softmax", 10, n=3000)
    params = Params(rng.normal(size=(1, 10, 53)).astype(np.float32), np.zeros((1, 10), np.float32))
    results = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(
            "scoreline.engine.problem.kernels.compiled_loss_oracle.thread_count", lambda n=threads: n
        )
        oracle = CompiledOracle(goal, source, SINGLE)
        scores = oracle.scores(params)
        evaluated, slopes = oracle.evaluate(scores, None, [0.0])
        results.append((scores, slopes, evaluated, oracle.mean_slopes(slopes), oracle.gradient(params, slopes)))
    for other in results[1:]:
        np.testing.assert_equal(other, results[0])


@pytest.mark.parametrize(
    ("n", "n_classes", "dtype", "kind"),
    [
        (700, 4, np.uint8, LocalOracle),
        (10**6, 4, np.uint8, CompiledOracle),
        (10**6, 4, np.float64, LocalOracle),
        (10**5, 200, np.float32, CompiledLossOracle),
    ],
)
def test_only_long_fits_are_compiled(n, n_classes, dtype, kind):
    source = MemorySource(np.zeros((n, 60), dtype), np.zeros(n, np.int64), n_classes)
    goal = Objective(LOSSES.build("softmax"), L2(), np.array([1e-2]), n_classes)
    oracle = oracle_over(goal, source, np.dtype(np.float64 if dtype == np.float64 else np.float32))
    assert type(oracle) is kind


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
def test_reductions_go_over_blocks_of_rows_in_a_fixed_order(monkeypatch, weighted, threads):
    goal, source, rng = over("softmax", weighted=weighted)
    oracle, (a, b) = LocalOracle(goal, source, SINGLE), rng.normal(size=(2, 700, 4)).astype(np.float32)
    monkeypatch.setattr("scoreline.engine.problem.local_oracle.EVALUATED_ENTRIES", 100)
    monkeypatch.setattr("scoreline.engine.problem.local_oracle.THREADED_ENTRIES", 0)
    sizes = []

    def product(y, w, a, b):
        sizes.append(len(y))
        return w @ (a.astype(float) * b * (y[:, None] == 1))

    def summed(n):
        monkeypatch.setattr("scoreline.engine.problem.local_oracle.thread_count", lambda: n)
        return oracle.reduce(product, a, b)

    weight = np.ones(700) if source.weight is None else source.weight
    np.testing.assert_allclose(summed(threads), weight @ (a.astype(float) * b * (source.y[:, None] == 1)))
    assert max(sizes) == 25
    np.testing.assert_array_equal(summed(threads), summed(1))
    moved = oracle.transform(lambda y, a, b: a - y[:, None] * b.astype(float), a, b)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, a - source.y[:, None] * b, rtol=1e-5, atol=1e-6)
    assert oracle.transform(lambda y, a: a, a, dtype=np.dtype(float)).dtype == np.float64
