import errno
import json
from pathlib import Path

import numpy as np
import pytest

from scoreline.errors import ModelError
from scoreline.models import Provenance, SavedModel
from scoreline.models.examples import ExampleScorer


def model(rows=3, classes=("ant", "bee <b>", "cat"), **changes):
    rng = np.random.default_rng(0)
    values = {
        "coef": rng.normal(size=(rows, 12)).astype(np.float32),
        "intercept": rng.normal(size=rows).astype(np.float32),
        "classes": classes,
        "loss": "softmax",
        "features": "pixels",
        "example_shape": (2, 2, 3),
        "penalty_value": 0.25,
    }
    return SavedModel(**values | changes)


@pytest.fixture
def folder(tmp_path):
    model().save(tmp_path)
    return tmp_path


def change(folder, **values):
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_what_is_saved_comes_back(folder):
    loaded, saved = SavedModel.load(folder), model()
    np.testing.assert_array_equal(loaded.coef, saved.coef)
    np.testing.assert_array_equal(loaded.intercept, saved.intercept)
    for name in ("classes", "loss", "features", "example_shape", "penalty_value"):
        assert getattr(loaded, name) == getattr(saved, name)


def test_a_model_gives_way_to_a_whole_one(folder, monkeypatch):
    """It stays as long as the disk refuses; then there is none until both files are the new one's."""
    other = model(intercept=np.ones(3, np.float32))
    real, moved = Path.replace, []

    def refuse(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    def look(path, target):
        moved.append(target.name)
        assert not (folder / "model.json").exists()
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refuse)
        with pytest.raises(OSError, match="No space"):
            other.save(folder)
    np.testing.assert_array_equal(SavedModel.load(folder).intercept, model().intercept)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", look)
        other.save(folder)
    assert moved == ["model.safetensors", "model.json"]
    np.testing.assert_array_equal(SavedModel.load(folder).intercept, other.intercept)


def test_two_classes_have_one_row(tmp_path):
    model(rows=1, classes=("no", "yes")).save(tmp_path)
    loaded = SavedModel.load(tmp_path)
    rows = np.ones((5, 12))
    assert loaded.scores(rows).shape == (5, 1)
    assert loaded.probabilities(loaded.scores(rows)).shape == (5, 2)


def test_scores_are_linear():
    saved = model()
    X = np.random.default_rng(1).integers(0, 255, (4, 12), dtype=np.uint8)
    np.testing.assert_allclose(saved.scores(X), X @ saved.coef.T + saved.intercept, rtol=1e-5)


def test_scores_of_images_lose_no_more_than_a_digit_to_rounding():
    rng = np.random.default_rng(0)
    coef = 1000 * rng.normal(size=(3, 3072)).astype(np.float32)
    X = rng.integers(200, 256, (20, 32, 32, 3), dtype=np.uint8)
    rows = X.reshape(20, -1)
    intercept = -(coef @ rows.mean(axis=0)).astype(np.float32)
    saved = model(coef=coef, intercept=intercept, example_shape=(32, 32, 3))
    wanted = rows @ coef.T.astype(np.float64) + intercept
    np.testing.assert_allclose(saved.scores(rows), wanted, rtol=1e-6)
    np.testing.assert_allclose(ExampleScorer(saved).scores_one_by_one(X), wanted, rtol=1e-6)


def test_hinges_have_no_probabilities():
    saved = model(loss="weston-watkins")
    assert saved.probabilities(np.zeros((1, 3))) is None


@pytest.mark.parametrize("rows", [1, 3])
def test_a_temperature_makes_probabilities_of_a_loss_without(rows):
    saved = model(
        rows=rows,
        classes=("a", "b", "c")[: max(rows, 2)],
        loss="squared-error",
        provenance=Provenance(temperature=0.25),
    )
    scores = np.array([[0.1, 0.2, -0.3]])[:, :rows]
    own = np.exp(4 * (scores if rows > 1 else np.array([[0, 0.1]])))
    np.testing.assert_allclose(saved.probabilities(scores), own / own.sum(), rtol=1e-6)
    assert saved.temperature == 0.25


def test_a_temperature_leaves_the_probabilities_of_a_loss_alone():
    saved = model(provenance=Provenance(temperature=0.25))
    scores = np.array([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(saved.probabilities(scores), model().probabilities(scores))
    assert saved.temperature is None


def test_wrong_number_of_features():
    with pytest.raises(ModelError, match="model of 12 features"):
        model().scores(np.ones((1, 11)))


def test_no_model(tmp_path):
    with pytest.raises(ModelError, match=r"model\.json cannot be read"):
        SavedModel.load(tmp_path)


def test_other_weights(folder):
    description = (folder / "model.json").read_text()
    model(coef=np.zeros((3, 12), np.float32)).save(folder)
    (folder / "model.json").write_text(description)
    with pytest.raises(ModelError, match="is not the file"):
        SavedModel.load(folder)


def test_renamed_classes(folder):
    change(folder, classes=["ant", "cat", "bee"])
    with pytest.raises(ModelError, match="class names in .* differ"):
        SavedModel.load(folder)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"format": "other/9"}, "the format in model.json is 'other/9'"),
        ({"classes": ["one"]}, "two names or more"),
    ],
)
def test_wrong_description(folder, values, problem):
    change(folder, **values)
    with pytest.raises(ModelError, match=problem):
        SavedModel.load(folder)


def test_a_newer_format_wants_a_newer_version(folder):
    change(folder, format="scoreline-linear/2")
    with pytest.raises(ModelError, match="or a newer one"):
        SavedModel.load(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", "{"])
def test_damaged_description(folder, content):
    (folder / "model.json").write_text(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        SavedModel.load(folder)


def test_cut_off_weights(folder):
    import hashlib

    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    change(folder, weights_sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(ModelError, match=r"model\.safetensors cannot be read"):
        SavedModel.load(folder)


def test_weights_that_are_not_numbers(tmp_path):
    model(coef=np.full((3, 12), np.nan, np.float32)).save(tmp_path)
    with pytest.raises(ModelError, match="not a finite number"):
        SavedModel.load(tmp_path)


def test_provenance_comes_back(tmp_path):
    facts = Provenance(objective=0.5, duality_gap=1e-5, temperature=1.5, licence="CC0", notes="a\nb", data="12ab")
    model(provenance=facts).save(tmp_path)
    assert SavedModel.load(tmp_path).provenance == facts


@pytest.mark.parametrize(
    "changed",
    [
        {"objective": "low"},
        {"temperature": 0},
        {"temperature": 1e-300},
        {"temperature": float("inf")},
        {"licence": "a\u202eb"},
        {"notes": "x" * 20_000},
        {"versions": {"a": 1}},
        {"duality_gap": float("nan")},
        [],
        "x",
    ],
    ids=str,
)
def test_strange_provenance_is_refused(folder, changed):
    change(folder, provenance=changed)
    with pytest.raises(ModelError, match="provenance"):
        SavedModel.load(folder)
