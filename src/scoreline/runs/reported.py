"""A run as its report sees it: just trained, or read from its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scoreline.data import Dataset, Progress
from scoreline.models import SavedModel
from scoreline.report.metrics import Evaluation, evaluate_rows
from scoreline.runs.config import RunConfig
from scoreline.runs.extraction import FeatureCache
from scoreline.runs.folder import RunFolder
from scoreline.runs.loaded import load_run
from scoreline.runs.pipeline import Prepared, evaluation_split, extracted, in_place
from scoreline.runs.predictions import facts_of_rows
from scoreline.runs.recorded import RecordedRun, read_history
from scoreline.runs.resolved import Resolved
from scoreline.runs.result import RunResult

__all__ = ["ReportedRun"]


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """All that the figures and the page of a run are made of."""

    folder: RunFolder
    #: What was asked, and with nothing left open.
    request: RunConfig
    settings: RunConfig
    #: The command that comes to the same: where a recipe was searched for, that of the recipe.
    command: str
    recorded: RecordedRun
    model: SavedModel
    prepared: Prepared
    evaluations: Mapping[str, Evaluation]
    history: Mapping[str, Sequence[float]]
    #: What is different in the data since the training.
    changes: tuple[str, ...] = ()

    @classmethod
    def of(cls, result: RunResult) -> ReportedRun:
        """Take a run that was just trained."""
        return cls(
            result.folder,
            result.request,
            result.settings,
            result.recipe.command() if result.found else result.settings.command(),
            RecordedRun.of(result.metrics()),
            result.model,
            result.prepared,
            result.evaluations,
            result.classifier.history_.columns(),
        )

    @classmethod
    def read(
        cls,
        run: Path,
        *,
        data_dir: Path | None = None,
        trust: Iterable[str] = (),
        progress: Progress | None = None,
    ) -> ReportedRun:
        """Read a finished run, its model and its data, and evaluate it anew; see `scoreline.runs.loaded.load_run`.

        Raises
        ------
        ModelError
            There is no usable model in `run`, or one of its files is damaged.
        DataError
            The data cannot be used, or are no longer where they were.
        """
        folder = RunFolder.open(run)
        folder.check_writable()
        recorded, history, resolved = RecordedRun.read(run), read_history(run), Resolved.read(run)
        loaded = load_run(run, data_dir=data_dir, trust=trust, progress=progress)
        request, model = folder.read_config(), loaded.model
        settings = request if resolved is None else resolved.settings(request)
        recipe = request if resolved is None else resolved.recipe(request)
        dataset = in_place(loaded.dataset, settings)
        prepared = extracted(settings, dataset, loaded.examples.extractor, FeatureCache.of_user(), progress)
        return cls(
            folder,
            request,
            settings,
            recipe.command() if request.searches else settings.command(),
            RecordedRun() if recorded is None else recorded,
            model,
            prepared,
            {
                name: evaluate_rows(facts_of_rows(model, rows, prepared.labels(name)), model.classes, split=name)
                for name, rows in prepared.rows.items()
            },
            history,
            tuple(loaded.changes),
        )

    @property
    def dataset(self) -> Dataset:
        """The data."""
        return self.prepared.dataset

    @property
    def images(self) -> bool:
        """Whether the examples are images."""
        return len(self.dataset.example_shape) == 3

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation that counts: on test, else validation, else training data."""
        return self.evaluations[evaluation_split(self.prepared.rows)]

    @property
    def accuracies(self) -> dict[str, float]:
        """Accuracy by split; after a refit, that on validation is from before it."""
        found = {name: evaluation.accuracy for name, evaluation in self.evaluations.items()}
        chosen = self.recorded.validation_accuracy
        if "validation" not in found and chosen is not None:
            found["validation"] = chosen
        return {name: found[name] for name in ("train", "validation", "test") if name in found}
