"""Every export answers as the model does, on every kind of features that it takes."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image
from tests.models.exports.models import trained

from scoreline.errors import MismatchError, ModelError, UsageError
from scoreline.models import ImageClassifier, SavedModel
from scoreline.models.exports import EXPORTS, Sample, onnx_file

SPECS = [
    "pixels",
    "pixels:zca=0.1",
    "hue",
    "hue:bins=1,grid=3",
    "opponent:bins=5,grid=2",
    "hog",
    "hog:8,bins=5,signed=no",
    "lbp",
    "lbp:radius=1.7,points=6,patterns=uniform,grid=3,power=1",
    "dictionary:20,n_patches=500",
    "dictionary:10,n_patches=500,mirror=no,stride=2,encoding=triangle,grid=3",
    "dictionary:10,n_patches=500,spread=0.5,grid=3",
    "two-layers:12,channels=6,n_patches=500",
    "two-layers:12,channels=6,n_patches=500,grid=3,spread=0.54",
    "mirror:[hog,lbp]",
    "resized:[pixels,hog],side=16",
    "products:[resized:[dictionary:10,n_patches=500],side=18,resized:[hog],side=300],components=5",
    "shifts:[resized:[mirror:[hog]],side=17]",
    "shifts:[dictionary:10,n_patches=500]",
    "products:[dictionary:10,n_patches=500]",
    "products:[two-layers:9,channels=4,n_patches=500,dictionary:10,n_patches=500],components=7",
    "products:[mirror:[hog:8]],components=7",
    "hog,hue,products:[shifts:[hog:8]],components=5",
]
#: What a program without scoreline runs in: these packages cannot be imported.
BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("scoreline", "numba", "scipy", "sklearn", "onnx"):
            raise ImportError(name)
sys.meta_path.insert(0, Blocker())
import runpy, numpy
found = runpy.run_path(sys.argv[1])
scores, chances = found["answers"](numpy.load(sys.argv[2]))
numpy.savez(sys.argv[3], scores=scores, chances=chances, image=found["read_image"](sys.argv[4]))
"""


@pytest.mark.parametrize("spec", SPECS)
def test_graphs_answer_as_the_model(tmp_path, spec):
    model, X = trained(spec)
    done = EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X, "some"))
    assert (done.takes, done.remark) == ("images", "")
    assert done.parity.difference < 2e-5
    done = EXPORTS.build("numpy").write(model, tmp_path / "m", Sample(X, "some"))
    assert done.parity.difference < 1e-5


@pytest.mark.parametrize("spec", ["pixels", "hog", "lbp", "mirror:[dictionary:10,n_patches=500]"])
def test_graphs_of_grey_images(tmp_path, spec):
    model, X = trained(spec, shape=(24, 24, 1), classes=("no", "yes"))
    EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X, "some"))
    EXPORTS.build("numpy").write(model, tmp_path / "m", Sample(X, "some"))


def test_what_a_graph_says_of_itself(tmp_path):
    model, X = trained("hog")
    done = EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X, "some"))
    onnx.checker.check_model(tmp_path / "m.onnx", full_check=True)
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["classes"]) == ["a", "b", "c"]
    assert json.loads(told["parity"]) == done.parity._asdict()
    (given,) = session.get_inputs()
    assert (given.name, given.type, given.shape) == ("images", "tensor(uint8)", ["N", 21, 26, 3])
    assert [(out.name, out.shape) for out in session.get_outputs()] == [
        ("scores", ["N", 3]),
        ("probabilities", ["N", 3]),
    ]
    one = session.run(None, {"images": X[:1]})[1]
    wanted = model.probabilities(model.scores(model.extractor().transform(X[:1])))
    np.testing.assert_allclose(one, wanted, atol=1e-5)


