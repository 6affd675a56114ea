"""Scores of training examples by classifiers that were not trained on them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from scoreline._typing import Array, FloatArray, Labels
from scoreline.errors import DataError
from scoreline.estimators import LinearClassifier
from scoreline.estimators.brief_fit import fit_briefly, widened
from scoreline.estimators.validation import validate_training_data
from scoreline.models.prediction import class_scores
from scoreline.rows import Rows, SubsetRows

__all__ = ["OutOfFold", "score_out_of_fold"]


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Scores of training examples by classifiers that were trained on the other folds.

    Parameters
    ----------
    scores : array (N, C) of floats
        One score a class; NaN where a class was in no other fold.
    n_folds : int
    """

    scores: FloatArray
    n_folds: int

    @property
    def scored(self) -> Array:
        """Which examples have a score for every class, ``(N,)`` of bool: the others are not evaluated."""
        return np.asarray(np.isfinite(self.scores).all(axis=1))


def score_out_of_fold(
    classifier: LinearClassifier,
    rows: Rows,
    y: Labels,
    *,
    n_folds: int = 3,
    groups: Array | None = None,
    seed: int = 0,
) -> OutOfFold:
    """Score each example by a classifier that was trained without its fold.

    Parameters
    ----------
    classifier : LinearClassifier
        The settings, which stay as they are. Exact fits end after a few iterations: by then their accuracy hardly
        changes.
    rows : Rows (N, D)
    y : array (N,) of integers
        Labels from 0 to C - 1.
    n_folds : int, default 3
    groups : array (N,) of integers, optional
        Examples of one group are in one fold: copies (`NearDuplicates.groups`) would else vouch for one another.
    seed : int, default 0
        What the folds follow from.

    Raises
    ------
    DataError
        No class has two examples, or all are copies of one another.
    """
    counts = np.bincount(y)
    n_groups = len(y) if groups is None else len(np.unique(groups))
    n_folds = min(n_folds, n_groups, int(counts.max(initial=0)))
    if n_folds < 2 or np.count_nonzero(counts) < 2:
        raise DataError(
            f"{len(y)} examples of {np.count_nonzero(counts)} classes, {n_groups} without their copies, came to "
            "be divided into folds",
            allowed="two classes or more, one of which has two examples or more that are no copies",
            fix="give more examples",
        )
    splitter = StratifiedKFold if groups is None else StratifiedGroupKFold
    scores = np.full((len(y), len(counts)), np.nan, np.float32)
    data = validate_training_data(clone(classifier), rows, y, None)
    with warnings.catch_warnings(), data.threads():
        warnings.filterwarnings("ignore", message="The least populated class")
        folds = splitter(n_folds, shuffle=True, random_state=seed).split(np.empty((len(y), 0)), y, groups)
        rows = widened(rows)
        for train, test in folds:
            present = np.unique(y[train])
            if len(present) > 1:
                # Classes are numbered anew, since a fold may hold all examples of one.
                fold = validate_training_data(clone(classifier), SubsetRows(rows, train), y[train], None)
                found = fit_briefly(classifier, fold).scores(SubsetRows(rows, test))
                scores[np.ix_(test, present)] = class_scores(found)
    return OutOfFold(scores, n_folds)
