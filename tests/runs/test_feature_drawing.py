"""Drawings of what features see in files, and runs whose features have learned something."""

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from scoreline.cli.app import app
from scoreline.errors import DataError
from scoreline.models import SavedModel
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.feature_drawing import draw_features
from scoreline.runs.prediction import predict_images
from scoreline.runs.training import train_run

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Two classes, stripes and checks of random colours."""
    root = tmp_path_factory.mktemp("photos")
    y, x = np.mgrid[:20, :20]
    for name, mask in (("stripes", y // 3 % 2), ("checks", (y // 3 + x // 3) % 2)):
        (root / name).mkdir()
        for i in range(14):
            colours = RNG.integers(0, 256, (2, 3))
            Image.fromarray(colours[mask].astype(np.uint8)).save(root / name / f"{i:02}.png")
    return root


def test_a_drawing_an_image(photos):
    drawings = list(draw_features([photos], "hog,words:10,step=4", size=24, most=3))
    assert [drawing.name for drawing in drawings] == ["checks-00", "checks-01", "checks-02"]
    assert all(drawing.light.startswith(b"\x89PNG") and drawing.light != drawing.dark for drawing in drawings)


def test_words_may_be_learned_from_other_data(photos):
    alone = draw_features([photos / "checks" / "00.png"], "dictionary:12,n_patches=200", size=20)
    learned = draw_features(
        [photos / "checks" / "00.png"], "dictionary:12,n_patches=200", size=20, learn_from=str(photos)
    )
    assert next(alone).light != next(learned).light


def test_several_files_and_folders(photos, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no picture")
    told = []
    given = [photos / "checks" / "00.png", tmp_path / "bad.png", photos / "stripes" / "00.png", photos / "checks"]
    drawings = list(draw_features(given, "hog", size=16, most=4, report=told.append))
    assert [drawing.name for drawing in drawings] == ["00", "00-2", "00-3", "01"]
    assert len(told) == 1
    assert "bad.png" in told[0]


@pytest.mark.parametrize("make", ["nothing", "empty", "no-image"])
def test_nothing_to_draw(make, tmp_path):
    path = tmp_path / "given"
    if make == "empty":
        path.mkdir()
    elif make == "no-image":
        path.write_bytes(b"text")
    with pytest.raises(DataError):
        list(draw_features([path], "hog"))


def test_the_command_writes_both_themes(photos, tmp_path):
    done = CliRunner().invoke(
        app,
        [
            "features",
            str(photos / "stripes"),
            "--features",
            "hog,lbp",
            "--size",
            "20",
            "--out",
            str(tmp_path / "o"),
        ],
    )
    assert done.exit_code == 0
    assert {path.name for path in (tmp_path / "o").iterdir()} >= {"00.png", "00-dark.png"}


@pytest.mark.parametrize("features", ["dictionary:16,n_patches=400", "hog,words:12", "hog:cell=5,hue:8"])
def test_learned_features_are_saved_with_the_model(features, photos, tmp_path):
    run = train_run(RunConfig(data=str(photos), features=features, max_epochs=200), tmp_path / "run")
    assert SavedModel.load(run.folder.path).features == features
    split = next(iter(run.evaluations))
    evaluated = evaluate_run(run.folder.path, split=split)
    assert evaluated.evaluation.accuracy == run.evaluations[split].accuracy
    guesses = [p.guesses[0].label for p in predict_images(run.folder.path, [photos / "stripes"])]
    assert guesses.count("stripes") >= 12
