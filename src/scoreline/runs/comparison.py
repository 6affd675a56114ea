"""Several classifiers side by side on the same split."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from itertools import product
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from scoreline._typing import Array
from scoreline.data import Dataset, Progress, load_dataset
from scoreline.data.options import no_progress
from scoreline.engine.problem.events import Reason
from scoreline.engine.problem.stopping import Job, Listener, begin_job
from scoreline.errors import DivergedError, UnknownNameError
from scoreline.kernels.threads import limited_threads
from scoreline.report.metrics import accuracy
from scoreline.rows import Rows, gathered
from scoreline.runs.config import AXES, RunConfig
from scoreline.runs.data_record import TrainedOn
from scoreline.runs.extraction import FeatureCache
from scoreline.runs.pipeline import Prepared, evaluation_split, prepare
from scoreline.runs.preconditions import check_settings
from scoreline.runs.resolution import fit_resolved, resolve, validated
from scoreline.runs.state import digest

__all__ = ["BASELINES", "Row", "compare", "ranked", "ranking_name"]


def nearest_neighbours(k: int) -> Any:
    """Return scikit-learn's k-nearest-neighbour classifier, by Euclidean distance and brute force."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(n_neighbors=k, algorithm="brute")


def _nearest(k: int) -> Callable[[], Any]:
    return lambda: nearest_neighbours(k)


#: Classifiers to measure against, by name.
BASELINES: Mapping[str, Callable[[], Any]] = MappingProxyType({"1-nn": _nearest(1), "5-nn": _nearest(5)})


@dataclass(frozen=True, eq=False)
class Row:
    """One classifier of a comparison; what was not measured is None."""

    name: str
    settings: Mapping[str, str]
    #: What `accuracy` was measured on: test where there is such a split, else validation, else train.
    split: str
    #: Not to choose by: of the rows of a comparison, it should be looked at for the best alone.
    accuracy: float | None = None
    train_accuracy: float | None = None
    objective: float | None = None
    epochs: int | None = None
    #: Of training, the choice of `lam` included.
    seconds: float = 0.0
    #: Of learning and extracting the features of all splits.
    feature_seconds: float = 0.0
    remark: str = ""
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    #: Numbers that an example is described by.
    n_features: int | None = None
    #: Chosen on validation.
    lam: float | None = None
    #: Of a classifier trained on the training split alone; None where there is no validation split.
    validation_accuracy: float | None = None
    #: Of the rows of both, each scored without its fold, where folds have chosen `lam`.
    folds_accuracy: float | None = None
    #: Number of examples that each accuracy is of, by ``validation``, ``folds``, ``train`` and `split`.
    examples: Mapping[str, int] = field(default_factory=dict)
    #: Whether its training was ended early, by a listener.
    interrupted: bool = False

    def accuracy_by(self, name: str) -> float | None:
        """The accuracy in ``folds``, on ``validation``, or, by any other name, on `split`."""
        held_out = {"folds": self.folds_accuracy, "validation": self.validation_accuracy}
        return held_out.get(name, self.accuracy)


