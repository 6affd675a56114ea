"""The strength of the penalty that is best on the validation split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.base import clone

from scoreline.data import Dataset, RowsSource
from scoreline.engine.exact.path import UNFINISHED
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.outcome import Outcome
from scoreline.engine.problem.stopping import Listener
from scoreline.errors import DataError
from scoreline.estimators.brief_fit import BriefFit
from scoreline.estimators.exact_fits import ExactFits
from scoreline.estimators.grid import Trial, grid_points, sweep_grid
from scoreline.estimators.linear import LinearClassifier
from scoreline.estimators.problem import Problem
from scoreline.estimators.validation import TrainingData, encode_labels, validate_training_data
from scoreline.estimators.warm_start import WarmStart
from scoreline.report.calibration import held_out_temperature, least_log_loss
from scoreline.runs.classifier import ANY_LAM, classifier_of
from scoreline.runs.config import RunConfig
from scoreline.runs.lam_folds import CrossValidated, cross_validate, evaluate_in_folds, worth_folds
from scoreline.runs.lam_search import (
    STRONGER,
    TRIED,
    follow,
    search_exactly,
    strongest_as_good,
    strongest_is_best,
)
from scoreline.runs.no_validation import no_validation
from scoreline.runs.pipeline import Prepared, problem_of, weights_of_features
from scoreline.runs.refit import with_validation_rows
from scoreline.runs.resolved import GIVEN, Decision

__all__ = ["LamChoice", "choose_lam", "decide_lam", "folds_help", "folds_help_for", "folds_of_given_lam"]

#: How close to its optimum each fit is brought.
ROUGHLY = 1e-2


@dataclass(frozen=True)
class LamChoice:
    """A strength, and what led to it."""

    lam: float
    #: Validation accuracy by strength, of all that were tried.
    accuracy: dict[float, float]
    #: Of the strength chosen, on validation rows, at the temperature that makes it least; NaN without such rows.
    log_loss: float
    #: What chose it in the place of that, where the validation split has few rows.
    folds: CrossValidated | None = None
    #: For scores of rows that were not trained on, by the rows that chose; see `held_out_temperature`.
    temperature: float | None = None

    @property
    def validation_accuracy(self) -> float:
        """That of the strength chosen, of a classifier trained on the training split alone."""
        return self.accuracy[self.lam]

    @property
    def held_out_accuracy(self) -> float:
        """That of the strength chosen, on the rows that chose it: in folds of all rows, or on validation rows."""
        return self.validation_accuracy if self.folds is None else self.folds.accuracy[self.lam]

    @property
    def at_the_end(self) -> bool:
        """Whether better strengths may lie beyond those tried; folds go on until weaker ones gain nothing."""
        ends = (min(self.accuracy), max(self.accuracy)) if self.folds is None else (TRIED[-1], STRONGER[-1])
        return self.lam in ends

    @property
    def why(self) -> str:
        """Why this strength, in words."""
        if self.folds is not None:
            return (
                f"the least log-loss of {len(self.folds.accuracy)} in {self.folds.n_folds}-fold cross-validation, "
                f"as validation rows are few, among those as accurate as the best, up to chance: "
                f"accuracy {self.folds.accuracy[self.lam]:.4f}"
            )
        return (
            f"the strongest of {len(self.accuracy)} that is as good as the best on validation rows, up to chance: "
            f"accuracy {self.validation_accuracy:.4f}"
        )


def choose_lam(
    config: RunConfig,
    prepared: Prepared,
    block_weights: Sequence[float] | None,
    start: WarmStart,
    listeners: Sequence[Listener] = (),
    *,
    folds_allowed: bool = True,
) -> tuple[LamChoice, WarmStart]:
    """Return the penalty whose classifier is as good as the best on held-out rows, up to chance.

    With it comes what the choice leaves to the last fit.

    Half powers of ten are tried, each roughly (`tol` at least 0.01): by mini-batches all of them, by the exact
    solver those that matter (see `scoreline.runs.lam_search.search_exactly`). Of those within half a standard
    error of the best, the strongest is chosen: weaker penalties cost more time, and what they gain within that
    error is chance. Where the strongest of all is the best, stronger ones are tried too. Where the validation
    split has few rows, that error is large: if they were drawn from the training rows, the exact solver then
    cross-validates both together (see `scoreline.runs.lam_folds`), and what is chosen has the least log-loss of
    those within half a standard error of the best. Where a listener ends the choice early, it is made by what was
    reached, and the last fit, which is ended at once, begins there.

    Parameters
    ----------
    config : RunConfig
    prepared : Prepared
        The data and their features.
    block_weights : sequence of float or None
        Of several features.
    start : WarmStart
        What has been measured of the training rows already.
    listeners : sequence of callables
        Are shown the events of all fits.
    folds_allowed : bool, default True
        Whether there is time for cross-validation.

    References
    ----------
    Breiman, Friedman, Olshen & Stone (1984), Classification and regression trees, section 3.4.3, for the rule
    (with one standard error, for the size of a tree).

    Raises
    ------
    DataError
        There is no validation split, or nothing on it can be evaluated.
    KeyboardInterrupt
        A listener has ended the choice before anything was evaluated.
    """
    if "validation" not in prepared.rows:
        raise no_validation(prepared.dataset, config.validation, "to choose lam by", "give lam as a number")
    classifier = classifier_of(config, ANY_LAM, weights_of_features(config, prepared, block_weights))
    classifier.set_params(tol=max(config.tol, ROUGHLY))
    problem = problem_of(classifier, prepared, start.statistics)
    labels = encode_labels(prepared.labels("validation"), problem.classes)
    held_out = RowsSource(prepared.rows["validation"], labels, len(problem.classes))
    reached: dict[float, Trial] = {}
    folds: CrossValidated | None = None
    fits = ExactFits.of(classifier, problem, held_out, TRIED, listeners, start)
    if fits is None:
        trials = _swept(config, classifier, problem, held_out, listeners)
        outcomes = {trial.point.lam: trial.outcome for trial in trials}
        reached = {trial.point.lam: trial for trial in trials if trial.outcome.reason is Reason.INTERRUPTED}
    else:
        if folds_allowed and folds_help(prepared):
            folds = cross_validate(classifier, _all_rows(classifier, prepared), listeners)
        outcomes = search_exactly(fits, labels) if folds is None else follow(fits, list(folds.accuracy))
    accuracy = _evaluated(outcomes, interrupted=bool(reached))
    if folds is not None and folds.lam not in accuracy:
        folds = None  # a listener has ended the choice
    lam = strongest_as_good(accuracy, len(labels)) if folds is None else folds.lam
    reached_there = BriefFit(problem.objective.folded(outcomes[lam].params), None)
    scores = reached_there.scores(prepared.rows["validation"])
    temperature = held_out_temperature(scores, labels) if folds is None else folds.temperature.get(lam)
    choice = LamChoice(lam, accuracy, least_log_loss(scores, labels), folds, temperature)
    if fits is not None:
        return choice, fits.warm_start(outcomes[lam].params)
    begin = reached_there.params if lam in reached else None
    return choice, WarmStart(begin, statistics=problem.measured)


def _swept(
    config: RunConfig,
    classifier: LinearClassifier,
    problem: Problem,
    held_out: RowsSource,
    listeners: Sequence[Listener],
) -> list[Trial]:
    """Train at all strengths by mini-batches, and at those beyond where the strongest is the best."""
    rates, trials = None if config.lr is None else np.array([config.lr]), list[Trial]()
    for lams in (TRIED, STRONGER):
        points = grid_points([config.solver], lams, rates)
        trials += sweep_grid(classifier, problem, held_out, points, listeners=listeners)
        accuracy = {trial.point.lam: trial.outcome.validation_accuracy for trial in trials if trial.healthy}
        interrupted = any(trial.outcome.reason in UNFINISHED for trial in trials)
        if interrupted or max(accuracy, default=0.0) < lams[0] or not strongest_is_best(accuracy):
            break
    return trials


def _all_rows(classifier: LinearClassifier, prepared: Prepared) -> TrainingData:
    """Return training and validation rows, for folds to divide."""
    both = with_validation_rows(prepared)
    return validate_training_data(classifier, both.training_rows, both.training_labels, None)


def folds_of_given_lam(
    config: RunConfig, classifier: LinearClassifier, prepared: Prepared, listeners: Sequence[Listener] = ()
) -> CrossValidated | None:
    """Return what folds say of a classifier whose strength was given, which stays as it is; None as in choices."""
    classifier = clone(classifier).set_params(tol=max(config.tol, ROUGHLY))
    return evaluate_in_folds(classifier, _all_rows(classifier, prepared), listeners)


def _evaluated(outcomes: Mapping[float, Outcome], *, interrupted: bool) -> dict[float, float]:
    """Return the validation accuracy of all strengths that have one, the strongest first."""
    accuracy = {lam: outcomes[lam].validation_accuracy for lam in sorted(outcomes, reverse=True)}
    accuracy = {lam: found for lam, found in accuracy.items() if np.isfinite(found)}
    if accuracy:
        return accuracy
    if interrupted:
        raise KeyboardInterrupt("lam was being chosen")
    raise DataError(
        "No strength of the penalty could be evaluated",
        allowed="data that a classifier can be trained on",
        fix="give lam as a number, and see what training says",
    )


def folds_help(prepared: Prepared) -> bool:
    """Tell whether cross-validation chooses better than the validation split: where that is small.

    Rows that may belong together are not divided: pairs, and validation rows that came with the data. Nor are
    those of a user's own features, which may have learned from the labels of the training split.
    """
    if prepared.pairs or prepared.extractor.modules():
        return False
    return folds_help_for(prepared.dataset, prepared.rows["validation"].shape[1])


def folds_help_for(dataset: Dataset, n_features: int) -> bool:
    """Tell the same of so many features that do not learn from labels."""
    if dataset.validation is None or not dataset.drawn:
        return False
    held_out = dataset.validation.y
    return worth_folds(n_features, np.concatenate([dataset.train.y, held_out]), len(held_out))


def decide_lam(
    config: RunConfig,
    prepared: Prepared,
    block_weights: Sequence[float] | None,
    start: WarmStart,
    listeners: Sequence[Listener] = (),
    *,
    folds_allowed: bool = True,
) -> tuple[Decision[float], LamChoice | None, WarmStart]:
    """Return the strength, how it was chosen where ``"auto"`` asked for that, and what is left to the last fit."""
    if config.lam != "auto":
        return Decision(value=config.lam, why=GIVEN), None, start
    choice, start = choose_lam(config, prepared, block_weights, start, listeners, folds_allowed=folds_allowed)
    return Decision(value=choice.lam, why=choice.why), choice, start
