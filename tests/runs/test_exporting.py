import json
import shutil

import numpy as np
import pytest
from PIL import Image

from scoreline.cli.app import run
from scoreline.models.exports import EXPORTS


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folders of a small run and of its photos."""
    folder = tmp_path_factory.mktemp("export")
    rng = np.random.default_rng(0)
    for k, name in enumerate(("cat", "dog")):
        (folder / "photos" / name).mkdir(parents=True)
        for i in range(20):
            pixels = rng.integers(0, 128 + 64 * k, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{i}.png")
    words = [str(folder / "photos"), "--features", "pixels,hog", "--out", str(folder / "run")]
    assert ended("train", *words) == 0
    return folder


def ended(*words):
    with pytest.raises(SystemExit) as caught:
        run(list(map(str, words)))
    return caught.value.code


def test_every_format_at_once(trained, tmp_path, capfd):
    words = [word for name in EXPORTS for word in (f"--{name}", tmp_path / name)]
    assert ended("export", trained / "run", *words, "--json") == 0
    told = json.loads(capfd.readouterr().out.splitlines()[-1])["exports"]
    assert set(told) == set(EXPORTS)
    for name, found in told.items():
        assert found["parity"]["difference"] < 1e-4
        assert found["parity"]["source"] == "validation and train examples of the run"
        assert found["parity"]["examples"] == 40
        assert (tmp_path / name).exists()


def test_random_images_where_the_data_are_gone(trained, tmp_path, capfd):
    shutil.copytree(trained, tmp_path / "moved")
    (tmp_path / "photos").mkdir()
    config = tmp_path / "moved" / "run" / "config.yaml"
    config.write_text(config.read_text().replace(str(trained / "photos"), str(tmp_path / "gone")))
    assert ended("export", tmp_path / "moved" / "run", "--onnx", tmp_path / "m.onnx") == 0
    said = " ".join(capfd.readouterr().out.split())
    assert "random images" in said
    assert (tmp_path / "m.onnx").exists()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--onnx", "/nowhere/m.onnx"),
        ("--numpy", "/"),
        ("--onnx", "/proc/m.onnx"),
        ("--numpy", "/proc/m"),
        ("--onnx", "same", "--skops", "./same"),
    ],
)
def test_wrong_use(trained, words, capfd):
    assert ended("export", trained / "run", *words) == 2
    assert "Allowed" in capfd.readouterr().err


def test_files_of_the_run_are_kept(trained, tmp_path, capfd):
    shutil.copytree(trained / "run", tmp_path / "run")
    model = tmp_path / "run" / "model.safetensors"
    content = model.read_bytes()
    assert ended("export", tmp_path / "run", "--onnx", model) == 2
    assert "belongs to the run" in capfd.readouterr().err
    assert model.read_bytes() == content
    for _ in range(2):  # an export in the run's folder may be written again
        assert ended("export", tmp_path / "run", "--onnx", tmp_path / "run" / "m.onnx") == 0


def test_no_run(tmp_path):
    assert ended("export", tmp_path, "--onnx", tmp_path / "m.onnx") == 3
