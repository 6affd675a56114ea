import numpy as np
import pytest

from scoreline.report.metrics import evaluate
from scoreline.report.overfitting import describe_overfitting


def evaluation(accuracy, n, split="test"):
    y = np.arange(n) % 2
    predicted = np.where(np.arange(n) < round(accuracy * n), y, 1 - y)
    return evaluate(y, np.eye(2)[predicted], ("a", "b"), split=split)


@pytest.mark.parametrize(
    ("train", "other", "n", "verdict"),
    [
        (0.99, 0.98, 10_000, "no"),
        (0.95, 0.90, 40, "hard to tell"),  # chance may explain it
        (0.97, 0.90, 10_000, "a little"),
        (0.97, 0.60, 10_000, "yes"),
        (0.60, 0.70, 10_000, "no"),
    ],
)
def test_verdicts(train, other, n, verdict):
    told = describe_overfitting(train, evaluation(other, n))
    assert told.startswith(f"{verdict}: ")
    assert "test" in told


def test_training_examples_alone_say_nothing():
    assert describe_overfitting(1.0, evaluation(1.0, 50, "train")).startswith("unknown: ")
    assert describe_overfitting(None, evaluation(0.9, 50)).startswith("unknown: ")