def test_the_example_of_the_documentation_says_what_the_model_says(tmp_path, monkeypatch, capsys):
    page = Path(__file__).parents[3] / "docs" / "export.md"
    example = page.read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    model, X = trained("hog", shape=(24, 24, 3))
    EXPORTS.build("onnx").write(model, tmp_path / "model.onnx", Sample(X, "some"))
    Image.fromarray(X[7]).resize((90, 60)).save(tmp_path / "cat.jpg")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(page), "exec"), {})  # noqa: S102 - what the page tells users to run
    label, probability = capsys.readouterr().out.split()
    (found,) = ImageClassifier(model).predict("cat.jpg")
    assert label == found.guesses[0].label
    assert float(probability) == pytest.approx(found.guesses[0].probability, abs=1e-5)


def test_two_classes_have_two_scores_and_hinges_no_probabilities(tmp_path):
    model, X = trained("pixels", loss="weston-watkins", classes=("no", "yes"))
    done = EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X, "some"))
    assert done.parity.of == "scores"
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    (scores,) = session.run(None, {"images": X})
    np.testing.assert_array_equal(scores[:, 0], -scores[:, 1])


def test_a_temperature_makes_probabilities_where_the_loss_has_none(tmp_path):
    about = {"temperature": 0.5, "licence": "CC0", "notes": "a\nb"}
    model, X = trained("pixels", loss="squared-error", **about)
    done = EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X, "some"))
    assert done.parity.of == "probabilities"
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    told = session.get_modelmeta().custom_metadata_map
    assert {name: told[name] for name in about} == {"temperature": "0.5", "licence": "CC0", "notes": "a\nb"}
    scores, chances = session.run(["scores", "probabilities"], {"images": X})
    raised = np.exp(scores / 0.5)
    np.testing.assert_allclose(chances, raised / raised.sum(axis=1, keepdims=True), atol=1e-6)
    done = EXPORTS.build("numpy").write(model, tmp_path / "m", Sample(X, "some"))
    assert done.parity.of == "probabilities"


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30])
def test_many_images_are_worked_on_a_few_at_a_time(tmp_path, monkeypatch, n):
    model, X = trained("dictionary:10,n_patches=500", loss="squared-error", temperature=0.5)
    export = EXPORTS.build("onnx")
    monkeypatch.setattr(onnx_file, "ENOUGH", 0)
    export.write(model, tmp_path / "whole.onnx", Sample(X, "some"))
    monkeypatch.undo()
    monkeypatch.setattr(onnx_file, "VALUE_BYTES", 1 << 16)
    export.write(model, tmp_path / "m.onnx", Sample(X, "some"))
    whole, parts = (onnxruntime.InferenceSession(tmp_path / name) for name in ("whole.onnx", "m.onnx"))
    assert "Scan" in {node.op_type for node in onnx.load(tmp_path / "m.onnx").graph.node}
    assert "Scan" not in {node.op_type for node in onnx.load(tmp_path / "whole.onnx").graph.node}
    for found, wanted in zip(parts.run(None, {"images": X[:n]}), whole.run(None, {"images": X[:n]}), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("spec", ["gist", "dictionary:10,n_patches=500,encoding=nearest-words", "hog,gist"])
def test_other_features_begin_with_features(tmp_path, spec):
    model, X = trained(spec, shape=(32, 32, 3))
    done = EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X, "some"))
    assert done.takes == "features"
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    assert session.get_inputs()[0].shape == ["N", model.coef.shape[1]]
    assert "cannot be written as a graph" in session.get_modelmeta().custom_metadata_map["begins_with"]
    with pytest.raises(MismatchError, match="cannot be written as a graph"):
        EXPORTS.build("numpy").write(model, tmp_path / "m", Sample(X, "some"))
    assert not (tmp_path / "m").exists()


def test_encoders_are_graphs_of_their_own(tmp_path):
    encoder = Path(__file__).parents[2] / "fixtures" / "encoder.onnx"
    model, X = trained(f"onnx:{encoder},size=8", shape=(32, 32, 3))
    done = EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", Sample(X[:3], "some"))
    assert done.takes == "features"
    assert "encoder is a graph of its own" in done.remark