def ranking_name(rows: Sequence[Row]) -> str:
    """Return what rows are to be ranked by: folds where all have such an accuracy, validation rows where any has.

    Else, where there is no validation split, it is the split of `Row.accuracy`. Rows that diverged have none.
    """
    evaluated = [row for row in rows if row.accuracy is not None]
    if evaluated and all(row.folds_accuracy is not None for row in evaluated):
        return "folds"
    if any(row.validation_accuracy is not None for row in rows):
        return "validation"
    return rows[0].split


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Return the best by `ranking_name` first, then those that were interrupted, at last those that diverged."""
    name = ranking_name(rows) if rows else ""

    def place(row: Row) -> tuple[bool, bool, float]:
        accuracy = row.accuracy_by(name)
        return accuracy is None, row.interrupted, -(accuracy or 0.0)

    return sorted(rows, key=place)


def compare(
    base: RunConfig,
    axes: Mapping[str, Sequence[Any]],
    baselines: Sequence[str] = (),
    *,
    dataset: Dataset | None = None,
    listeners: Sequence[Listener] = (),
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Train every combination of the axes and every baseline on the same split, one after the other.

    Where `lam` was chosen and there is a test split, a classifier is trained on training and validation rows in
    the end; see `scoreline.runs.refit.decide_refit`.

    Parameters
    ----------
    base : RunConfig
        The settings that the axes do not change.
    axes : mapping of str to sequence
        Values for some of `AXES`; an empty sequence leaves the setting as it is.
    baselines : sequence of str
        Names from `BASELINES`.
    dataset : Dataset, optional
        The data, if they are loaded already.
    listeners, progress
        As in `scoreline.runs.training.train_run`.

    Yields
    ------
    Row
        As soon as it is measured; `ranked` orders them. A configuration that diverges gives a row that says so,
        and nothing follows upon one whose training a listener has ended.

    Raises
    ------
    UnknownNameError
        There is no such baseline.
    ScorelineError
        The data or a setting cannot be used.
    """
    for name in baselines:
        if name not in BASELINES:
            raise UnknownNameError.of("baseline", name, BASELINES)
    varied = {name: list(axes[name]) for name in AXES if axes.get(name)}
    configs = [base.changed(**dict(zip(varied, values, strict=True))) for values in product(*varied.values())]
    for config in configs:
        check_settings(config)
    progress = progress or no_progress
    if dataset is None:
        dataset = load_dataset(base.data, base.load_options(), progress=progress)
    return _rows(configs, list(varied), dataset, baselines, listeners, progress)


def _rows(
    configs: Sequence[RunConfig],
    varied: Sequence[str],
    dataset: Dataset,
    baselines: Sequence[str],
    listeners: Sequence[Listener],
    progress: Progress,
) -> Iterator[Row]:
    total = len(configs) + len(baselines)
    prepared: dict[str, tuple[Prepared, float]] = {}
    last_use = {config.features: place for place, config in enumerate(configs)}
    if baselines:
        last_use[configs[0].features] = len(configs)
    fingerprint = cache(lambda: TrainedOn.of(configs[0].data, dataset).record.fingerprint)

    def extracted(config: RunConfig) -> tuple[Prepared, float]:
        if config.features not in prepared:  # features are extracted once, whatever is trained on them
            prepared[config.features] = _timed(config, dataset, progress)
        return prepared[config.features]

    for place, config in enumerate(configs):
        progress("Comparing classifiers", place, total)
        settings = {name: _text(getattr(config, name)) for name in varied}
        job = begin_job(listeners, partial(_identity, config, "", fingerprint))
        with limited_threads(config.threads):
            row = _kept_row(job) or _trained(config, settings, *extracted(config), listeners)
        _keep_row(job, row)
        yield row
        if row.interrupted:
            return
        if last_use[config.features] == place:  # rows of one kind of features may be all that memory holds
            prepared.pop(config.features, None)
    for place, name in enumerate(baselines, len(configs)):
        progress("Comparing classifiers", place, total)
        job = begin_job(listeners, partial(_identity, configs[0], name, fingerprint))
        with limited_threads(configs[0].threads):
            row = _kept_row(job) or _baseline(name, *extracted(configs[0]))
        _keep_row(job, row)
        yield row


def _identity(config: RunConfig, baseline: str, fingerprint: Callable[[], str]) -> str:
    """Return a digest of what a row follows from."""
    return digest(config, baseline, fingerprint())


def _kept_row(job: Job) -> Row | None:
    """Return the row that an earlier process has finished."""
    return None if job.found is None else TypeAdapter(Row).validate_json(job.found["row"].tobytes())


def _keep_row(job: Job, row: Row) -> None:
    if job.found is None:
        job.reached(lambda: {"row": np.frombuffer(json.dumps(asdict(row)).encode(), np.uint8)})


def _timed(config: RunConfig, dataset: Dataset, progress: Progress) -> tuple[Prepared, float]:
    """Return the features of the data and the seconds that they took, nothing being found in a cache."""
    begun = time.perf_counter()
    return prepare(config, dataset, kept=FeatureCache(None), progress=progress), time.perf_counter() - begun


