"""Guesses for single images: what is told of images that the model does not know, and what is not read at all."""

import json
import math
import os

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax
from typer.testing import CliRunner

from scoreline.cli.app import app
from scoreline.data import LoadOptions, load_dataset
from scoreline.errors import DataError
from scoreline.models import ImageClassifier, InputSpec, SavedModel
from scoreline.runs.config import RunConfig
from scoreline.runs.prediction import predict_images
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return train_run(RunConfig(), tmp_path_factory.mktemp("runs") / "digits").folder.path


@pytest.fixture(scope="module")
def hinge(tmp_path_factory):
    config = RunConfig(loss="weston-watkins:squared", validation=0)
    return train_run(config, tmp_path_factory.mktemp("runs") / "hinge").folder.path


def picture(path, shape):
    Image.fromarray(RNG.integers(0, 256, shape, dtype=np.uint8)).save(path)
    return path


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((8, 8), ""),
        ((16, 20), ""),
        ((480, 640), "much larger (480 x 640 pixels; they have sides of 8 at the most)"),
        ((1, 1), "much smaller"),
        ((8, 24), "another shape (8 x 24 pixels"),
        ((24, 8), "another shape (24 x 8 pixels"),
        ((8, 8, 3), "in colour (they are grey)"),
    ],
)
def test_remarks_on_images_unlike_the_training_images(digits, tmp_path, shape, told):
    (prediction,) = predict_images(digits, [picture(tmp_path / "a.png", shape)])
    assert told in prediction.remark
    assert bool(prediction.remark) == bool(told)
    assert prediction.guesses


def test_grey_pixels_in_three_channels_are_grey(digits, tmp_path):
    grey = RNG.integers(0, 256, (8, 8, 1), dtype=np.uint8)
    Image.fromarray(np.repeat(grey, 3, axis=2)).save(tmp_path / "a.png")
    (prediction,) = predict_images(digits, [tmp_path / "a.png"])
    assert prediction.remark == ""


def test_sizes_are_those_before_the_images_were_fitted(tmp_path):
    for name in "ab":
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(5):
            picture(tmp_path / "d" / name / f"{i}.png", (90 + i, 120, 3))
    run = train_run(RunConfig(data=str(tmp_path / "d"), image_size=8), tmp_path / "run").folder.path
    remarks = [
        next(predict_images(run, [picture(tmp_path / "a.png", shape)])).remark
        for shape in ((100, 140, 3), (120, 90, 3), (8, 8, 3), (1000, 1400, 3), (100, 140))
    ]
    assert [bool(remark) for remark in remarks] == [False, False, True, True, True]
    assert "grey (they are in colour)" in remarks[4]


def test_deep_pixels_are_scaled_as_the_training_images_were(tmp_path):
    for name, level in (("dark", 300), ("light", 3500)):
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(5):
            pixels = level + RNG.integers(0, 300, (8, 8))
            Image.fromarray(pixels.astype(np.uint16)).save(tmp_path / "d" / name / f"{i}.png")
    run = train_run(RunConfig(data=str(tmp_path / "d")), tmp_path / "run").folder.path
    # Alone it would be taken for an image of 9 bits, and be light.
    Image.fromarray(np.full((8, 8), 450, dtype=np.uint16)).save(tmp_path / "a.png")
    (prediction,) = predict_images(run, [tmp_path / "a.png"])
    assert prediction.guesses[0].label == "dark"


@pytest.mark.parametrize(
    ("size", "mode"), [((16, 16), "RGB"), ((7, 12), "RGB"), ((9, 9), "L"), ((20, 30), "I;16")]
)
def test_the_model_sees_of_a_file_what_training_saw(tmp_path, size, mode):
    """Small and large files of all kinds, of one bit depth, whatever way they were held."""
    for number, side in enumerate((9, 24, 70, 200, 31)):
        values = RNG.integers(0, 256, (side, side + 3 * number, 3), dtype=np.uint8)
        image = Image.fromarray(values).convert("L" if mode == "L" else "RGB")
        if mode == "I;16":
            image = Image.fromarray(values[..., 0].astype(np.uint16) * 7)
        exif = image.getexif()
        exif[0x0112] = 1 + number
        folder = tmp_path / "d" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        kinds = ("png",) if mode == "I;16" else ("png", "jpeg", "webp")
        for kind in kinds:
            image.save(folder / f"{number}.{kind}", exif=exif)
    data = load_dataset(str(tmp_path / "d"), LoadOptions(image_size=size, validation=0))
    spec = InputSpec.of(data)
    weights = np.zeros((1, math.prod(spec.shape)), np.float32)
    model = SavedModel(weights, np.zeros(1, np.float32), ("a", "b"), "softmax", "pixels", spec.shape, input=spec)
    classifier = ImageClassifier(model)
    paths = [tmp_path / "d" / name for name in data.train.ids]
    for pixels, path in zip(data.train.X, paths, strict=True):
        np.testing.assert_array_equal(classifier.pixels(path), pixels, err_msg=path.name)
    assert {answer.remark for answer in classifier.predict(paths)} == {""}


