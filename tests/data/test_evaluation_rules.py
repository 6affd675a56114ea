"""Data for an evaluation: no training split is needed, one class is enough, all splits make the classes."""

import numpy as np
import pytest
from PIL import Image

from scoreline.data import LoadOptions, load_dataset
from scoreline.data.load import absolute_spec
from scoreline.errors import DataError

JUDGED = LoadOptions(evaluation=True, validation=0.0)


def paint(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def test_a_folder_of_one_class(tmp_path):
    paint(tmp_path / "d" / "cat" / "0.png", 0)
    data = load_dataset(tmp_path / "d", JUDGED)
    assert data.classes == ("cat",)
    assert len(data.train) == 1
    with pytest.raises(DataError, match="one class only"):
        load_dataset(tmp_path / "d")


@pytest.mark.parametrize("form", ["folder", "manifest", "npz", "npy"])
def test_a_test_split_alone(tmp_path, form):
    root = tmp_path / "d"
    for seed, name in enumerate(("b", "a")):
        paint(root / "test" / name / "0.png", seed)
    X, y = np.zeros((2, 6, 6, 3), dtype=np.uint8), np.array(["a", "b"])
    if form == "manifest":
        (root / "t.csv").write_text("path,label,split\ntest/a/0.png,a,test\ntest/b/0.png,b,test\n")
    elif form == "npz":
        np.savez(root / "t.npz", x_test=X, y_test=y)
    elif form == "npy":
        (root / "npy").mkdir()
        np.save(root / "npy" / "test.npy", X)
        np.save(root / "npy" / "test.labels.npy", y)
    place = {"folder": root, "manifest": root / "t.csv", "npz": root / "t.npz", "npy": root / "npy"}[form]
    data = load_dataset(place, JUDGED)
    assert (len(data.train), len(data.test), data.classes) == (0, 2, ("a", "b"))
    assert data.example_shape == (6, 6, 3)
    assert data.test.y.tolist() == [0, 1]
    with pytest.raises(DataError):
        load_dataset(place)


def test_all_splits_make_the_classes(tmp_path):
    paint(tmp_path / "train" / "a" / "0.png", 0)
    paint(tmp_path / "test" / "b" / "0.png", 1)
    data = load_dataset(tmp_path, JUDGED)
    assert (data.classes, len(data.test), data.rejected) == (("a", "b"), 1, ())


def test_something_must_be_there(tmp_path):
    np.savez(tmp_path / "t.npz", x_test=np.zeros((0, 6, 6, 3), dtype=np.uint8), y_test=np.zeros(0, dtype=np.int64))
    with pytest.raises(DataError, match="no example"):
        load_dataset(tmp_path / "t.npz", JUDGED)


def test_a_path_is_the_same_in_every_folder_and_a_name_stays_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute_spec("photos") == str(tmp_path / "photos")
    assert absolute_spec("digits") == "digits"
    assert absolute_spec("./digits") == str(tmp_path / "digits")
    assert absolute_spec("synthetic:pose=0.3") == "synthetic:pose=0.3"
