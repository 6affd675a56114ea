"""What a run's model says of each image of a split: predictions, confidence, margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoreline._typing import Array, FloatArray
from scoreline.data import Split
from scoreline.lab.material import NamedRun
from scoreline.models.prediction import class_scores, leads, margins
from scoreline.report.metrics import Evaluation, RowFacts, evaluate_rows
from scoreline.runs.predictions import row_facts

__all__ = ["JudgedSplit", "judge_split", "mcnemar"]


@dataclass(frozen=True, eq=False)
class JudgedSplit:
    """A split as a model sees it; all arrays have one entry an example."""

    split: Split
    facts: RowFacts
    #: Score of the true class minus the best other one: negative where the prediction is wrong.
    margin: FloatArray
    #: Best score minus the second best.
    lead: FloatArray
    evaluation: Evaluation

    @property
    def right(self) -> Array:
        """Which predictions are right."""
        return np.asarray(self.facts.predicted == self.facts.y)

    @property
    def confidence(self) -> FloatArray:
        """How sure the model is: the highest probability, or the lead where the loss has no probabilities."""
        return self.lead if self.facts.confidence is None else self.facts.confidence


def judge_split(run: NamedRun, name: str) -> JudgedSplit:
    """Judge a run's model on one of its splits."""
    loaded = run.loaded
    split, model = loaded.splits[name], loaded.model
    facts, found, led = [], [], []
    for block, scores in loaded.scores(split):
        y, columns = split.y[block], class_scores(scores).astype(np.float64)
        facts.append(row_facts(model, y, scores))
        found.append(margins(columns, y))
        led.append(leads(columns))
    joined = RowFacts.joined(facts)
    evaluation = evaluate_rows(joined, model.classes, split=name)
    return JudgedSplit(split, joined, np.concatenate(found), np.concatenate(led), evaluation)


def mcnemar(first_only: int, second_only: int) -> float:
    """Return how likely so uneven a split is between two equally good models, by the exact two-sided test.

    References
    ----------
    McNemar (1947), Psychometrika 12, 153-157.
    """
    from scipy.stats import binomtest

    n = first_only + second_only
    return float(binomtest(first_only, n).pvalue) if n else 1.0
