"""Runs with an encoder keep the graph, and work wherever they are moved; the user's own code has to be trusted."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scoreline.cli.app import run
from scoreline.errors import MissingPackageError, UntrustedError, UsageError
from scoreline.features import build_features, onnx_graph, trusting
from scoreline.lab.resources import Resources as LabResources
from scoreline.models import SavedModel
from scoreline.rows import ArrayRows
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.extraction import FeatureCache, extract, fit_features
from scoreline.runs.prediction import load_classifier, predict_images
from scoreline.runs.training import train_run

ENCODER = Path(__file__).parents[1] / "fixtures" / "encoder.onnx"


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for name, level in (("dark", 60), ("light", 180)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(12):
            pixels = np.clip(rng.normal(level, 40, (10, 12, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize("features", ["onnx:{}", "hue:4,onnx:{},size=16", "mirror:[onnx:{},size=16]"])
def test_a_moved_run_does_not_need_the_file(photos, tmp_path, monkeypatch, features):
    shutil.copy(ENCODER, tmp_path / "encoder.onnx")
    monkeypatch.chdir(tmp_path)
    features = features.format("encoder.onnx,size=16").replace("size=16,size=16", "size=16")
    result = train_run(RunConfig.checked(data=str(photos), features=features), tmp_path / "run")
    expected = load_classifier(result.folder.path).scores(sorted(photos.rglob("*.png")))
    again = RunConfig.read(tmp_path / "run" / "config.yaml")
    assert str(tmp_path / "encoder.onnx") in again.features  # means the same from other folders
    (tmp_path / "encoder.onnx").unlink()
    monkeypatch.chdir("/")
    moved = shutil.move(tmp_path / "run", tmp_path / "elsewhere")
    np.testing.assert_array_equal(load_classifier(moved).scores(sorted(photos.rglob("*.png"))), expected)
    assert evaluate_run(Path(moved)).evaluation.accuracy == result.evaluation.accuracy
    with pytest.raises(UsageError, match=r"encoder\.onnx.*No such file"):
        train_run(again, tmp_path / "next")
    assert not (tmp_path / "next").exists()


def test_a_model_without_the_package_says_what_to_install(photos, tmp_path, monkeypatch):
    train_run(RunConfig.checked(data=str(photos), features=f"onnx:{ENCODER},size=8"), tmp_path / "run")
    onnx_graph.ImageGraph.of.cache_clear()
    monkeypatch.setattr(onnx_graph.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install 'scoreline\[onnx\]'"):
        load_classifier(tmp_path / "run")


def test_the_cache_knows_the_graph_by_its_content(tmp_path, monkeypatch):
    monkeypatch.setattr("scoreline.features.rows.SHARD_PIXELS", 1)  # shards of 32 images
    images = np.random.default_rng(0).integers(0, 256, (70, 8, 8, 3), dtype=np.uint8)
    kept = FeatureCache(tmp_path / "cache")
    copies = [tmp_path / "one.onnx", tmp_path / "two.onnx"]
    found = []
    for number, path in enumerate(copies):
        shutil.copy(ENCODER, path)
        spec = f"onnx:{path},size=8"
        fitted = fit_features(build_features(spec), images, np.zeros(70), kept)
        if number:
            monkeypatch.setattr(type(fitted), "transform", None)  # not called again
        found.append(extract(fitted, spec, ArrayRows(images), kept).read(0, 70))
    np.testing.assert_array_equal(*found)


def test_the_model_tells_graph_and_digest(photos, tmp_path):
    train_run(RunConfig.checked(data=str(photos), features=f"onnx:{ENCODER},size=8"), tmp_path / "run")
    described = json.loads((tmp_path / "run" / "model.json").read_text())
    assert described["sources"] == {"encoder.onnx": f"sha256:{onnx_graph.ImageGraph(ENCODER.read_bytes()).digest}"}
    assert SavedModel.load(tmp_path / "run").sources == described["sources"]


OWN = """import numpy as np
from scoreline.features import FeatureExtractor
class Mean(FeatureExtractor):
    def transform(self, X): return X.mean(axis=(1, 2))
    def get_feature_names_out(self, input_features=None): return np.array(list("rgb"), dtype=object)
"""


@pytest.fixture
def own(photos, tmp_path, monkeypatch):
    """Train with an extractor of the user's own, in another process; return the name of its module."""
    name = f"own_features_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    with trusting(name):
        train_run(RunConfig.checked(data=str(photos), features=f"hue:4,{name}:Mean"), tmp_path / "run")
    del sys.modules[name]
    return name


def test_a_model_imports_only_what_is_trusted(own, photos, tmp_path):
    image = photos / "dark" / "0.png"
    for load in (load_classifier, evaluate_run, SavedModel.load, lambda run: list(predict_images(run, [image]))):
        with pytest.raises(UntrustedError, match=f"--trust {own}"):
            load(tmp_path / "run")
    assert own not in sys.modules
    assert load_classifier(tmp_path / "run", trust=[own]).predict(image)[0].label == "dark"
    with trusting(own):
        assert evaluate_run(tmp_path / "run").evaluation.accuracy > 0.5
    assert LabResources(runs=[tmp_path / "run"], trust=[own]).run(0).loaded.examples.extractor.width() == 4 + 3


def test_settings_from_a_file_import_nothing(own, tmp_path):
    config = RunConfig.read(tmp_path / "run" / "config.yaml")
    with pytest.raises(UntrustedError, match="settings from a file need --features again"):
        train_run(config, tmp_path / "next")
    assert own not in sys.modules
    assert not (tmp_path / "next").exists()


def test_a_changed_module_is_told(own, photos, tmp_path):
    (tmp_path / f"{own}.py").write_text(OWN + "# changed\n")
    with pytest.warns(UserWarning, match=f"{own}.*predictions may differ"):
        load_classifier(tmp_path / "run", trust=[own])


@pytest.mark.parametrize("words", [["train"], ["compare"], ["features"]])
def test_the_command_line_names_what_it_trusts(own, photos, tmp_path, words, capfd):
    given = [*words, str(photos), "--features", f"{own}:Mean", "--out", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as ended:
        run(given)
    assert ended.value.code == 0, capfd.readouterr().err
    if words == ["train"]:
        for more, code in ([], 2), (["--trust", own], 0):
            sys.modules.pop(own, None)
            with pytest.raises(SystemExit) as ended:
                run(["evaluate", str(tmp_path / "out"), *more])
            assert ended.value.code == code
