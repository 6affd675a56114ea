"""The strength that is best in cross-validation, where the validation split has too few rows to tell."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.model_selection import StratifiedKFold

from scoreline._typing import Array, FloatArray, Labels
from scoreline.engine.exact.path import UNFINISHED
from scoreline.engine.problem.stopping import Listener
from scoreline.estimators.brief_fit import BriefFit
from scoreline.estimators.exact_fits import ExactFits
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import assemble, draw_seed
from scoreline.estimators.validation import TrainingData
from scoreline.models.prediction import class_scores
from scoreline.report.calibration import held_out_temperature, least_log_loss
from scoreline.rows import SubsetRows
from scoreline.runs.lam_search import MARGIN, TRIED, standard_error

__all__ = ["N_FOLDS", "CrossValidated", "cross_validate", "worth_folds"]

#: Validation rows below which folds decide: the standard error of an accuracy of 0.7 on 1,000 rows is 1.4 points.
#: Over five seeds of each of eight problems of 100 to 1,000 rows, test accuracy was 2.3 points below that of the
#: best strength by the strongest as good on the validation split, 1.1 by its log-loss, and 0.4 by five folds. With
#: 500 validation rows (5,000 embeddings) it was .742 by the first rule, .758 by folds.
FEW_ROWS = 1000
N_FOLDS = 5
#: Features, and numbers of all rows, beyond which so many fits take longer than they are worth.
MOST_FEATURES, MOST_NUMBERS = 4096, 1 << 24
#: Strengths in a row that are no better, after which weaker ones are not tried.
PATIENCE = 2


@dataclass(frozen=True)
class CrossValidated:
    """What folds say of strengths: accuracy and log-loss of all rows, each scored without its fold."""

    #: By strength, strongest first.
    accuracy: dict[float, float]
    log_loss: dict[float, float]
    n_rows: int
    n_folds: int = N_FOLDS
    #: For the scores of each strength; see `held_out_temperature`.
    temperature: dict[float, float | None] = field(default_factory=dict)

    @property
    def lam(self) -> float:
        """The strength of the least log-loss among those whose accuracy is that of the best, up to chance."""
        best = max(self.accuracy.values())
        enough = best - MARGIN * standard_error(best, self.n_rows)
        return min((lam for lam, found in self.accuracy.items() if found >= enough), key=self.log_loss.__getitem__)


def worth_folds(n_features: int, y: Labels, n_validation: int) -> bool:
    """Tell whether few of the rows are for validation, and all can be fitted many times at little cost."""
    small = n_features <= MOST_FEATURES and len(y) * n_features <= MOST_NUMBERS
    # A class must be known to every fold's classifier.
    return n_validation < FEW_ROWS and small and int(np.bincount(y).min()) >= N_FOLDS


def cross_validate(
    classifier: LinearClassifier, data: TrainingData, listeners: Sequence[Listener] = ()
) -> CrossValidated | None:
    """Fit at strengths from the strongest down, in every fold, until weaker ones are no better.

    Log-losses are those of scores divided by the temperature that makes them least: it does not matter then how
    large the scores of a loss are, and unlike accuracies they differ smoothly from strength to strength.

    Parameters
    ----------
    classifier : LinearClassifier
        The settings; its solver is exact.
    data : TrainingData
        That are `worth_folds`.
    listeners : sequence of callables
        Are shown the events of all fits.

    Returns
    -------
    CrossValidated or None
        Of the strengths that all folds have finished; None where a listener ended the first.
    """
    folds = [_Fold(classifier, data, rest, test, listeners) for rest, test in _folds(data.y, classifier)]
    accuracy: dict[float, float] = {}
    log_loss: dict[float, float] = {}
    temperature: dict[float, float | None] = {}
    majority = np.bincount(data.y).max() / len(data.y)
    nothing = majority + MARGIN * standard_error(majority, len(data.y))
    least, most, since = math.inf, 0.0, 0
    for lam in TRIED.tolist():
        scores = _scores(folds, lam, len(data.y))
        if scores is None:
            break
        accuracy[lam] = float(np.mean(scores.argmax(axis=1) == data.y))
        log_loss[lam] = least_log_loss(scores, data.y)
        temperature[lam] = held_out_temperature(scores, data.y)
        better = log_loss[lam] < least or accuracy[lam] > most
        since = 0 if better or most <= nothing else since + 1
        least, most = min(least, log_loss[lam]), max(most, accuracy[lam])
        if since >= PATIENCE:
            break
    return CrossValidated(accuracy, log_loss, len(data.y), temperature=temperature) if accuracy else None


class _Fold:
    """The fits of one fold, and the rows that they are evaluated on."""

    def __init__(
        self,
        classifier: LinearClassifier,
        data: TrainingData,
        rest: Array,
        test: Array,
        listeners: Sequence[Listener],
    ) -> None:
        self.test, self.held_out = test, SubsetRows(data.rows, test)
        self.problem = assemble(classifier, data.take(rest), seed=draw_seed(classifier.random_state))
        self.fits = ExactFits.of(classifier, self.problem, None, TRIED, listeners)

    def scores(self, lam: float) -> FloatArray | None:
        """Return one score a class of the fold's rows; None where a listener ended the fit."""
        assert self.fits is not None  # noqa: S101 - the solver is exact
        outcome = self.fits.fit(lam)
        if outcome.reason in UNFINISHED:
            return None
        return class_scores(BriefFit(self.problem.objective.folded(outcome.params), None).scores(self.held_out))


def _folds(y: Labels, classifier: LinearClassifier) -> list[tuple[Array, Array]]:
    splitter = StratifiedKFold(N_FOLDS, shuffle=True, random_state=draw_seed(classifier.random_state) % (1 << 32))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")
        return list(splitter.split(np.empty((len(y), 0)), y))


def _scores(folds: Sequence[_Fold], lam: float, n_rows: int) -> FloatArray | None:
    """Return the scores of all rows, each by the classifier that was trained without it."""
    scores: FloatArray | None = None
    for fold in folds:
        found = fold.scores(lam)
        if found is None:
            return None
        if scores is None:
            scores = np.empty((n_rows, found.shape[1]))
        scores[fold.test] = found
    return scores
