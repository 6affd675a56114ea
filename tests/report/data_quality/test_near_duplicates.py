import numpy as np
import pytest
from tests.report.data_quality.pictures import CHANGES, pictures, split_of

from scoreline.report.data_quality.near_duplicates import candidate_pairs, find_near_duplicates
from scoreline.report.data_quality.signatures import image_signatures, row_signatures
from scoreline.rows import ArrayRows

NAMES = ("a", "b")


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("change", CHANGES)
def test_copies_are_found_and_nothing_else(change, channels):
    train, test = pictures(150, channels=channels), pictures(60, seed=1, channels=channels)
    copies = np.stack([CHANGES[change](image) for image in test[:20]])
    splits = {
        "train": split_of(np.concatenate([train, copies]), name="train"),
        "test": split_of(test, name="test"),
    }
    found = find_near_duplicates(splits, NAMES)
    wanted = {(f"test/{i}.png", f"train/{150 + i}.png") for i in range(20)}
    assert {(pair.id, pair.other_id) for pair in found.pairs} == wanted
    assert all(pair.leak and pair.mirrored == change.startswith("mirrored") for pair in found.pairs)
    assert found.n_leaked("test", "train") == 20
    groups = found.groups
    np.testing.assert_array_equal(groups["test"][:20], groups["train"][150:])
    assert len(np.unique(np.concatenate([groups["test"], groups["train"]]))) == 210


def test_leaks_come_first_and_those_into_test_before_all_others():
    X = pictures(40)
    train = split_of(np.concatenate([X[:20], X[:2], X[20:21], X[30:31]]), name="train")
    splits = {"train": train, "validation": split_of(X[20:30], name="val"), "test": split_of(X[30:], name="test")}
    found = find_near_duplicates(splits, NAMES)
    kinds = [(pair.split, pair.other_split) for pair in found.pairs]
    assert kinds == [("test", "train"), ("validation", "train"), ("train", "train"), ("train", "train")]
    assert len(found.leaks) == 2


def test_copies_in_other_classes_contradict():
    X = pictures(30)
    y = np.arange(31) % 2
    found = find_near_duplicates({"train": split_of(np.concatenate([X, X[:1]]), np.append(y[:30], 1))}, NAMES)
    (pair,) = found.contradictions
    assert (pair.label, pair.other_label) == ("a", "b")


def test_rows_have_the_columns_that_are_named():
    X = pictures(10)
    found = find_near_duplicates({"train": split_of(np.concatenate([X, X[:1]]))}, NAMES)
    (row,) = found.rows()
    assert len(row) == len(found.COLUMNS)
    assert row[:3] == ("train", "x/0.png", "a")


def test_images_of_one_colour_are_copies_of_nothing():
    X = np.broadcast_to(np.arange(20, dtype=np.uint8)[:, None, None, None], (20, 16, 16, 1))
    assert find_near_duplicates({"train": split_of(X)}, NAMES).pairs == ()


@pytest.mark.parametrize("shape", [(1, 9, 9, 3), (6, 1, 1, 1), (3, 2, 5, 3)])
def test_few_and_tiny_images(shape):
    X = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    assert len(find_near_duplicates({"train": split_of(X)}, NAMES).groups["train"]) == len(X)


def test_digits_of_one_kind_are_no_copies():
    from sklearn.datasets import load_digits

    images = (load_digits().images * 15).astype(np.uint8)[..., None]
    assert len(find_near_duplicates({"train": split_of(images)}, NAMES).pairs) < 5


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_rows_of_numbers_with_a_little_noise(dtype):
    rng = np.random.default_rng(0)
    X = (rng.normal(size=(300, 40)) * rng.uniform(0.1, 5, 40) + 3).astype(dtype)
    X[:, 7] = 5  # a column that says nothing
    copies = (X[:20] + rng.normal(0, 1e-3, (20, 40))).astype(dtype)
    copies[:, 7] = 5
    found = find_near_duplicates({"train": split_of(X), "test": split_of(copies, name="test")}, NAMES)
    assert {(pair.id, pair.other_id) for pair in found.pairs} == {
        (f"test/{i}.png", f"x/{i}.png") for i in range(20)
    }


def test_pairs_of_hashes_are_the_near_ones():
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 2**63, 4000, dtype=np.uint64)
    hashes[:200] = hashes[200:400] ^ (np.uint64(1) << rng.integers(0, 63, 200, dtype=np.uint64))
    found = set(map(tuple, candidate_pairs(hashes).T.tolist()))
    assert found >= {(i, i + 200) for i in range(200)}
    assert len(found) < 4000


def test_many_equal_hashes_come_to_few_pairs():
    pairs = candidate_pairs(np.zeros(3000, np.uint64))
    assert pairs.shape[1] < 40 * 3000


def test_mirror_images_have_turned_signatures():
    X = pictures(50)
    signatures = image_signatures(ArrayRows(np.concatenate([X, X[:, :, ::-1]])))
    np.testing.assert_allclose(signatures.vectors[:50] * signatures.mirrored, signatures.vectors[50:], atol=1e-3)


def test_rows_that_are_all_the_same_have_no_signature():
    assert not row_signatures(ArrayRows(np.ones((5, 3)))).vectors.any()
