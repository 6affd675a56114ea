"""Passes over the whole data: the compiled ones do what those in NumPy do."""

import numpy as np
import pytest

from scoreline.data.base import Batch
from scoreline.data.memory import MemorySource
from scoreline.engine.problem.backends import passes_over
from scoreline.engine.problem.kernels.loss_passes import CompiledLossPasses
from scoreline.engine.problem.kernels.passes import CompiledPasses
from scoreline.engine.problem.objective import Objective, Standardization, predicted_classes
from scoreline.engine.problem.params import Params
from scoreline.engine.problem.passes import Passes
from scoreline.losses import LOSSES, rows_for
from scoreline.penalties import L2

LOSS_SPECS = [
    "softmax:label_smoothing=0.1",
    "weston-watkins:rounding=0.2",
    "weston-watkins:squared",
    "crammer-singer",
    "crammer-singer:rounding=0.2",
    "one-vs-all:rounding=0.2",
    "squared-error",
]


def over(loss, n_classes=4, *, n=700, d=53, dtype=np.uint8, weighted=False):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (n, d)).astype(dtype)
    y = rng.integers(0, n_classes, n)
    source = MemorySource(X, y, n_classes, rng.random(n) if weighted else None)
    goal = Objective(
        LOSSES.build(loss), L2(), np.array([1e-2]), n_classes, standardization=Standardization.of(source)
    )
    return goal, source, rng


@pytest.mark.parametrize("kind", [CompiledLossPasses, CompiledPasses])
@pytest.mark.parametrize("loss", LOSS_SPECS)
@pytest.mark.parametrize("n_classes", [2, 4, 11, 53])
@pytest.mark.parametrize("weighted", [False, True])
def test_compiled_passes_agree_with_numpy(kind, loss, n_classes, weighted):
    goal, source, rng = over(loss, n_classes, weighted=weighted)
    R = rows_for(n_classes)
    params = Params(rng.normal(size=(1, R, 53)).astype(np.float32), rng.normal(size=(1, R)).astype(np.float32))
    plain, fast = Passes(goal, source), kind(goal, source)
    scores = plain.scores(params)
    np.testing.assert_allclose(fast.scores(params), scores, rtol=1e-4, atol=1e-4)
    change = rng.normal(size=scores.shape).astype(np.float32)
    for_all = np.broadcast_to(change[0], change.shape)
    slopes, fast_slopes = np.empty_like(scores), np.empty_like(scores)
    for move in (None, for_all, change):
        evaluated, fast_evaluated = (
            p.evaluate(scores, move, 0.7, out) for p, out in ((plain, slopes), (fast, fast_slopes))
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
    passes = Passes(goal, source)
    slopes = goal.loss.value_and_gradient(passes.scores(params), source.y)[1]
    found = passes.gradient(params, slopes)
    expected = goal.value_and_gradient(params, Batch(source.X, source.y, source.weight)).gradient
    np.testing.assert_allclose(found.W, expected.W, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found.b, expected.b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("n_classes", [2, 5, 40])
def test_hits_are_those_of_the_first_best_class(n_classes):
    """Equal scores, and scores beyond what a vector holds, before and after the true class."""
    goal, source, rng = over("softmax", n_classes)
    scores = rng.integers(0, 3, (700, rows_for(n_classes))).astype(np.float32)
    for passes in (Passes(goal, source), CompiledLossPasses(goal, source)):
        evaluated = passes.evaluate(scores, None, 0.0, np.empty_like(scores))
        assert evaluated.accuracy == pytest.approx(np.mean(predicted_classes(scores) == source.y))


@pytest.mark.parametrize("n", [700, 701])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_scores_of_rows_that_need_no_padding(n, dtype):
    goal, source, rng = over("softmax", 10, n=n, d=128, dtype=dtype)
    params = Params(rng.normal(size=(1, 10, 128)).astype(np.float32), np.ones((1, 10), np.float32))
    plain, fast = (passes(goal, source).scores(params) for passes in (Passes, CompiledPasses))
    np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_pieces_and_threads_change_no_evaluation(monkeypatch, weighted):
    goal, source, rng = over("softmax", weighted=weighted)
    scores, change = rng.normal(size=(2, 700, 4))
    slopes = np.empty((2, 700, 4))
    whole = Passes(goal, source).evaluate(scores, change, 0.5, slopes[0])
    monkeypatch.setattr("scoreline.engine.problem.passes.EVALUATED_ENTRIES", 100)
    monkeypatch.setattr("scoreline.engine.problem.passes.WORTH_THREADS", 0)
    in_pieces = Passes(goal, source).evaluate(scores, change, 0.5, slopes[1])
    np.testing.assert_allclose(in_pieces, whole, rtol=1e-12)
    np.testing.assert_array_equal(slopes[1], slopes[0])


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    goal, source, rng = over("softmax", 10, n=3000)
    params = Params(rng.normal(size=(1, 10, 53)).astype(np.float32), np.zeros((1, 10), np.float32))
    results = []
    for threads in (1, 2, 3):
        monkeypatch.setattr("scoreline.engine.problem.kernels.loss_passes.thread_count", lambda n=threads: n)
        passes = CompiledPasses(goal, source)
        scores = passes.scores(params)
        slopes = np.empty_like(scores)
        evaluated = passes.evaluate(scores, None, 0.0, slopes)
        results.append((scores, slopes, evaluated, passes.mean_slopes(slopes), passes.gradient(params, slopes)))
    for other in results[1:]:
        np.testing.assert_equal(other, results[0])


@pytest.mark.parametrize(
    ("n", "n_classes", "dtype", "kind"),
    [
        (700, 4, np.uint8, Passes),
        (10**6, 4, np.uint8, CompiledPasses),
        (10**6, 4, np.float64, Passes),
        (10**5, 200, np.float32, CompiledLossPasses),
    ],
)
def test_only_long_fits_are_compiled(n, n_classes, dtype, kind):
    source = MemorySource(np.zeros((n, 60), dtype), np.zeros(n, np.int64), n_classes)
    goal = Objective(LOSSES.build("softmax"), L2(), np.array([1e-2]), n_classes)
    passes = passes_over(goal, source, np.dtype(np.float64 if dtype == np.float64 else np.float32))
    assert type(passes) is kind


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("threads", [1, 3])
def test_reductions_go_over_blocks_of_rows_in_a_fixed_order(monkeypatch, weighted, threads):
    goal, source, rng = over("softmax", weighted=weighted)
    passes, (a, b) = Passes(goal, source), rng.normal(size=(2, 700, 4)).astype(np.float32)
    monkeypatch.setattr("scoreline.engine.problem.passes.EVALUATED_ENTRIES", 100)
    monkeypatch.setattr("scoreline.engine.problem.passes.WORTH_THREADS", 0)
    sizes = []

    def product(y, w, a, b):
        sizes.append(len(y))
        return w @ (a.astype(float) * b * (y[:, None] == 1))

    def summed(n):
        monkeypatch.setattr("scoreline.engine.problem.passes.thread_count", lambda: n)
        return passes.reduce(product, a, b)

    weight = np.ones(700) if source.weight is None else source.weight
    np.testing.assert_allclose(summed(threads), weight @ (a.astype(float) * b * (source.y[:, None] == 1)))
    assert max(sizes) == 25
    np.testing.assert_array_equal(summed(threads), summed(1))
    moved = passes.transform(lambda y, a, b: a - y[:, None] * b.astype(float), a, b)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved, a - source.y[:, None] * b, rtol=1e-5, atol=1e-6)
    assert passes.transform(lambda y, a: a, a, dtype=np.dtype(float)).dtype == np.float64
