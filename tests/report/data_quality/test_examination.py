import json

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.report.data_quality.pictures import pictures, split_of

from scoreline import LinearClassifier
from scoreline.data import Dataset, Rejected
from scoreline.report.data_quality.examination import examine
from scoreline.report.data_quality.layouts import image_layouts
from scoreline.report.data_quality.outliers import find_outliers
from scoreline.report.data_quality.statistics import measure_statistics
from scoreline.rows import ArrayRows

NAMES = tuple("0123456789")


def test_other_images_are_outliers():
    digits = load_digits()
    X = (digits.images * 15).astype(np.uint8)[..., None]
    strange = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    splits = {"train": split_of(X, digits.target, "train"), "test": split_of(strange, np.zeros(5, int), "test")}
    features = {name: image_layouts(split.rows) for name, split in splits.items()}
    found = find_outliers(features, splits, NAMES)
    assert {item.id for item in found.ranked[:5]} == {f"test/{i}.png" for i in range(5)}
    assert all(item.outlying for item in found.ranked[:5])
    assert found.n_outlying < 0.05 * len(X)
    assert all(len(row) == len(found.COLUMNS) for row in found.rows())


def test_distances_do_not_depend_on_the_unit():
    X, y = load_digits(return_X_y=True)
    splits = {"train": split_of(X, y)}
    one, other = (find_outliers({"train": ArrayRows(X * unit)}, splits, NAMES) for unit in (1, 1000))
    assert [item.id for item in one.ranked[:20]] == [item.id for item in other.ranked[:20]]
    assert one.ranked[0].distance == pytest.approx(other.ranked[0].distance, rel=1e-3)


@pytest.mark.parametrize("shape", [(40, 9, 30, 3), (3, 50, 40, 1), (4, 1, 1, 3)])
def test_layouts_are_means_of_cells(shape):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = image_layouts(ArrayRows(X)).array
    assert len(found) == len(X)
    np.testing.assert_allclose(found.mean(axis=1), X.mean(axis=(1, 2, 3)), rtol=0.05)
    if max(shape[1:3]) <= 32:
        np.testing.assert_allclose(
            found.reshape(len(X), shape[3], *shape[1:3]).transpose(0, 2, 3, 1), X, rtol=1e-6
        )


def test_statistics():
    X = pictures(12)
    X[0] = 0
    X[1] = 255
    X[2] = X[2].mean(axis=2, keepdims=True).astype(np.uint8)
    X[3] = 20 * (X[3] > 128)
    y = np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    found = measure_statistics({"train": split_of(X, y)}, ("a", "b", "c"))
    a, b, c = found.classes
    assert (a.n, b.n, c.n) == (9, 3, 0)
    assert (a.n_grey, b.n_grey) == (3, 0)
    assert np.isnan(c.brightness)
    assert b.brightness == pytest.approx(X[9:].mean(), abs=0.1)
    assert b.contrast == pytest.approx(np.mean([image.std() for image in X[9:]]), abs=0.1)
    assert (b.red, b.green, b.blue) == pytest.approx(tuple(X[9:].mean(axis=(0, 1, 2))), abs=0.1)
    assert [(item.id, item.problem) for item in found.plain] == [
        ("x/0.png", "of one colour"),
        ("x/1.png", "of one colour"),
        ("x/3.png", "dark"),
    ]
    assert (found.imbalance, found.smallest, found.largest) == (float("inf"), "c", "a")
    assert list(found.rows())[2] == ("train", "c", 0, "0", "", "", "", "", "", 0)


@pytest.mark.parametrize("images", [True, False])
def test_all_in_one(images):
    digits = load_digits()
    X = (digits.images * 15).astype(np.uint8)[..., None] if images else digits.data
    rows, y = digits.data, digits.target
    dataset = Dataset(
        "digits",
        NAMES,
        split_of(X[:900], y[:900], "train"),
        None,
        split_of(np.concatenate([X[900:1000], X[:3]]), np.append(y[900:1000], y[:3]), "test"),
        rejected=(Rejected("broken.png", "train", "cannot be read"),),
    )
    features = {"train": ArrayRows(rows[:900]), "test": ArrayRows(np.concatenate([rows[900:1000], rows[:3]]))}
    told = []
    found = examine(
        dataset,
        features,
        LinearClassifier(standardize=True, random_state=0),
        progress=lambda what, done, total: told.append(what),
    )
    assert {(pair.id, pair.other_id) for pair in found.near_duplicates.leaks} >= {
        (f"test/{100 + i}.png", f"train/{i}.png") for i in range(3)
    }
    assert found.label_errors.accuracy > 0.9
    assert found.out_of_fold.scores.shape == (900, 10)
    values = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert values["n_rejected"] == 1
    assert values["n_leaks"] >= 3
    names = []
    for table in found.tables():
        names.append(table.name)
        assert all(len(row) == len(table.columns) for row in table.rows)
    assert len(set(names)) == 5
    assert len(told) == 4
