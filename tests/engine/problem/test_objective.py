"""The objective: K side by side, weights, standardisation without a copy, bytes, blocks."""

from dataclasses import replace

import numpy as np
import pytest

import scoreline.engine.problem.objective as module
from scoreline.data.base import Batch
from scoreline.data.memory import MemorySource
from scoreline.engine.problem.objective import Objective, Standardization, linear_scores
from scoreline.engine.problem.params import Params
from scoreline.gradients import check_gradient
from scoreline.losses import LOSSES, Softmax
from scoreline.penalties import L2, PENALTIES, ElasticNet

N, D = 40, 6


def problem(loss="softmax", penalty="l2", lams=(0.1, 0.01, 1.0), n_classes=4, seed=0, **changes):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(N, D)) * 10.0 ** np.arange(-2, 4) + 3
    y = np.arange(N) % n_classes
    objective = Objective(LOSSES.build(loss), PENALTIES.build(penalty), np.array(lams), n_classes, **changes)
    K, R = len(lams), objective.n_rows
    params = Params(rng.normal(size=(K, R, D)), rng.normal(size=(K, R)))
    return objective, X, y, params, rng


def parts(objective, X, y, params, weight=None):
    result = objective.value_and_gradient(params, Batch(X, y, weight))
    return result.objective, result.loss, result.accuracy, result.gradient.W, result.gradient.b


@pytest.mark.parametrize("loss", LOSSES)
def test_three_side_by_side_are_three_alone(loss):
    objective, X, y, params, _ = problem(loss)
    together = parts(objective, X, y, params)
    for k in range(3):
        alone = parts(replace(objective, lam=objective.lam[k : k + 1]), X, y, params.one(k))
        for many, one in zip(together, alone, strict=True):
            np.testing.assert_allclose(many[k : k + 1], one, rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_gradient_by_weights_and_bias(loss, standardize, n_classes):
    objective, X, y, params, rng = problem(loss, lams=(0.1,), n_classes=n_classes)
    X = X / X.std(axis=0)
    source = MemorySource(X, y, n_classes, rng.random(N))
    if standardize:
        objective = replace(objective, standardization=Standardization.of(source))
    batch = Batch(X, y, source.weight)

    def unpack(flat):
        return Params(flat[None, :, :D], flat[None, :, D])

    def gradient(flat):
        found = objective.value_and_gradient(unpack(flat), batch).gradient
        return np.concatenate([found.W[0], found.b[0][:, None]], axis=1)

    start = np.concatenate([params.W[0], params.b[0][:, None]], axis=1)
    check = check_gradient(
        lambda flat: float(objective.value(unpack(flat), source)[0]), gradient, start, cells=None
    )
    assert check.passed, str(check)


def test_bias_is_not_penalised():
    objective, *_, params, _ = problem()
    moved = params._replace(b=params.b + 5)
    np.testing.assert_array_equal(objective.penalty_value(params), objective.penalty_value(moved))


def test_no_intercept_no_gradient_by_it():
    objective, X, y, params, _ = problem(fit_intercept=False)
    assert (parts(objective, X, y, params)[4] == 0).all()


def test_weights_are_repetitions():
    objective, X, y, params, rng = problem()
    times = rng.integers(0, 4, N)
    weighted = parts(objective, X, y, params, times.astype(float))
    repeated = parts(objective, np.repeat(X, times, axis=0), np.repeat(y, times), params)
    for a, b in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_standardisation_is_folded():
    objective, X, y, params, rng = problem()
    source = MemorySource(X, y, 4, rng.random(N))
    measured = Standardization.of(source)
    mean = np.average(X, axis=0, weights=source.weight)
    deviation = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=source.weight))
    np.testing.assert_allclose(measured.mean, mean, rtol=1e-10)
    np.testing.assert_allclose(measured.scale, 1 / deviation, rtol=1e-8)
    inside = parts(replace(objective, standardization=measured), X, y, params)
    outside = parts(objective, (X - mean) / deviation, y, params)
    for a, b in zip(inside, outside, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)