def test_a_loss_without_probabilities_says_so(hinge, tmp_path):
    image = picture(tmp_path / "a.png", (8, 8))
    done = CliRunner().invoke(app, ["predict", str(hinge), str(image)])
    assert "gives scores and no probabilities" in done.stderr
    assert done.stdout.splitlines()[1].endswith(",")
    done = CliRunner().invoke(app, ["predict", str(hinge), str(image), "--format", "json"])
    told = json.loads(done.stdout)
    assert told["guesses"][0]["probability"] is None
    assert "no probabilities" in told["no_probability"]


@pytest.mark.parametrize("settings", [{"lam": 1e-3}, {"lam": "auto"}], ids=["without refit", "refit"])
def test_held_out_examples_make_probabilities_of_a_loss_without(tmp_path, settings):
    config = RunConfig(loss="squared-error", licence="CC0", notes="for\ntests", **settings)
    run = train_run(config, tmp_path / "run")
    known = run.model.provenance
    assert (known.licence, known.notes) == ("CC0", "for\ntests")
    image = picture(tmp_path / "a.png", (8, 8))
    found = ImageClassifier.load(run.folder.path).predict_proba(image)
    scores = ImageClassifier.load(run.folder.path).scores(image).astype(float) / known.temperature
    np.testing.assert_allclose(found, softmax(scores, axis=1), rtol=1e-4, atol=1e-7)
    calibration = run.evaluations["test"].calibration
    assert calibration.expected_calibration_error < 0.05
    done = CliRunner().invoke(app, ["predict", str(run.folder.path), str(image)])
    assert f"divided by {known.temperature:.3g}" in done.stderr
    assert float(done.stdout.splitlines()[1].split(",")[-1]) == pytest.approx(found.max(), rel=1e-5)
    done = CliRunner().invoke(app, ["predict", str(run.folder.path), str(image), "--format", "json"])
    assert json.loads(done.stdout)["temperature"] == known.temperature
    report = run.folder.report.read_text(encoding="utf-8")
    assert "temperature scaling" in report
    assert "CC0" in report


def test_the_command_tells_remarks_in_one_line_each(digits, tmp_path):
    for i in range(8):
        picture(tmp_path / f"{i}.png", (8, 8, 3))
    done = CliRunner().invoke(app, ["predict", str(digits), str(tmp_path)])
    lines = [line for line in done.stderr.splitlines() if line.startswith("Note")]
    assert len(lines) == 6
    assert "3 more images" in lines[-1]
    done = CliRunner().invoke(app, ["predict", str(digits), str(tmp_path / "0.png"), "--format", "json"])
    assert "in colour" in json.loads(done.stdout)["remark"]


@pytest.mark.parametrize("kind", ["hole", "pipe", "device", "link"])
def test_regular_files_of_a_possible_size_only(digits, tmp_path, kind):
    path = tmp_path / "a.png"
    if kind == "hole":
        with path.open("wb") as file:
            file.truncate(3 << 30)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = "/dev/zero"
    else:
        path.symlink_to("/dev/zero")
    done = CliRunner().invoke(app, ["predict", str(digits), str(path)])
    assert isinstance(done.exception, DataError)
    assert "a.png: " in done.stderr or "/dev/zero: " in done.stderr
    drawn = CliRunner().invoke(app, ["features", str(path), "--out", str(tmp_path / "out")])
    assert isinstance(drawn.exception, DataError)
    assert not (tmp_path / "out").exists()