def test_vectors_begin_with_features(tmp_path):
    coef = np.eye(3, 4)
    model = SavedModel(coef, np.zeros(3), ("a", "b", "c"), "softmax", "pixels", (4,))
    sample = Sample(np.random.default_rng(0).normal(size=(9, 4)), "some")
    assert EXPORTS.build("onnx").write(model, tmp_path / "m.onnx", sample).takes == "features"


@pytest.mark.parametrize("name", ["onnx", "numpy", "skops"])
def test_other_answers_leave_no_file(tmp_path, monkeypatch, name):
    model, X = trained("pixels")
    monkeypatch.setattr(SavedModel, "probabilities", lambda self, scores: np.full((len(scores), 3), 1 / 3))
    with pytest.raises(ModelError, match="answers otherwise"):
        EXPORTS.build(name).write(model, tmp_path / "m", Sample(X, "some"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spec", ["pixels", "mirror:[dictionary:10,n_patches=500]", "pixels,hog"])
def test_the_program_needs_numpy_and_pillow_only(tmp_path, spec):
    model, X = trained(spec)
    EXPORTS.build("numpy").write(model, tmp_path / "m", Sample(X, "some"))
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"predict.py", "model.npz"}
    np.save(tmp_path / "X.npy", X)
    Image.fromarray(X[5]).save(tmp_path / "5.png")
    files = [tmp_path / "m" / "predict.py", tmp_path / "X.npy", tmp_path / "out.npz", tmp_path / "5.png"]
    subprocess.run([sys.executable, "-I", "-c", BLOCKED, *map(str, files)], check=True)  # noqa: S603
    found = np.load(tmp_path / "out.npz")
    wanted = model.probabilities(model.scores(model.extractor().transform(X)))
    np.testing.assert_allclose(found["chances"], wanted, atol=1e-5)
    np.testing.assert_array_equal(found["image"], X[5])


@pytest.mark.parametrize("loss", ["softmax", "one-vs-all:squared", "squared-error"])
@pytest.mark.parametrize("classes", [("b", "a"), ("c", "a", "b")])
def test_estimators_of_scikit_learn(tmp_path, loss, classes):
    skops = pytest.importorskip("skops.io")
    model, X = trained("pixels", loss=loss, classes=classes)
    rows = model.extractor().transform(X)
    estimator = model.to_sklearn()
    order = np.argsort(classes)
    scores = model.scores(rows)
    wanted = scores[:, order] if len(classes) == 3 else -scores[:, 0]
    np.testing.assert_allclose(estimator.decision_function(rows), wanted, rtol=1e-4, atol=1e-5)
    if loss == "softmax":
        np.testing.assert_allclose(estimator.predict_proba(rows), model.probabilities(scores)[:, order], atol=1e-5)
    labels = (scores > 0).astype(int)[:, 0] if len(classes) == 2 else scores.argmax(axis=1)
    assert (estimator.predict(rows) == np.array(classes)[labels]).all()
    EXPORTS.build("skops").write(model, tmp_path / "m.skops", Sample(X, "some"))
    assert type(skops.load(tmp_path / "m.skops")) is type(estimator)


def test_names_are_written_as_they_are(tmp_path):
    names = ("@SHAPE@", '"""', "a\\n'b\u732b")
    model, X = trained("pixels", classes=names)
    EXPORTS.build("numpy").write(model, tmp_path / "m", Sample(X, "some"))
    assert runpy.run_path(str(tmp_path / "m" / "predict.py"))["CLASSES"] == list(names)


def test_targets_are_checked_before_any_work(tmp_path):
    for name in EXPORTS:
        with pytest.raises(UsageError, match="folder"):
            EXPORTS.build(name).check(tmp_path / "none" / "m")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(UsageError, match="new or empty"):
        EXPORTS.build("numpy").check(tmp_path / "full")
