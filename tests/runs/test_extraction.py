"""Extraction in shards: equal to extraction in one piece, kept, found again, and never trusted blindly."""

import errno

import numpy as np
import pytest

from scoreline.features import build_features
from scoreline.features.rows import FeatureRows
from scoreline.rows import ArrayRows, Rows
from scoreline.runs import extraction
from scoreline.runs.extraction import FeatureCache, fit_features


@pytest.fixture
def images(monkeypatch):
    monkeypatch.setattr("scoreline.features.rows.SHARD_PIXELS", 16 * 16 * 40)  # shards of 32 images
    return np.random.default_rng(0).integers(0, 256, (70, 16, 16, 3), dtype=np.uint8)


def extract(extractor, spec, images, kept, progress=None, **where):
    return extraction.extract(extractor, spec, ArrayRows(images), kept, progress, **where).read(0, len(images))


def fitted(spec, images, kept):
    return fit_features(build_features(spec), images, np.zeros(len(images)), kept)


@pytest.mark.parametrize("spec", ["pixels", "resized:[pixels],side=8", "hog"])
def test_rows_of_few_images_are_of_the_dtype_of_those_of_many(spec, images):
    features, kept = fitted(spec, images, FeatureCache(None)), FeatureCache(None)
    few, many = (extract(features, spec, some, kept) for some in (images[:5], images))
    assert few.dtype == many.dtype == (np.uint8 if spec == "pixels" else np.float32)


@pytest.mark.parametrize("spec", ["pixels", "hog", "words:8", "hog,hue", "mirror:[hog,words:8]"])
@pytest.mark.parametrize("keeps", [True, False])
def test_equals_extraction_in_one_piece(spec, keeps, images, tmp_path):
    kept = FeatureCache(tmp_path / "cache" if keeps else None)
    expected = build_features(spec).fit(images, np.zeros(70)).transform(images)
    for _ in range(2):  # the second from the cache
        features = fitted(spec, images, kept)
        for on_disk in (False, True):
            found = extract(features, spec, images, kept, on_disk=on_disk)
            np.testing.assert_array_equal(found, expected)
    assert (tmp_path / "cache").exists() == (keeps and spec != "pixels")


def test_finished_shards_are_not_extracted_again(images, tmp_path, monkeypatch):
    kept = FeatureCache(tmp_path)
    hog = fitted("hog", images, kept)
    extract(hog, "hog", images, kept)
    taken = []
    transform = type(hog).transform
    monkeypatch.setattr(type(hog), "transform", lambda self, X: taken.append(len(X)) or transform(self, X))
    extract(hog, "hog", images, kept)
    assert taken == []
    changed = images.copy()
    changed[40, 0, 0, 0] ^= 1  # one byte of the second shard
    np.testing.assert_array_equal(extract(hog, "hog", changed, kept), transform(hog, changed))
    assert taken == [32]


def test_learning_is_not_repeated(images, tmp_path, monkeypatch):
    kept = FeatureCache(tmp_path)
    words = fitted("words:8", images, kept)
    monkeypatch.setattr(type(words), "fit", None)
    np.testing.assert_array_equal(fitted("words:8", images, kept).words_, words.words_)
    with pytest.raises(TypeError):
        fitted("words:9", images, kept)


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no archive"])
def test_a_damaged_file_is_as_good_as_none(damage, images, tmp_path):
    kept = FeatureCache(tmp_path)
    hog = fitted("hog", images, kept)
    expected = extract(hog, "hog", images, kept)
    for path in tmp_path.glob("*.npz"):
        path.write_bytes(damage)
    with pytest.warns(UserWarning, match=r"\.npz is damaged") as told:
        np.testing.assert_array_equal(extract(hog, "hog", images, kept), expected)
    assert len(told) == 1
    np.testing.assert_array_equal(extract(hog, "hog", images, FeatureCache(tmp_path)), expected)  # written anew


