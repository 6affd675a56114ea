"""A run's model evaluated on each image of a split: predictions, confidence, margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import Split
from scoreline.lab.resources import NamedRun
from scoreline.models.prediction import certainties, class_scores, margins
from scoreline.report.metrics import Evaluation, evaluate_rows
from scoreline.report.row_facts import RowFacts

__all__ = ["EvaluatedSplit", "evaluate_split", "mcnemar"]


@dataclass(frozen=True, eq=False)
class EvaluatedSplit:
    """A model's predictions on a split; all arrays have one entry an example."""

    split: Split
    facts: RowFacts
    #: Score of the true class minus the best other one: negative where the prediction is wrong.
    margin: FloatArray
    #: The probability of the prediction, or the lead of its score where the loss has no probabilities.
    confidence: FloatArray
    evaluation: Evaluation

    @property
    def right(self) -> Array:
        """Which predictions are right."""
        return np.asarray(self.facts.predicted == self.facts.y)


def evaluate_split(run: NamedRun, name: str) -> EvaluatedSplit:
    """Evaluate a run's model on one of its splits."""
    loaded = run.loaded
    split, model = loaded.splits[name], loaded.model
    facts, found, sure = [], [], []
    for block, scores in loaded.scores(split):
        y, columns = split.y[block], class_scores(scores).astype(np.float64)
        probabilities = model.probabilities(scores)
        facts.append(RowFacts.of(y, scores, len(model.classes), probabilities))
        found.append(margins(columns, y))
        sure.append(certainties(columns, probabilities).astype(np.float64))
    joined = RowFacts.joined(facts)
    evaluation = evaluate_rows(joined, model.classes, split=name)
    return EvaluatedSplit(split, joined, np.concatenate(found), np.concatenate(sure), evaluation)


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the p-value of McNemar's exact two-sided test that two models are equally good.

    References
    ----------
    McNemar (1947), Psychometrika 12, 153-157.
    """
    from scipy.stats import binomtest

    n = first_only + second_only
    return float(binomtest(first_only, n).pvalue) if n else 1.0
