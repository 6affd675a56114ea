"""Whether a model knows its training examples better than others, in words that all outputs share."""

from __future__ import annotations

from scoreline._text import counted
from scoreline.report.metrics import Evaluation

__all__ = ["LARGE", "SMALL", "describe_overfitting"]

#: Differences of accuracies: up to the first there is no overfitting to speak of, from the second on it is strong.
SMALL, LARGE = 0.02, 0.1


def describe_overfitting(train: float | None, evaluation: Evaluation) -> str:
    """Return a verdict and what it rests on.

    Parameters
    ----------
    train : float, optional
        Accuracy on training examples.
    evaluation : Evaluation
        Of other examples, if there are any.
    """
    if train is None or evaluation.split == "train":
        return "unknown: there are no examples but those it was trained on"
    gap, chance = train - evaluation.accuracy, train <= evaluation.interval[1]
    if gap <= SMALL:
        return f"no: {evaluation.split} examples are classified as well as training examples"
    amount = f"{100 * gap:.0f} points less on {evaluation.split} than on training examples"
    few = counted(evaluation.n, f"{evaluation.split} example")
    if chance:
        return f"hard to tell: {amount}, which may be chance with {few}"
    if gap <= LARGE:
        return f"a little: {amount}"
    return f"yes: {amount}; much was learned by heart"
