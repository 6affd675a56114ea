"""The main job: from settings to a trained, evaluated and reported classifier in a folder."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from scoreline.data import Dataset, MemorySource, Progress, load_dataset, write_rejected
from scoreline.data.description import describe
from scoreline.data.options import no_progress
from scoreline.engine.minibatch.sanity import SanityCheck, check_fall, check_first_loss, check_overfit
from scoreline.engine.problem.stopping import Listener, begin_with_data
from scoreline.errors import DivergedError
from scoreline.estimators import LinearClassifier
from scoreline.estimators.problem import Problem
from scoreline.kernels.threads import limited_threads, waiting_limited
from scoreline.losses import LOSSES
from scoreline.models import SavedModel
from scoreline.report.metrics import Evaluation, evaluate_rows
from scoreline.runs.config import RunConfig
from scoreline.runs.data_record import TrainedOn, digests_of, joined_digests
from scoreline.runs.folder import RunFolder, data_title
from scoreline.runs.pipeline import Prepared, evaluation_split, in_place, prepare, save_model
from scoreline.runs.preconditions import check_settings
from scoreline.runs.predictions import PREDICTION_COLUMNS, facts_of_rows, prediction_rows
from scoreline.runs.recipes import Found, search_recipes
from scoreline.runs.recipes.leaderboard import COLUMNS, csv_rows
from scoreline.runs.refit import check_refit
from scoreline.runs.reporting import write_figures_and_report
from scoreline.runs.resolution import Resolution, fit_resolved, resolve
from scoreline.runs.resolved import RESOLVED_FILE
from scoreline.runs.result import RunResult, Timings
from scoreline.runs.resumption import claim_run
from scoreline.runs.time_budget import Clock

__all__ = ["train_run"]

#: Rows that the sanity checks look at, at most and at least, and numbers in them beyond which they are fewer.
SANITY_ROWS, FEWEST_ROWS, SANITY_ENTRIES = 2000, 20, 1 << 22
#: Features that they look at, at most and at least, and weights beyond which they are fewer.
SANITY_FEATURES, FEWEST_FEATURES, SANITY_WEIGHTS = 1 << 19, 256, 1 << 22


def train_run(
    config: RunConfig,
    out: Path | None = None,
    *,
    listeners: Sequence[Listener] = (),
    progress: Progress | None = None,
    on_evaluated: Callable[[RunResult], None] | None = None,
    clock: Clock | None = None,
) -> RunResult:
    """Train a classifier, evaluate it and write the run's folder.

    The folder is claimed before anything is loaded, and the model is the first of the results that it receives.
    Where `out` holds a run of the same settings that was interrupted, that run goes on, and comes to the same bits
    as it would have; see `scoreline.runs.checkpoint`.

    With features ``auto``, the best recipe that the budget allows is found first; see `scoreline.runs.recipes`.

    Where the validation split chose `lam` or the weights of blocks and there is a test split, the classifier is
    then trained on training and validation rows; see `scoreline.runs.refit.decide_refit`.

    Parameters
    ----------
    config : RunConfig
        What to do.
    out : path, optional
        The run's folder, new, empty or of a run that was interrupted; by default ``runs/<data>-<loss>-<number>``.
    listeners : sequence of callables
        Are shown the training's events; one that answers with a `Reason` ends the training, and the weights so far
        are evaluated and saved.
    progress : callable, optional
        Called as ``progress(what, done, total)`` while data are loaded, and after training for each further step.
    on_evaluated : callable, optional
        Is given the result as soon as the classifier is evaluated, and once more with the findings of its report.
        Whatever prevents the rest from being written raises after that.
    clock : Clock, optional
        Says when the budget of a recipe search began; by default it begins with this call.

    Raises
    ------
    ScorelineError
        The settings or the data cannot be used; then there is no folder. Or training diverged; then it holds the
        history so far.
    OutputError
        Some results could not be written; the message names them, what was kept, and how good the classifier is.
    """
    check_settings(config)
    config, claimed = claim_run(config, out, f"{data_title(config.data)}-{config.loss}")
    with claimed as folder, limited_threads(config.threads):
        clock = folder.checkpoints.recorded(clock or Clock.started())
        trained = _train(config, folder, [*listeners, folder.checkpoints], progress or no_progress, clock)
        report = on_evaluated or (lambda _: None)
        with waiting_limited(trained.resolution.settings.threads):
            result = _evaluated(trained, folder, progress or no_progress)
            report(result)
            result = _reported(result, progress or no_progress)
        report(result)
        folder.check(result.headline())
    return result


@dataclass(frozen=True, eq=False)
class _Trained:
    """A resolution whose classifier is trained, and what was found out on the way."""

    resolution: Resolution
    trained_on: TrainedOn
    sanity: tuple[SanityCheck, ...]
    #: When it began, and seconds until the data were loaded and of choices and fit.
    begun: float
    load: float
    fit: float
    #: What the search for a recipe has come to, where there was one.
    found: Found | None
    #: The description of the data as they were read.
    described: dict[str, Any]


def _train(
    config: RunConfig, folder: RunFolder, listeners: Sequence[Listener], progress: Progress, clock: Clock
) -> _Trained:
    """Resolve what was asked, check and train. What choices leave to the fit is gone at the end of this."""
    begun = time.perf_counter()
    config = config.with_absolute_features()  # as the model's state names them
    if not folder.config_file.is_file():  # else the run goes on, if it does, with what it has
        folder.describe("config.yaml", config.anchored().write)
        folder.check()
    dataset = load_dataset(config.data, config.load_options(), progress=progress)
    config = config.anchored()
    check_refit(config, dataset)
    dataset = in_place(dataset, config)
    digests = digests_of(dataset)
    read = TrainedOn.with_digests(config.data, dataset, digests)
    begin_with_data(listeners, lambda: read.record.fingerprint)
    if folder.read_config().data != config.data:  # they have moved since it was interrupted
        folder.describe("config.yaml", config.write)
    folder.describe("rejected.csv", lambda path: write_rejected(path, dataset.rejected, dataset.passed_over))
    folder.check()
    found: Found | None = None
    if config.searches:
        loaded = time.perf_counter()
        resolution, start, found = search_recipes(config, dataset, clock, listeners, progress)
        folder.checkpoints.flush()  # with the readings that it has decided by: it stands before files tell of it
    else:
        prepared = prepare(config, dataset, progress=progress)
        loaded = time.perf_counter()
        if config.lam == "auto" or config.block_weights == "auto":
            progress("Choosing by the validation split", 0, 0)
        resolution, start = resolve(config, prepared, listeners)
    tuned = time.perf_counter()
    folder.describe(RESOLVED_FILE, resolution.resolved.write)
    if resolution.resolved.refit.value:
        digests = joined_digests(digests)
    trained_on = TrainedOn.with_digests(config.data, resolution.prepared.dataset, digests)
    progress("Making sanity checks", 0, 0)
    with waiting_limited(resolution.settings.threads):
        sanity = run_sanity_checks(resolution.fit.problem, config.seed)
        fitted = fit_resolved(resolution, start, listeners)
    classifier = resolution.classifier
    at_zero = LOSSES.build(resolution.settings.loss).value_at_zero(len(dataset.classes))
    sanity += (check_fall(classifier.objective_, at_zero),)
    if fitted.diverged is not None:
        folder.write_history(classifier.history_)
        folder.write_metrics(_metrics_of_divergence(classifier, sanity, dataset, fitted.diverged, folder))
        raise fitted.diverged
    seconds = tuned - loaded + fitted.seconds
    return _Trained(resolution, trained_on, sanity, begun, loaded - begun, seconds, found, describe(dataset))


def _evaluated(trained: _Trained, folder: RunFolder, progress: Progress) -> RunResult:
    """Keep the model, and evaluate it."""
    resolution = trained.resolution
    prepared, classifier = resolution.prepared, resolution.classifier
    choice = resolution.lam_choice
    model = save_model(
        resolution.settings,
        prepared,
        classifier,
        data=trained.trained_on.record.splits["train"].digest,
        temperature=None if choice is None else choice.temperature,
    )
    folder.keep("the model", lambda: model.save(folder.path))
    folder.keep("data.json", lambda: trained.trained_on.write(folder.path))
    folder.write_history(classifier.history_)
    progress("Evaluating", 0, 0)
    evaluations = evaluate_splits(model, prepared)
    return RunResult(
        folder,
        resolution.request,
        resolution.resolved,
        prepared,
        classifier,
        model,
        evaluations,
        trained.sanity,
        Timings(trained.load, trained.fit, time.perf_counter() - trained.begun),
        resolution.lam_choice,
        resolution.block_choice,
        trained.trained_on.record,
        trained.found,
        trained.described,
    )


def _metrics_of_divergence(
    classifier: LinearClassifier,
    sanity: Sequence[SanityCheck],
    dataset: Dataset,
    error: DivergedError,
    folder: RunFolder,
) -> dict[str, Any]:
    return {
        "status": "diverged",
        "warnings": [str(error)],
        "objective": classifier.objective_ if math.isfinite(classifier.objective_) else None,
        "epochs": classifier.n_iter_,
        "sanity": [asdict(check) for check in sanity],
        "data": describe(dataset),
        "run": str(folder.path),
    }


def _reported(result: RunResult, progress: Progress) -> RunResult:
    """Write what was found out about the classifier; return it with the findings of its report."""
    folder, prepared = result.folder, result.prepared
    name = evaluation_split(prepared.rows)
    folder.write_metrics(result.metrics())
    rows = prediction_rows(result.model, prepared.split(name), prepared.rows[name], name)
    folder.write_csv("predictions.csv", PREDICTION_COLUMNS, rows)
    if result.leaderboard:
        folder.write_csv("leaderboard.csv", COLUMNS, csv_rows(result.leaderboard))
    progress("Drawing figures", 0, 0)
    return replace(result, findings=write_figures_and_report(result))


def evaluate_splits(model: SavedModel, prepared: Prepared) -> dict[str, Evaluation]:
    """Return the evaluation of a model on every split."""
    return {
        name: evaluate_rows(facts_of_rows(model, rows, prepared.labels(name)), model.classes, split=name)
        for name, rows in prepared.rows.items()
    }


def run_sanity_checks(problem: Problem, seed: int) -> tuple[SanityCheck, ...]:
    """Make the lecture's checks on a sample of the rows: the first loss, and a subset to overfit.

    The objective is the one that is trained. Of very many features they look at every so many, so that they cost
    next to nothing whatever the data.
    """
    whole = problem.source
    stride = _stride(whole.n_features, whole.n_classes)
    n_chosen = min(SANITY_ROWS, max(FEWEST_ROWS, SANITY_ENTRIES // len(range(0, whole.n_features, stride))))
    chosen = np.sort(np.random.default_rng(seed).permutation(whole.n_examples)[:n_chosen])
    weight = None if whole.weight is None else whole.weight[chosen]
    source = MemorySource(whole.rows.take(chosen)[:, ::stride], whole.y[chosen], whole.n_classes, weight)
    objective = problem.objective
    if objective.standardization is not None:
        objective = replace(objective, standardization=objective.standardization.every(stride))
    return (check_first_loss(objective, source, seed), check_overfit(objective, source, seed))


def _stride(n_features: int, n_classes: int) -> int:
    """Return the distance of one feature that the checks look at from the next: coprime to their number.

    Else it might be that of the channels of an image, or of its rows.
    """
    most = min(SANITY_FEATURES, max(FEWEST_FEATURES, SANITY_WEIGHTS // n_classes))
    stride = -(-n_features // most)
    while stride > 1 and math.gcd(stride, n_features) > 1:
        stride += 1
    return stride