def test_fold_and_unfold():
    _, X, y, params, _ = problem()
    measured = Standardization.of(MemorySource(X, y, 4))
    folded = measured.fold(params)
    np.testing.assert_allclose(
        linear_scores(folded, X), linear_scores(params, (X - measured.mean) * measured.scale), rtol=1e-8, atol=1e-8
    )
    back = measured.unfold(folded)
    np.testing.assert_allclose(back.W, params.W, rtol=1e-12)
    np.testing.assert_allclose(back.b, params.b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("constant", [0.0, 7.0, 1e12, 0.1])
def test_constant_features_have_no_part(constant):
    objective, X, y, params, _ = problem()
    X[:, 2] = constant
    measured = Standardization.of(MemorySource(X, y, 4))
    assert measured.scale[2] == 0
    standardized = replace(objective, standardization=measured)
    assert np.isfinite(measured.scale).all()
    moved = params._replace(W=params.W + np.where(np.arange(D) == 2, 100.0, 0.0))
    np.testing.assert_allclose(standardized.scores(params, X), standardized.scores(moved, X), rtol=1e-12)


def test_bytes_are_numbers():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (N, D), dtype=np.uint8)
    y = np.arange(N) % 4
    objective, *_ = problem()
    objective = replace(objective, standardization=Standardization.of(MemorySource(X, y, 4)))
    params = Params(rng.normal(size=(3, 4, D)).astype(np.float32), np.zeros((3, 4), np.float32))
    small, large = parts(objective, X, y, params), parts(objective, X.astype(np.float32), y, params)
    for a, b in zip(small, large, strict=True):
        np.testing.assert_array_equal(a, b)
    assert small[3].dtype == np.float32
    assert small[0].dtype == np.float64


def test_blocks_change_nothing(monkeypatch):
    objective, X, y, params, rng = problem()
    weight = rng.random(N)
    source = MemorySource(X, y, 4, weight)
    whole = parts(objective, X, y, params, weight), objective.value(params, source)
    monkeypatch.setattr(module, "BLOCK_ENTRIES", 7 * D)
    pieces = parts(objective, X, y, params, weight), objective.value(params, source)
    for a, b in zip((*whole[0], whole[1]), (*pieces[0], pieces[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_classes", [2, 10])
def test_first_loss(loss, n_classes):
    objective, X, y, _, _ = problem(loss, lams=(0.1,), n_classes=n_classes)
    zero = Params(np.zeros((1, objective.n_rows, D)), np.zeros((1, objective.n_rows)))
    source = MemorySource(X, y, n_classes)
    assert objective.value(zero, source)[0] == pytest.approx(objective.loss.value_at_zero(n_classes))


def test_mean_weight_makes_batches_unbiased():
    """The mean of the gradients of all batches is the gradient of the whole, however the weights are spread."""
    objective, X, y, params, rng = problem()
    weight = rng.random(N) ** 4
    whole = parts(objective, X, y, params, weight)
    batches = [slice(i, i + 10) for i in range(0, N, 10)]
    pieces = [
        objective.value_and_gradient(params, Batch(X[b], y[b], weight[b]), mean_weight=weight.mean())
        for b in batches
    ]
    np.testing.assert_allclose(np.mean([p.gradient.W for p in pieces], axis=0), whole[3], rtol=1e-9, atol=1e-12)


def test_elastic_net_puts_only_its_squares_into_the_gradient():
    objective, X, y, params, _ = problem()
    with_net = replace(objective, penalty=ElasticNet(0.5))
    without = replace(objective, penalty=PENALTIES.build("none"))
    difference = parts(with_net, X, y, params)[3] - parts(without, X, y, params)[3]
    np.testing.assert_allclose(difference, objective.lam[:, None, None] * params.W, rtol=1e-7, atol=1e-9)
    assert isinstance(objective.penalty, L2)
    assert isinstance(objective.loss, Softmax)
