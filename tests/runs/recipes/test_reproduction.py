"""A search can be done again: by itself, and by the settings that it has found."""

import numpy as np
import pytest
import yaml
from PIL import Image

from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.recipes import search
from scoreline.runs.recipes.ladder import Recipe
from scoreline.runs.resolved import RESOLVED_FILE, Resolved
from scoreline.runs.training import train_run

AUTO = RunConfig(features="auto", budget="none")


def weights(result):
    return result.classifier.coef_.tobytes(), result.classifier.intercept_.tobytes()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return train_run(AUTO, tmp_path_factory.mktemp("runs") / "run")


def test_the_same_decisions_give_the_same_bits(run, tmp_path):
    assert weights(train_run(AUTO, tmp_path / "again")) == weights(run)


def test_the_settings_found_give_the_same_bits(run, tmp_path):
    """As the report's command has them: the strength is chosen again, from the same rows."""
    assert run.recipe.features == run.resolved.features.value
    assert (run.recipe.lam, run.recipe.budget) == ("auto", "1m")
    assert " --features 'products:[pixels],components=40' " in run.recipe.command()
    assert weights(train_run(run.recipe, tmp_path / "run")) == weights(run)


def test_what_was_asked_and_what_was_decided_are_kept_apart(run):
    assert RunConfig.read(run.folder.config_file) == AUTO.anchored() == run.request
    resolved = Resolved.read(run.folder.path)
    assert resolved == run.resolved
    assert resolved.features.value == run.settings.features
    assert len(resolved.search.value) == 2
    assert all(" rows: " in step for step in resolved.search.value)
    told = yaml.safe_load((run.folder.path / RESOLVED_FILE).read_text(encoding="utf-8"))
    assert told["search"]["why"] == "a budget of none, which was enough for all recipes"


def test_evaluation_reads_what_the_search_has_trained(run):
    found = evaluate_run(run.folder.path)
    assert found.evaluation.accuracy == run.evaluation.accuracy
    assert not found.warnings


def test_images_of_several_sizes_keep_their_detail(monkeypatch, tmp_path):
    """Squares of 128 pixels at most, in the settings found too; named features have 64."""
    monkeypatch.setattr(search, "ladder", lambda *_: [Recipe("hog:cell=16", "squared-error", width=1_764)])
    values = np.random.default_rng(0)
    for label, contrast in (("flat", 10), ("rough", 120)):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(20):
            pixels = 128 + values.uniform(-contrast, contrast, (150 + number, 180 - number, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "photos" / label / f"{number}.png")
    asked = RunConfig(data=str(tmp_path / "photos"), features="auto", budget="none", validation=0.3)
    result = train_run(asked, tmp_path / "run")
    assert result.prepared.dataset.example_shape == (128, 128, 3)
    assert "128 at most" in result.prepared.dataset.size_from
    assert result.recipe.image_size == 128
    assert weights(train_run(result.recipe, tmp_path / "again")) == weights(result)
    assert evaluate_run(tmp_path / "run").evaluation.accuracy == result.evaluation.accuracy
