"""Arrays in other forms than our own: understood with a note, or refused with what to do."""

import numpy as np
import pytest

from scoreline.data import LoadOptions, load_dataset
from scoreline.errors import DataError

U = np.random.default_rng(0).integers(0, 256, (20, 6, 5, 3), dtype=np.uint8)
Y = np.arange(20) % 2


def load(folder, **arrays):
    np.savez(folder / "d.npz", **arrays)
    return load_dataset(folder / "d.npz", LoadOptions(validation=0))


@pytest.mark.parametrize(
    ("X", "note"),
    [
        ((U / 255).astype(np.float32), "from 0 to 1"),
        (U / 255, "from 0 to 1"),
        (U.astype(np.float64), "from 0 to 255"),
        (U.astype(np.int64), "int64"),
        (U.astype(">u2"), "uint16"),
        (U.transpose(0, 3, 1, 2), "channels first"),
        ((U / 255).transpose(0, 3, 1, 2), "channels first"),
    ],
)
def test_images_in_other_forms(tmp_path, X, note):
    data = load(tmp_path, X=X, y=Y)
    np.testing.assert_array_equal(data.train.X, U)
    assert data.train.X.dtype == np.uint8
    assert any(note in told for told in data.notes)


def test_black_and_white(tmp_path):
    data = load(tmp_path, X=U[..., 0] > 128, y=Y)
    np.testing.assert_array_equal(data.train.X[..., 0], np.where(U[..., 0] > 128, 255, 0))


def test_a_dark_test_split_has_the_scale_of_the_training_split(tmp_path):
    data = load(tmp_path, x_train=U * 1.0, y_train=Y, x_test=U[:5] % 2 * 1.0, y_test=Y[:5])
    assert data.test.X.max() == 1


@pytest.mark.parametrize("wrong", [">f4", ">f8", ">i4"])
def test_rows_in_another_byte_order(tmp_path, wrong):
    data = load(tmp_path, X=U.reshape(20, -1).astype(wrong), y=Y)
    assert data.train.X.dtype.isnative
    np.testing.assert_array_equal(data.train.X, U.reshape(20, -1))


@pytest.mark.parametrize(
    ("y", "note"),
    [
        (np.eye(2)[Y], "one-hot"),
        (np.eye(2, dtype=bool)[Y], "one-hot"),
        (Y.astype(np.float32), "floats"),
        (Y[:, None], ""),
        (Y[None], ""),
        (Y[:, None, None] * 1.0, "floats"),
    ],
)
def test_labels_in_other_forms(tmp_path, y, note):
    data = load(tmp_path, X=U, y=y)
    assert data.train.y.tolist() == Y.tolist()
    assert note in " ".join(data.notes)


def test_test_labels_as_text_of_the_same_numbers(tmp_path):
    data = load(tmp_path, x_train=U, y_train=Y, x_test=U[:5], y_test=Y[:5].astype(str))
    assert data.test.y.tolist() == Y[:5].tolist()
    assert "another type" in " ".join(data.notes)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"X": (U - 120.0) / 60, "y": Y}, "standardised"),
        ({"X": U * np.uint16(16), "y": Y}, r"X >> 4\).astype\(numpy.uint8\)"),
        ({"X": np.concatenate([U, U[..., :1]], 3), "y": Y}, r"X\[..., :3\]"),
        ({"X": np.moveaxis(U, 0, -1), "y": Y}, r"numpy.moveaxis\(X, -1, 0\)"),
        ({"X": np.zeros((20, 7, 7, 512)), "y": Y}, r"X.reshape\(len\(X\), -1\)"),
        ({"X": np.arange(20.0), "y": Y}, r"X.reshape\(-1, 1\)"),
        ({"X": U.astype(complex), "y": Y}, "complex128"),
        ({"X": U, "y": np.array(["cat", "dog"] * 10, dtype=object)}, r"dtype=object.*y = y.astype\(str\)"),
        ({"X": np.array([{}] * 20, dtype=object), "y": Y}, r"pickle.*numpy.stack\(list\(X\)\)"),
        ({"X": np.zeros(20, [("a", "f4")]), "y": Y}, "save a plain array"),
        ({"X": U, "y": np.full((20, 2), 0.5)}, r"row 0 is not one-hot.*argmax"),
        ({"X": U, "y": np.where(Y, np.nan, 1.0)}, "number 1 is nan: no label"),
        ({"X": U, "y": Y + 0.5}, "no whole number"),
        ({"X": U, "y": np.array(["2020-01-01"] * 20, "M8[D]")}, r"y.astype\(str\)"),
        ({"X": U, "y": Y, "classes": ["a", "a"]}, "twice"),
        ({"X": U, "y": Y, "classes": 7}, "class names"),
        ({"X": U}, "but no labels"),
        ({"x_train": U, "y_train": Y, "x_test": U, "y_test": Y}, "a copy of its training split"),
        (
            {"x_train": U, "y_train": Y, "x_test": U[:2], "y_test": ["cat", "dog"]},
            "are text, such as 'cat'.* numbers, such as '0'",
        ),
    ],
)
def test_what_cannot_be_used_and_what_to_do(tmp_path, arrays, said):
    with pytest.raises(DataError, match=said):
        load(tmp_path, **arrays)


def test_arrays_without_a_part_are_named(tmp_path):
    data = load(tmp_path, X=U, y=Y, x_test=U, ids=Y)
    assert data.notes == ("Arrays without a part in the data set were passed over: x_test, ids.",)


def test_names_that_differ_in_capitals_are_told(tmp_path):
    data = load(tmp_path, X=U, x=U[:3], Y=Y)
    assert len(data.train) == 20
    assert data.notes == ("Arrays without a part in the data set were passed over: x.",)


def test_a_copied_test_folder_is_told(tmp_path):
    from PIL import Image

    for split in ("train", "test"):
        for label, name in enumerate(("cat", "dog")):
            (tmp_path / split / name).mkdir(parents=True)
            for i in range(3):
                Image.fromarray(U[2 * i + label]).save(tmp_path / split / name / f"{i}.png")
    with pytest.raises(DataError, match="the folder of one split seems to be a copy of the other"):
        load_dataset(tmp_path)