def _trained(
    config: RunConfig,
    settings: Mapping[str, str],
    prepared: Prepared,
    feature_seconds: float,
    listeners: Sequence[Listener],
) -> Row:
    name = " ".join(_named(*setting) for setting in settings.items()) or config.loss
    split, n_features = evaluation_split(prepared.rows), prepared.rows["train"].shape[1]
    begun = time.perf_counter()
    resolution, start = resolve(config, prepared, listeners)
    resolved, choice, classifier = resolution.resolved, resolution.lam_choice, resolution.classifier
    refit = resolved.refit.value
    examples = _counts(prepared)
    row = Row(name, settings, split, feature_seconds=feature_seconds, n_features=n_features, examples=examples)
    remarks = []
    if choice is not None:
        row = replace(row, lam=choice.lam, validation_accuracy=choice.validation_accuracy)
        remarks = [f"lam {choice.lam:.3g} chosen"]
    if choice is not None and choice.folds is not None:
        examples = examples | {"folds": choice.folds.n_rows}
        row = replace(row, folds_accuracy=choice.held_out_accuracy, examples=examples)
    if refit and choice is None:  # validation rows have not been used yet
        try:
            row = replace(row, validation_accuracy=validated(resolution, prepared, listeners).accuracy)
        except DivergedError:
            return replace(row, remark="diverged", seconds=time.perf_counter() - begun)
    prepared = resolution.prepared
    diverged = fit_resolved(resolution, start, listeners).diverged
    del start  # moments may be gigabytes, and nothing behind the fit needs them
    row = replace(row, seconds=time.perf_counter() - begun, history=classifier.history_.columns())
    if diverged:
        unmeasured = replace(row, validation_accuracy=None, folds_accuracy=None)
        return replace(unmeasured, remark="diverged", epochs=classifier.n_iter_)
    row = replace(row, interrupted=classifier.stop_reason_ is Reason.INTERRUPTED)
    if not refit and "validation" in prepared.rows:
        row = replace(row, validation_accuracy=_accuracy(classifier, prepared, "validation"))
    remarks += ["refitted"] if refit else []
    remarks += [] if classifier.solver_.reason == "given" else [f"{classifier.solver_.name} chosen"]
    remarks += ["did not reach tol"] if classifier.warnings_ else []
    remarks += ["interrupted"] if row.interrupted else []
    return replace(
        row,
        epochs=classifier.n_iter_,
        accuracy=_accuracy(classifier, prepared, split),
        train_accuracy=_accuracy(classifier, prepared, "train"),
        objective=classifier.objective_,
        remark=", ".join(remarks),
        examples={**examples, "train": len(prepared.labels("train"))},
    )


def _counts(prepared: Prepared) -> dict[str, int]:
    return {split: len(prepared.labels(split)) for split in prepared.rows}


def _accuracy(classifier: Any, prepared: Prepared, split: str) -> float:
    return accuracy(prepared.labels(split), classifier.predict(prepared.rows[split]))


def _baseline(name: str, prepared: Prepared, feature_seconds: float) -> Row:
    floats = {split: _floats(rows) for split, rows in prepared.rows.items()}
    classifier, split = BASELINES[name](), evaluation_split(prepared.rows)

    def evaluated(split: str) -> float:
        return accuracy(prepared.labels(split), classifier.predict(floats[split]))

    begun = time.perf_counter()
    classifier.fit(floats["train"], prepared.labels("train"))
    found = evaluated(split)
    seconds = time.perf_counter() - begun
    return Row(
        name,
        {"baseline": name},
        split,
        found,
        seconds=seconds,
        feature_seconds=feature_seconds,
        remark="baseline",
        n_features=floats["train"].shape[1],
        validation_accuracy=evaluated("validation") if "validation" in floats else None,
        examples=_counts(prepared),
    )


def _floats(rows: Rows) -> Array:
    return gathered(rows).read(0, len(rows)).astype(np.float32)


def _named(setting: str, value: str) -> str:
    """Return a part of a row's name: what is a number or auto needs to say of what."""
    return f"{setting}={value}" if setting in ("lam", "lr") else value


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
