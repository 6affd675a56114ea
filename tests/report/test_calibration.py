import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from scoreline.report.calibration import fit_temperature, held_out_temperature, scale_temperature, scaled_by_model


def drawn(temperature, n=20_000, C=4, seed=0):
    """Scores that are `temperature` times too far apart for their labels."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(n, C)) * 2
    chances = softmax(honest, axis=1).cumsum(axis=1)
    y = (rng.random(n)[:, None] > chances).sum(axis=1).clip(0, C - 1)
    return (honest * temperature).astype(np.float32), y


@pytest.mark.parametrize("temperature", [0.4, 1, 3])
def test_the_temperature_is_found(temperature):
    assert fit_temperature(*drawn(temperature)) == pytest.approx(temperature, rel=0.05)


def test_a_single_score_of_two_classes_is_their_difference():
    scores, y = drawn(2, C=2)
    assert fit_temperature(scores[:, 1:] - scores[:, :1], y) == pytest.approx(fit_temperature(scores, y), rel=1e-4)


def test_scaling_mends_the_calibration_of_other_examples():
    scores, y = drawn(3, n=5000)
    found = scale_temperature(scores, y, drawn(3, n=5000, seed=1))
    assert found.n_fitted == 5000
    assert found.after.expected_calibration_error < 0.03 < 0.1 < found.before.expected_calibration_error
    assert found.before.log_loss == pytest.approx(log_loss(y, softmax(scores.astype(float), axis=1)))
    assert found.after.log_loss < found.before.log_loss


@pytest.mark.parametrize("n", [5, 50])
def test_a_few_right_answers_do_not_make_for_certainty(n):
    y = np.arange(n) % 3
    scores = np.eye(3)[y]
    found = np.exp(1 / held_out_temperature(scores, y))
    assert found / (found + 2) == pytest.approx(1 - 1 / (n + 2), rel=0.01)


def test_many_held_out_examples_find_the_temperature_itself():
    assert held_out_temperature(*drawn(3)) == pytest.approx(3, rel=0.05)


def test_scores_that_say_nothing_have_no_temperature():
    assert held_out_temperature(np.zeros((0, 3)), np.zeros(0, int)) is None
    assert held_out_temperature(np.full((2, 3), np.nan), np.array([0, 1])) is None


def test_scores_without_a_best_temperature_come_to_an_end():
    scores = np.eye(3, dtype=np.float32)[[0, 1, 2]]
    assert fit_temperature(scores, np.array([0, 1, 2])) < 0.1  # always right: the colder, the better
    assert fit_temperature(scores, np.array([1, 2, 0])) > 100
    assert np.isfinite(fit_temperature(np.zeros((3, 2)), np.array([0, 1, 1])))


@pytest.mark.parametrize("columns", [1, 4])
def test_the_temperature_of_a_model_is_compared_with_none(columns):
    rng = np.random.default_rng(0)
    y = rng.integers(0, max(columns, 2), 500)
    scores = 0.1 * rng.normal(size=(500, columns)) + 0.2 * (y[:, None] if columns == 1 else np.eye(columns)[y])
    found = scaled_by_model(scores, y, 0.1)
    assert found.of_model
    assert found.before.log_loss > found.after.log_loss
    assert found.temperature == 0.1
