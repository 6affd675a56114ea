"""Training on two rows an image, which vary as those of its shifted copies do."""

import csv

import numpy as np
import pytest

from scoreline import LinearClassifier
from scoreline.errors import MismatchError, UsageError
from scoreline.features.augmentation import TrainingPairs
from scoreline.models import SavedModel
from scoreline.rows import ArrayRows
from scoreline.runs.config import RunConfig
from scoreline.runs.pipeline import prepare
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")
CONFIG = RunConfig(
    data="digits", features="shifts:pixels", augment=True, loss="squared-error", lam="auto", tol=1e-6
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_run(CONFIG, tmp_path_factory.mktemp("runs") / "run")


def test_the_classifier_is_that_of_the_pairs_of_training_and_validation_images(run):
    prepared = prepare(CONFIG)
    splits = [prepared.dataset.train, prepared.dataset.validation]
    pairs = [TrainingPairs(ArrayRows(split.X), prepared.extractor, CONFIG.seed) for split in splits]
    X = np.concatenate([own.read(0, len(own)) for own in pairs])
    y = np.repeat(np.concatenate([split.y for split in splits]), 2)
    alone = LinearClassifier(loss="squared-error", lam=run.lam_choice.lam, standardize=True, tol=1e-6).fit(X, y)
    assert run.classifier.objective_ == pytest.approx(alone.objective_, rel=1e-4)
    assert run.classifier.duality_gap_ <= 1e-6


def test_images_are_told_of_once_each_and_evaluated_by_their_means(run):
    n = {name: evaluation.n for name, evaluation in run.evaluations.items()}
    assert n == {name: len(run.prepared.split(name)) for name in ("train", "test")}
    with (run.folder.path / "predictions.csv").open() as file:
        assert len(list(csv.DictReader(file))) == n["test"]
    test = run.prepared.dataset.test
    model = SavedModel.load(run.folder.path)
    predicted = run.classifier.predict(run.prepared.extractor.transform(test.X))
    assert np.mean(predicted == test.y) == run.evaluation.accuracy
    assert model.features == "shifts:pixels"
    assert "--augment" in RunConfig.read(run.folder.config_file).command()


def test_a_bound_on_memory_keeps_the_pairs_on_disk():
    kept, read = prepare(CONFIG), prepare(CONFIG.changed(memory="64GB"))
    assert read.training_rows.shape == kept.training_rows.shape == (2 * len(kept.dataset.train), 64)
    np.testing.assert_array_equal(read.training_rows.read(5, 90), kept.training_rows.read(5, 90))
    np.testing.assert_array_equal(read.training_labels, np.repeat(kept.dataset.train.y, 2))


def test_a_search_takes_recipes_as_they_are(tmp_path):
    with pytest.raises(MismatchError, match="features auto"):
        train_run(RunConfig(data="digits", features="auto", augment=True), tmp_path / "run")


@pytest.mark.parametrize("features", ["pixels", "hog:4,shifts:hue", "products:[mirror:hog:4]"])
def test_features_without_copies_are_refused_before_anything_is_loaded(features, tmp_path):
    config = CONFIG.changed(data=str(tmp_path / "nowhere"), features=features)
    with pytest.raises(UsageError, match="no average over copies"):
        train_run(config, tmp_path / "run")
