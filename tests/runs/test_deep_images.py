"""A model trained on pixels of more than 8 bits sees others as it saw the training images."""

import numpy as np
import pytest
from PIL import Image

from scoreline.errors import TooManyRejectedError
from scoreline.runs.config import RunConfig
from scoreline.runs.evaluation import evaluate_run
from scoreline.runs.prediction import predict_images
from scoreline.runs.training import train_run

pytestmark = pytest.mark.usefixtures("no_figures")


def images(root, dtype, factor, count=12):
    """Write images of two classes, of which one is darker."""
    for name, level in (("dark", 60), ("light", 120)):
        (root / name).mkdir(parents=True)
        for number in range(count):
            values = np.random.default_rng([level, number]).normal(level, 8, (6, 6)).clip(0, 255) * factor
            Image.fromarray(values.astype(dtype)).save(root / name / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("deep")
    config = RunConfig(data=str(images(root / "data", np.uint16, 31)), standardize=False)
    return train_run(config, root / "run").folder.path


def labels(run, folder):
    return {
        prediction.guesses[0].label if prediction.guesses else prediction.problem
        for prediction in predict_images(run, [folder])
    }


def test_single_images_are_scaled_alike(run):
    data = run.parent / "data"
    assert labels(run, data / "dark") == {"dark"}  # by itself a dark image would be scaled to the full range
    assert labels(run, data / "light") == {"light"}


def test_other_data_are_scaled_alike(run, tmp_path):
    folder = images(tmp_path / "other", np.uint16, 31, count=5)
    for file in (folder / "light").iterdir():
        file.unlink()
    assert evaluate_run(run, str(folder)).evaluation.accuracy == 1


def test_a_model_of_8_bits_refuses_others(run, tmp_path):
    config = RunConfig(data=str(images(tmp_path / "eight", np.uint8, 1)))
    eight = train_run(config, tmp_path / "run").folder.path
    assert labels(eight, tmp_path / "eight" / "dark") == {"dark"}
    (problem,) = labels(eight, run.parent / "data" / "dark")
    assert "more than 8 bits" in problem
    with pytest.raises(TooManyRejectedError, match="more than 8 bits"):
        evaluate_run(eight, str(run.parent / "data"))