def test_one_byte_in_a_shard_is_noticed(images, tmp_path):
    kept = FeatureCache(tmp_path)
    hog = fitted("hog", images, kept)
    expected = extract(hog, "hog", images, kept)
    path = sorted(tmp_path.glob("*.npz"))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=f"{path.name} is damaged"):
        np.testing.assert_array_equal(extract(hog, "hog", images, kept), expected)


def test_the_longest_unused_go_first(tmp_path):
    row = np.zeros(1000)
    kept = FeatureCache(tmp_path, limit=40_000)
    for key in "abcd":
        kept.save(key, {"rows": row})
        (tmp_path / f"{key}.npz").touch()
    assert kept.load("a") is not None
    kept.save("e", {"rows": row})
    assert kept.load("b") is None
    assert all(kept.load(key) is not None for key in "acde")
    kept.save("large", {"rows": np.zeros(2000)})
    assert kept.load("large") is None


def test_a_folder_that_cannot_be_written_keeps_nothing(images, tmp_path):
    (tmp_path / "file").write_text("no folder")
    kept = FeatureCache(tmp_path / "file")
    with pytest.warns(UserWarning, match="cannot be kept .* SCORELINE_FEATURE_CACHE") as told:
        assert extract(fitted("hog", images, kept), "hog", images, kept).shape[0] == 70
    assert len(told) == 1


def test_a_full_disk_stops_nothing_and_is_told_of_once(images, tmp_path, monkeypatch):
    def no_room(file, **arrays):
        tries.append(file.write(b"half"))
        raise OSError(errno.ENOSPC, "No space left on device")

    tries = []
    monkeypatch.setattr(np, "savez", no_room)
    kept = FeatureCache(tmp_path)
    hog = fitted("hog", images, kept)
    with pytest.warns(UserWarning, match=r"cannot be kept in .* \(No space left on device\)") as told:
        np.testing.assert_array_equal(extract(hog, "hog", images, kept), hog.transform(images))
    assert len(told) == len(tries) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_user_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("SCORELINE_FEATURE_CACHE", str(tmp_path))
    assert FeatureCache.of_user().folder == tmp_path
    monkeypatch.setenv("SCORELINE_FEATURE_CACHE", "off")
    assert FeatureCache.of_user().folder is None


def test_progress_is_told(images):
    told = []
    kept = FeatureCache(None)
    extract(fitted("hog", images, kept), "hog", images, kept, lambda *facts: told.append(facts))
    assert told == [("Extracting hog", 32, 70), ("Extracting hog", 64, 70), ("Extracting hog", 70, 70)]


def test_a_state_of_other_shapes_is_learned_anew(images, tmp_path):
    kept = FeatureCache(tmp_path)
    words = fitted("words:8", images, kept)
    (path,) = tmp_path.glob("*.npz")
    kept.save(path.stem, {"words": np.zeros(3)})
    np.testing.assert_array_equal(fitted("words:8", images, kept).words_, words.words_)


def test_feature_rows_are_read_in_any_way(images):
    spec = "hog,hue"
    extractor = fitted(spec, images, FeatureCache(None))
    expected = extractor.transform(images)
    rows = FeatureRows(ArrayRows(images), extractor, spec, FeatureCache(None))
    assert isinstance(rows, Rows)
    assert (rows.shape, rows.dtype, len(rows)) == (expected.shape, expected.dtype, 70)
    for start, stop in ((0, 5), (20, 70), (31, 33), (60, 200), (70, 80)):
        np.testing.assert_array_equal(rows.read(start, stop), expected[start:stop])
    index = np.random.default_rng(1).integers(0, 70, 40)
    np.testing.assert_array_equal(rows.take(index), expected[index])


def test_each_shard_is_computed_once_in_order(images, monkeypatch):
    hog = fitted("hog", images, FeatureCache(None))
    seen = []
    transform = type(hog).transform
    monkeypatch.setattr(type(hog), "transform", lambda self, X: seen.append(len(X)) or transform(self, X))
    rows = FeatureRows(ArrayRows(images), hog, "hog", FeatureCache(None))
    for first in range(0, 70, 7):
        rows.read(first, first + 7)
    assert seen == [32, 32, 6]
