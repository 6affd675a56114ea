import json

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tests.report.data_quality.pictures import pictures, split_of

from scoreline import LinearClassifier
from scoreline.data import Dataset, Rejected
from scoreline.report.data_quality.examination import examine
from scoreline.report.data_quality.layouts import image_layouts, image_statistics, image_views
from scoreline.report.data_quality.outliers import find_outliers
from scoreline.report.data_quality.statistics import measure_statistics
from scoreline.rows import ArrayRows

NAMES = tuple("0123456789")


def test_other_images_are_outliers():
    digits = load_digits()
    X = (digits.images * 15).astype(np.uint8)[..., None]
    strange = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    splits = {"train": split_of(X, digits.target, "train"), "test": split_of(strange, np.zeros(5, int), "test")}
    views = {name: image_views(split.rows) for name, split in splits.items()}
    found = find_outliers(views, splits, NAMES)
    assert {item.id for item in found.ranked[:5]} == {f"test/{i}.png" for i in range(5)}
    assert all(item.outlying for item in found.ranked[:5])
    assert found.n_outlying < 0.05 * len(X)
    assert all(len(row) == len(found.COLUMNS) for row in found.rows())


def test_distances_do_not_depend_on_the_unit():
    X, y = load_digits(return_X_y=True)
    splits = {"train": split_of(X, y)}
    one, other = (find_outliers({"train": {"x": ArrayRows(X * unit)}}, splits, NAMES) for unit in (1, 1000))
    assert [item.id for item in one.ranked[:20]] == [item.id for item in other.ranked[:20]]
    assert one.ranked[0].distance == pytest.approx(other.ranked[0].distance, rel=1e-3)


def noise(rng, n):
    return rng.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)


STRANGE = {
    "noise": noise,
    "faint noise": lambda rng, n: (128 + noise(rng, n) / 6 - 21).astype(np.uint8),
    "blank": lambda rng, n: np.broadcast_to(rng.integers(0, 256, (n, 1, 1, 3), dtype=np.uint8), (n, 32, 32, 3)),
    "black": lambda rng, n: np.zeros((n, 32, 32, 3), np.uint8),
    "stripes": lambda rng, n: (
        np.tile(np.arange(32)[:, None] // rng.integers(2, 5, (n, 1, 1, 1)) % 2 * 255, 3)
        .repeat(32, axis=1)
        .astype(np.uint8)
    ),
}


@pytest.mark.parametrize("kind", STRANGE)
def test_a_dozen_strange_images_of_one_kind_are_found_in_training(kind):
    rng = np.random.default_rng(0)
    X, y = pictures(500), np.arange(500) % 10
    chosen = rng.choice(500, 12, replace=False)
    X[chosen] = STRANGE[kind](rng, 12)
    split = split_of(X, y)
    found = find_outliers({"train": image_views(split.rows)}, {"train": split}, NAMES)
    assert {item.id for item in found.ranked[:12]} == {f"x/{i}.png" for i in chosen}
    assert all(item.outlying for item in found.ranked[:12])


@pytest.mark.parametrize("view", ["images", "features"])
def test_of_few_examples_others_are_no_stranger_than_those_that_taught(view):
    X, y = pictures(240), np.arange(240) % 10
    splits = {"train": split_of(X[:120], y[:120]), "test": split_of(X[120:], y[120:])}
    views = {name: image_views(split.rows) for name, split in splits.items()}
    if view == "features":
        views = {name: {"features": seen["edges"]} for name, seen in views.items()}
    assert find_outliers(views, splits, NAMES).n_outlying < 6


def test_strange_rows_of_numbers_are_found():
    rng = np.random.default_rng(0)
    y = np.arange(800) % 8
    X = np.maximum(rng.normal(size=(8, 60))[y] + rng.normal(size=(800, 10)) @ rng.normal(size=(10, 60)), 0)
    X += 0.1 * rng.random(X.shape)
    X[:5], X[5:10], X[10:15] = 0, 4 * X[5:10], rng.permuted(X[10:15], axis=1)
    split = split_of(X, y)
    found = find_outliers({"train": {"features": ArrayRows(X)}}, {"train": split}, NAMES)
    first = {item.id for item in found.ranked[:20]}
    assert sum(f"x/{i}.png" in first for i in range(15)) == 15


@pytest.mark.parametrize("shape", [(6, 1, 1, 3), (6, 1, 40, 1), (6, 17, 9, 3), (6, 100, 20, 4), (6, 33, 33, 3)])
def test_images_of_any_shape_have_views(shape):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    views = image_views(ArrayRows(X))
    assert len(views) == 2
    for rows in views.values():
        assert len(rows) == len(X)
        assert np.isfinite(rows.read(0, len(X))).all()


def test_statistics_do_not_depend_on_place():
    X = pictures(6).astype(np.float32)
    np.testing.assert_allclose(image_statistics(X), image_statistics(X[:, ::-1, ::-1]), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", [(40, 9, 30, 3), (3, 50, 40, 1), (4, 1, 1, 3)])
def test_layouts_are_means_of_cells(shape):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = image_layouts(ArrayRows(X)).array
    assert len(found) == len(X)
    np.testing.assert_allclose(found.mean(axis=1), X.mean(axis=(1, 2, 3)), rtol=0.05)
    if max(shape[1:3]) <= 32:
        np.testing.assert_allclose(found.reshape(shape), X, rtol=1e-6)


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
