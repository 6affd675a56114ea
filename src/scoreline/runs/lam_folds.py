"""What folds of all rows say of strengths, where the validation split has too few rows to tell."""

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
from scoreline.runs.lam_search import MARGIN, STRONGER, TRIED, standard_error

__all__ = ["N_FOLDS", "CrossValidated", "cross_validate", "evaluate_in_folds", "worth_folds"]

#: Validation rows below which folds decide: the standard error of an accuracy of 0.7 on 1,000 rows is 1.4 points.
#: Over five seeds of each of eight problems of 100 to 1,000 rows, test accuracy was 2.3 points below that of the
#: best strength by the strongest as good on the validation split, 1.1 by its log-loss, and 0.4 by five folds. With
#: 500 validation rows (5,000 embeddings) it was .742 by the first rule, .758 by folds.
FEW_ROWS = 1000
N_FOLDS = 5
#: Rows or features, whichever are fewer, and numbers of all rows, beyond which so many fits take longer than they
#: are worth: moments are those of the rows where these are fewer than their features.
MOST_ROWS, MOST_NUMBERS = 4096, 1 << 26
#: Strengths in a row that are no better, after which weaker ones are not tried; and the share of the log-loss that
#: a better one gains. Of rows that can be told apart, it falls by ever less, and fits at weak strengths take
#: longest: of 450 images with 5,406 features, eight of 17 strengths took 21 of 30 s, and gained nothing.
PATIENCE, GAIN = 2, 0.01


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
    small = min(n_features, len(y)) <= MOST_ROWS and len(y) * n_features <= MOST_NUMBERS
    # A class must be known to every fold's classifier, and has its rows in as many folds as it can.
    return n_validation < FEW_ROWS and small and int(np.bincount(y).min()) > 1


def cross_validate(
    classifier: LinearClassifier, data: TrainingData, listeners: Sequence[Listener] = ()
) -> CrossValidated | None:
    """Fit at strengths from the strongest down, in every fold, until weaker ones are no better.

    Where the strongest would be chosen, stronger ones follow for as long as that is so. Log-losses are those of
    scores divided by the temperature that makes them least: it does not matter then how large the scores of a loss
    are, and unlike accuracies they differ smoothly from strength to strength.

    Parameters
    ----------
    classifier : LinearClassifier
        The settings.
    data : TrainingData
        That are `worth_folds`.
    listeners : sequence of callables
        Are shown the events of all fits.

    Returns
    -------
    CrossValidated or None
        Of the strengths that all folds have finished; None where a listener ended the first, or the solver is not
        the exact one.
    """
    folds = _Folds(classifier, data, listeners)
    majority = np.bincount(data.y).max() / len(data.y)
    nothing = majority + MARGIN * standard_error(majority, len(data.y))
    least, most, since = math.inf, 0.0, 0
    for lam in TRIED.tolist():
        if not folds.evaluate(lam):
            return folds.found
        better = folds.log_loss[lam] < (1 - GAIN) * least or folds.accuracy[lam] > most
        since = 0 if better or most <= nothing else since + 1
        least, most = min(least, folds.log_loss[lam]) if better else least, max(most, folds.accuracy[lam])
        if since >= PATIENCE:
            break
    for lam in STRONGER.tolist():
        found = folds.found
        if found is None or found.lam < max(found.accuracy) or not folds.evaluate(lam):
            break
    return folds.found


def evaluate_in_folds(
    classifier: LinearClassifier, data: TrainingData, listeners: Sequence[Listener] = ()
) -> CrossValidated | None:
    """Fit in every fold at the strength that the classifier has; see `cross_validate`."""
    folds = _Folds(classifier, data, listeners)
    folds.evaluate(float(classifier.lam))
    return folds.found


class _Folds:
    """The fits of all folds, and what they say of the strengths that were asked for so far."""

    def __init__(self, classifier: LinearClassifier, data: TrainingData, listeners: Sequence[Listener]) -> None:
        self._y = data.y
        self._folds = [_Fold(classifier, data, rest, test, listeners) for rest, test in _split(data.y, classifier)]
        self.accuracy: dict[float, float] = {}
        self.log_loss: dict[float, float] = {}
        self._temperature: dict[float, float | None] = {}

    def evaluate(self, lam: float) -> bool:
        """Score all rows at a strength, each without its fold; return whether all fits were finished."""
        scores: FloatArray | None = None
        for fold in self._folds:
            found = fold.scores(lam)
            if found is None:
                return False
            if scores is None:
                scores = np.empty((len(self._y), found.shape[1]))
            scores[fold.test] = found
        assert scores is not None  # noqa: S101 - there are two folds at least
        self.accuracy[lam] = float(np.mean(scores.argmax(axis=1) == self._y))
        self.log_loss[lam] = least_log_loss(scores, self._y)
        self._temperature[lam] = held_out_temperature(scores, self._y)
        return True

    @property
    def found(self) -> CrossValidated | None:
        """What folds say so far; None before the first strength."""
        lams = sorted(self.accuracy, reverse=True)
        if not lams:
            return None
        return CrossValidated(
            {lam: self.accuracy[lam] for lam in lams},
            {lam: self.log_loss[lam] for lam in lams},
            len(self._y),
            len(self._folds),
            {lam: self._temperature[lam] for lam in lams},
        )


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
        """Return one score a class of the fold's rows; None where a listener ended the fit, or there are none."""
        if self.fits is None:
            return None
        outcome = self.fits.fit(lam)
        if outcome.reason in UNFINISHED:
            return None
        return class_scores(BriefFit(self.problem.objective.folded(outcome.params), None).scores(self.held_out))


def _split(y: Labels, classifier: LinearClassifier) -> list[tuple[Array, Array]]:
    """Return the places that each fold trains on and holds out; each class has rows in as many as can be."""
    n_folds = min(N_FOLDS, int(np.bincount(y).max()))
    splitter = StratifiedKFold(n_folds, shuffle=True, random_state=draw_seed(classifier.random_state) % (1 << 32))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")
        warnings.filterwarnings("ignore", message="The least populated class")
        return list(splitter.split(np.empty((len(y), 0)), y))
