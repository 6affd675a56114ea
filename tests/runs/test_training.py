"""Whole runs on small data: what the folder holds, and what goes wrong clearly."""

import csv
import json
import math
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from scoreline.data import Dataset, Split
from scoreline.engine.problem.events import Evaluated, Reason
from scoreline.errors import DataError, DivergedError, ModelError, TooManyRejectedError, UsageError
from scoreline.features import build_features
from scoreline.models import SavedModel
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.folder import RunFolder
from scoreline.runs.pipeline import Prepared, build_classifier, problem_of
from scoreline.runs.prediction import predict_images
from scoreline.runs.training import FEWEST_FEATURES, SANITY_WEIGHTS, _stride, run_sanity_checks, train_run

COLOURS = {"blue sky": (70, 130, 220), "red <b>": (200, 40, 40), "wiese": (60, 170, 60)}


def paint(path, colour, seed, size=(12, 12)):
    noise = np.random.default_rng(seed).normal(scale=40, size=(*size, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Three classes of noisy colours, 20 training and 5 test images each, two of the files broken."""
    root = tmp_path_factory.mktemp("photos")
    for number, (name, colour) in enumerate(COLOURS.items()):
        for i in range(20):
            paint(root / "train" / name / f"{i:02}.png", colour, 100 * number + i)
        for i in range(5):
            paint(root / "test" / name / f"{i}.jpg", colour, 1000 + 100 * number + i)
    whole = (root / "train" / "wiese" / "00.png").read_bytes()
    (root / "train" / "wiese" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (root / "test" / "wiese" / "empty.png").write_bytes(b"")
    return root


@pytest.fixture(scope="module")
def run(photos, tmp_path_factory):
    return train_run(RunConfig(data=str(photos)), tmp_path_factory.mktemp("run"))


class TestFolder:
    def test_all_files_are_there(self, run):
        names = {
            path.relative_to(run.folder.path).as_posix() for path in run.folder.path.rglob("*") if path.is_file()
        }
        assert names >= {
            "config.yaml",
            "metrics.json",
            "history.csv",
            "rejected.csv",
            "predictions.csv",
            "model.json",
            "model.safetensors",
            "report.html",
            "figures/loss-curves.png",
            "figures/confusion.png",
            "figures/class-templates.png",
            "figures/mistakes.png",
        }

    def test_metrics(self, run):
        metrics = json.loads(run.folder.metrics_file.read_text())
        assert metrics["accuracy"] == run.evaluation.accuracy > 0.8
        assert metrics["split"] == "test"
        assert (metrics["n_train"], metrics["n_validation"], metrics["n_test"]) == (54, 6, 15)
        assert metrics["n_rejected"] == 2
        assert metrics["environment"]["numpy"] == np.__version__
        assert set(metrics["evaluations"]) == {"train", "validation", "test"}
        assert [check["passed"] for check in metrics["sanity"]] == [True, True, True]

    def test_settings_give_the_run_again(self, run, tmp_path):
        again = train_run(run.folder.read_config(), tmp_path / "again")
        np.testing.assert_array_equal(again.model.coef, run.model.coef)
        assert (again.folder.path / "predictions.csv").read_bytes() == (
            run.folder.path / "predictions.csv"
        ).read_bytes()

    def test_predictions(self, run):
        with (run.folder.path / "predictions.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 15
        assert {row["true"] for row in rows} == set(COLOURS)
        assert np.mean([int(row["correct"]) for row in rows]) == pytest.approx(run.evaluation.accuracy)

    def test_rejected(self, run):
        with (run.folder.path / "rejected.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert {row["path"].rsplit("/", 1)[-1] for row in rows} == {"cut.png", "empty.png"}
        assert all(row["reason"] for row in rows)

    def test_history_has_a_row_an_epoch(self, run):
        with (run.folder.path / "history.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == run.classifier.n_iter_
        assert float(rows[-1]["objective"]) <= float(rows[0]["objective"])

    def test_class_names_cannot_break_the_page(self, run):
        page = run.folder.report.read_text(encoding="utf-8")
        assert "red &lt;b&gt;" in page
        assert "red <b>" not in page

    def test_folders_are_numbered_where_none_is_named(self, photos, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        names = [
            train_run(RunConfig(data=str(photos), solver="sgd", max_epochs=1)).folder.path.name for _ in range(2)
        ]
        assert names == [f"{photos.name}-softmax-1", f"{photos.name}-softmax-2"]

    def test_an_occupied_folder_is_left_alone(self, photos, tmp_path):
        (tmp_path / "thesis.txt").write_text("years of work")
        with pytest.raises(UsageError, match="not an empty folder"):
            train_run(RunConfig(data=str(photos)), tmp_path)
        assert (tmp_path / "thesis.txt").read_text() == "years of work"


class TestEndings:
    def test_divergence_leaves_the_history(self, photos, tmp_path):
        config = RunConfig(data=str(photos), loss="squared-error", solver="sgd", lr=1e4, schedule="constant")
        with pytest.raises(DivergedError):
            train_run(config, tmp_path / "run")
        assert json.loads((tmp_path / "run" / "metrics.json").read_text())["status"] == "diverged"
        assert (tmp_path / "run" / "history.csv").exists()

    def test_interrupted_run_is_evaluated_and_saved(self, photos, tmp_path):
        def stop(event):
            return Reason.INTERRUPTED if isinstance(event, Evaluated) and event.epoch == 2 else None

        result = train_run(RunConfig(data=str(photos), solver="adam"), tmp_path / "run", listeners=[stop])
        assert result.classifier.stop_reason_ is Reason.INTERRUPTED
        assert SavedModel.load(tmp_path / "run").classes == tuple(sorted(COLOURS))
        assert json.loads((tmp_path / "run" / "metrics.json").read_text())["status"] == "interrupted"

    def test_too_many_bad_images(self, photos, tmp_path):
        with pytest.raises(TooManyRejectedError, match="2 of 77 images"):
            train_run(RunConfig(data=str(photos), max_rejected=0.01), tmp_path / "run")

    def test_no_data_no_folder(self, tmp_path):
        with pytest.raises(DataError):
            train_run(RunConfig(data=str(tmp_path / "nothing")), tmp_path / "run")
        assert not (tmp_path / "run").exists()


class TestEvaluation:
    def test_own_data(self, run):
        result = evaluate_run(run.folder.path)
        assert result.evaluation.split == "test"
        assert result.evaluation.accuracy == run.evaluation.accuracy

    def test_objective_of_the_training_split(self, run):
        result = evaluate_run(run.folder.path, split="train")
        assert result.objective == pytest.approx(run.classifier.objective_, rel=1e-5)

    def test_classes_are_matched_by_name(self, run, tmp_path):
        for name in ("wiese", "blue sky"):  # one is missing, the numbers differ
            for i in range(4):
                paint(tmp_path / name / f"{i}.png", COLOURS[name], 5000 + i, size=(20, 30))
        result = evaluate_run(run.folder.path, str(tmp_path))
        assert result.evaluation.n == 8
        assert result.evaluation.accuracy == 1.0

    def test_unknown_classes(self, run, tmp_path):
        for seed, name in enumerate(("wiese", "wald")):
            paint(tmp_path / name / "0.png", COLOURS["wiese"], seed)
        with pytest.raises(DataError, match="not trained on: wald"):
            evaluate_run(run.folder.path, str(tmp_path))

    def test_unknown_split(self, run):
        with pytest.raises(UsageError, match="no split 'tset'"):
            evaluate_run(run.folder.path, split="tset")

    def test_no_run(self, tmp_path):
        with pytest.raises(ModelError, match="not the folder of a run"):
            evaluate_run(tmp_path)

    def test_grey_images_for_a_colour_model(self, run, tmp_path):
        for name in ("wiese", "blue sky"):
            paint(tmp_path / name / "0.png", COLOURS[name], 0)
            Image.open(tmp_path / name / "0.png").convert("L").save(tmp_path / name / "0.png")
        assert evaluate_run(run.folder.path, str(tmp_path)).evaluation.n == 2


class TestPrediction:
    def test_files_and_folders(self, run, photos):
        images = [photos / "test" / "wiese" / "0.jpg", photos / "test" / "blue sky"]
        predictions = list(predict_images(run.folder.path, images, top_k=2))
        assert len(predictions) == 6
        assert [p.guesses[0].label for p in predictions].count("blue sky") >= 4
        assert all(p.guesses[0].score >= p.guesses[1].score for p in predictions)
        assert all(0 <= p.guesses[0].probability <= 1 for p in predictions)

    def test_bad_image_has_a_reason(self, run, photos):
        (bad,) = predict_images(run.folder.path, [photos / "test" / "wiese" / "empty.png"])
        assert bad.guesses == ()
        assert bad.problem

    def test_missing_file(self, run, tmp_path):
        with pytest.raises(DataError, match="no file or folder"):
            predict_images(run.folder.path, [tmp_path / "none.png"])

    def test_empty_folder(self, run, tmp_path):
        with pytest.raises(DataError, match="holds no image"):
            predict_images(run.folder.path, [tmp_path])

    @pytest.mark.parametrize("top_k", [0, 4])
    def test_top_k(self, run, photos, top_k):
        with pytest.raises(UsageError, match="1 to 3"):
            predict_images(run.folder.path, [photos], top_k=top_k)


def test_open_wants_a_run(tmp_path):
    with pytest.raises(ModelError):
        RunFolder.open(tmp_path)


def test_mistakes_are_drawn_surest_first(run):
    from scoreline.runs.drawing import _Mistakes

    worst = _Mistakes.of(run.model, run.prepared, "train")
    assert (worst.predicted != worst.true).all()
    assert (np.diff(worst.confidence) <= 0).all()


@pytest.mark.parametrize(
    ("n_features", "n_classes"), [(1, 2), (64, 10), (921_600, 2), (36_000_000, 10), (3072, 20_000)]
)
def test_checks_look_at_so_many_features(n_features, n_classes):
    stride = _stride(n_features, n_classes)
    looked = -(-n_features // stride)
    assert looked == n_features or looked * n_classes <= max(SANITY_WEIGHTS, FEWEST_FEATURES * n_classes)
    assert stride == 1 or math.gcd(stride, n_features) == 1


def test_checks_of_large_images_cost_next_to_nothing():
    """Two million numbers each: what the checks allocate is counted, not what they take."""
    rows = np.random.default_rng(0).integers(0, 256, (24, 2_000_000), dtype=np.uint8)
    dataset = Dataset("big", ("a", "b"), Split.of(rows, np.arange(24) % 2))
    prepared = Prepared(dataset, build_features("pixels").fit(rows), {"train": dataset.train.rows})
    problem = problem_of(build_classifier(RunConfig(), prepared), prepared)
    tracemalloc.start()
    checks = run_sanity_checks(problem, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(check.passed for check in checks)
    assert peak < 4 * rows.nbytes
