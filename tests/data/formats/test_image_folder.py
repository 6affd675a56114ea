"""Image folders and manifests: splits, classes by name, and all that can be wrong with files."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scoreline.data import LoadOptions, load_dataset, write_rejected
from scoreline.errors import DataError, TooManyRejectedError

SIDE = 6


def paint(path, seed, size=(SIDE, SIDE), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
    Image.fromarray(noise).convert(mode).save(path)
    return path


def folder(root, counts, first=0):
    seed = first
    for name, count in counts.items():
        for i in range(count):
            paint(root / name / f"{i:03}.png", seed := seed + 1)
    return root


def load(path, **options):
    return load_dataset(path, LoadOptions(**options))


class TestSplits:
    def test_class_folders_alone(self, tmp_path):
        data = load(folder(tmp_path, {"cat": 20, "ant": 10}))
        assert data.classes == ("ant", "cat")
        assert (len(data.train), len(data.validation)) == (27, 3)
        assert data.test is None
        assert data.train.X.dtype == np.uint8
        assert data.train.X.shape[1:] == (SIDE, SIDE, 3)

    def test_pixels_and_labels_belong_together(self, tmp_path):
        folder(tmp_path, {"cat": 5, "ant": 5})
        data = load(tmp_path, validation=0)
        for image, label, name in zip(data.train.X, data.train.y, data.train.ids, strict=True):
            assert name.startswith(data.classes[label] + "/")
            np.testing.assert_array_equal(image, np.asarray(Image.open(tmp_path / name)))

    @pytest.mark.parametrize("name", ["val", "valid", "validation", "VAL"])
    def test_named_splits(self, tmp_path, name):
        folder(tmp_path / "train", {"a": 4, "b": 4})
        folder(tmp_path / name, {"a": 2, "b": 2}, 100)
        folder(tmp_path / "test", {"a": 3, "b": 3}, 200)
        data = load(tmp_path)
        assert (len(data.train), len(data.validation), len(data.test)) == (8, 4, 6)

    def test_classes_are_matched_by_name(self, tmp_path):
        folder(tmp_path / "train", {"a": 2, "b": 2, "c": 2})
        folder(tmp_path / "test", {"c": 3}, 100)
        data = load(tmp_path, validation=0)
        np.testing.assert_array_equal(data.test.y, [2, 2, 2])

    def test_a_class_that_training_has_not_got(self, tmp_path):
        folder(tmp_path / "train", {"a": 30, "b": 30})
        folder(tmp_path / "test", {"a": 3, "zebra": 1}, 100)
        data = load(tmp_path)
        assert len(data.test) == 3
        assert [(r.split, "zebra" in r.reason) for r in data.rejected] == [("test", True)]

    def test_test_alone_is_no_data_set(self, tmp_path):
        folder(tmp_path / "test", {"a": 2, "b": 2})
        with pytest.raises(DataError, match="no training split"):
            load(tmp_path)

    def test_a_class_may_be_called_test(self, tmp_path):
        assert load(folder(tmp_path, {"test": 3, "other": 3}), validation=0).classes == ("other", "test")

    def test_nested_folders_belong_to_their_class(self, tmp_path):
        folder(tmp_path, {"a/deep/er": 2, "a": 1, "b": 2})
        data = load(tmp_path, validation=0)
        np.testing.assert_array_equal(np.bincount(data.train.y), [3, 2])

    def test_same_seed_same_split(self, tmp_path):
        folder(tmp_path, {"a": 20, "b": 20})
        ids = [load(tmp_path, seed=seed).validation.ids for seed in (1, 1, 2)]
        assert ids[0] == ids[1] != ids[2]


class TestBadFiles:
    def test_unreadable_ones_are_listed(self, tmp_path):
        folder(tmp_path, {"a": 30, "b": 30})
        (tmp_path / "a" / "bad.png").write_bytes(b"no picture")
        (tmp_path / "b" / "cut.png").write_bytes((tmp_path / "b" / "000.png").read_bytes()[:60])
        (tmp_path / "b" / "void.jpg").touch()
        data = load(tmp_path, validation=0)
        assert len(data.train) == 60
        assert {r.path for r in data.rejected} == {"a/bad.png", "b/cut.png", "b/void.jpg"}
        assert all(r.reason and r.split == "train" for r in data.rejected)

    def test_more_than_the_share_stops(self, tmp_path):
        folder(tmp_path, {"a": 10, "b": 9})
        (tmp_path / "b" / "bad.png").write_bytes(b"no picture")
        assert len(load(tmp_path, max_rejected=0.05).rejected) == 1
        with pytest.raises(TooManyRejectedError, match="1 of 20 images"):
            load(tmp_path, max_rejected=0.049)

    def test_nothing_readable(self, tmp_path):
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "x.png").write_bytes(b"?")
        with pytest.raises(DataError, match="None of the 2 image files"):
            load(tmp_path, max_rejected=1)

    def test_one_class(self, tmp_path):
        with pytest.raises(DataError, match="one class only: a"):
            load(folder(tmp_path, {"a": 3}))

    def test_empty_folder(self, tmp_path):
        with pytest.raises(DataError, match="no class folders"):
            load(tmp_path)

    def test_empty_class(self, tmp_path):
        folder(tmp_path, {"a": 3, "b": 3})
        (tmp_path / "c").mkdir()
        data = load(tmp_path, validation=0)
        assert data.classes == ("a", "b")
        assert any("c" in r.path for r in data.rejected)

    def test_a_class_whose_images_are_all_bad(self, tmp_path):
        folder(tmp_path, {"a": 30, "b": 30})
        (tmp_path / "c").mkdir()
        (tmp_path / "c" / "x.png").write_bytes(b"?")
        with pytest.raises(DataError, match="without a usable training example: c"):
            load(tmp_path)

    def test_other_files_are_passed_over(self, tmp_path):
        folder(tmp_path, {"a": 3, "b": 3})
        (tmp_path / "a" / "notes.txt").write_text("hello")
        (tmp_path / "a" / ".hidden.png").write_bytes(b"?")
        data = load(tmp_path, validation=0)
        assert data.rejected == ()
        assert any("1 .txt" in note for note in data.notes)

    def test_names_that_are_no_utf8(self, tmp_path):
        folder(tmp_path, {"a": 3, "b": 3})
        raw = os.fsencode(tmp_path / "a") + b"/\xff\xfe.png"
        try:
            with open(raw, "wb") as file:  # noqa: PTH123 - a path of bytes
                file.write((tmp_path / "a" / "000.png").read_bytes()[:-20] + bytes(20))
        except OSError:
            pytest.skip("this file system takes only UTF-8 names")
        data = load(tmp_path, max_rejected=1)
        write_rejected(tmp_path / "rejected.csv", data.rejected)
        text = (tmp_path / "rejected.csv").read_text(encoding="utf-8")
        assert "\\xff\\xfe.png" in text + "".join(data.train.ids + data.validation.ids)

    @pytest.fixture
    def refused(self, tmp_path, monkeypatch):
        """Let the system refuse to list the class folder c, as it does to others than root."""
        listed = os.scandir

        def scandir(path):
            if Path(path).name == "c":
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return listed(path)

        folder(tmp_path, {"a": 30, "b": 30, "c": 30})
        monkeypatch.setattr(os, "scandir", scandir)
        return tmp_path

    def test_a_class_that_may_not_be_listed_is_not_lost(self, refused):
        with pytest.raises(TooManyRejectedError, match="c cannot be used, and classes .*Permission denied"):
            load(refused)
        data = load(refused, max_rejected=1)
        assert (data.classes, [item.path for item in data.rejected]) == (("a", "b"), ["c"])

    def test_data_that_may_not_be_read(self, tmp_path, monkeypatch):
        def refuse(self, path):
            raise PermissionError(13, "Permission denied", os.fspath(path / "data"))

        monkeypatch.setattr("scoreline.data.formats.cifar_binary.CifarBinary.matches", refuse)
        with pytest.raises(DataError, match="data cannot be read .Permission denied.. Allowed: .* you may read"):
            load(tmp_path)

    @pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read every folder")
    def test_unreadable_class_folder(self, tmp_path):
        folder(tmp_path, {"a": 3, "b": 3, "c": 3})
        (tmp_path / "c").chmod(0)
        try:
            data = load(tmp_path, max_rejected=1)
        finally:
            (tmp_path / "c").chmod(0o755)
        assert any(r.path == "c" for r in data.rejected)

    def test_bombs(self, tmp_path):
        folder(tmp_path, {"a": 30, "b": 30})
        paint(tmp_path / "a" / "huge.png", 99, (200, 200))
        data = load(tmp_path, max_pixels=10_000)
        assert [r.path for r in data.rejected] == ["a/huge.png"]
        assert "pixels" in data.rejected[0].reason


class TestDuplicates:
    def copy(self, source, target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())

    def test_within_a_class_the_first_stays(self, tmp_path):
        folder(tmp_path, {"a": 30, "b": 30})
        self.copy(tmp_path / "a" / "000.png", tmp_path / "a" / "999.png")
        data = load(tmp_path, validation=0)
        assert len(data.train) == 60
        assert [(r.path, r.reason) for r in data.rejected] == [("a/999.png", "duplicate of a/000.png")]

    def test_across_classes_both_go(self, tmp_path):
        folder(tmp_path, {"a": 30, "b": 30})
        self.copy(tmp_path / "a" / "000.png", tmp_path / "b" / "999.png")
        data = load(tmp_path, validation=0)
        assert {r.path for r in data.rejected} == {"a/000.png", "b/999.png"}

    def test_a_training_copy_of_a_test_image_is_a_leak(self, tmp_path):
        folder(tmp_path / "train", {"a": 30, "b": 30})
        folder(tmp_path / "test", {"a": 3, "b": 3}, 500)
        self.copy(tmp_path / "test" / "a" / "000.png", tmp_path / "train" / "a" / "leak.png")
        data = load(tmp_path)
        assert len(data.test) == 6
        assert [r.path for r in data.rejected] == ["train/a/leak.png"]

    def test_can_be_kept(self, tmp_path):
        folder(tmp_path, {"a": 30, "b": 30})
        self.copy(tmp_path / "a" / "000.png", tmp_path / "a" / "999.png")
        assert len(load(tmp_path, validation=0, keep_duplicates=True).train) == 61


class TestShapes:
    def test_mixed_sizes_are_fitted_and_it_is_said(self, tmp_path):
        folder(tmp_path, {"a": 3, "b": 3})
        paint(tmp_path / "b" / "wide.png", 77, (10, 50))
        data = load(tmp_path, validation=0)
        assert data.example_shape == (SIDE, SIDE, 3)
        assert any("resized" in note for note in data.notes)

    def test_size_on_request(self, tmp_path):
        assert load(folder(tmp_path, {"a": 3, "b": 3}), image_size=(4, 8)).example_shape == (4, 8, 3)

    def test_all_grey_stays_grey(self, tmp_path):
        for i in range(6):
            paint(tmp_path / "ab"[i % 2] / f"{i}.png", i, mode="L")
        assert load(tmp_path, validation=0).example_shape == (SIDE, SIDE, 1)

    def test_one_colour_image_makes_all_colour(self, tmp_path):
        for i in range(6):
            paint(tmp_path / "ab"[i % 2] / f"{i}.png", i, mode="RGB" if i == 5 else "L")
        data = load(tmp_path, validation=0)
        assert data.example_shape == (SIDE, SIDE, 3)
        grey = data.train.X[list(data.train.ids).index("a/0.png")]
        np.testing.assert_array_equal(grey[..., 0], grey[..., 2])


class TestManifest:
    def write(self, root, *rows, head="path,label,split"):
        (root / "list.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
        return root / "list.csv"

    @pytest.fixture
    def images(self, tmp_path):
        for i in range(8):
            paint(tmp_path / "img" / f"{i}.png", i)
        return tmp_path

    def test_splits_and_labels(self, images):
        rows = [f"img/{i}.png,{'cat' if i % 2 else 'dog'},{'test' if i > 5 else ''}" for i in range(8)]
        data = load(self.write(images, *rows), validation=0)
        assert data.classes == ("cat", "dog")
        assert (len(data.train), len(data.test)) == (6, 2)
        np.testing.assert_array_equal(data.train.y, [1, 0, 1, 0, 1, 0])

    def test_without_splits(self, images):
        rows = [f"img/{i}.png, {i % 2}" for i in range(8)]
        assert len(load(self.write(images, *rows, head="path, label"), validation=0).train) == 8

    def test_paths_may_not_leave_the_folder(self, images, tmp_path_factory):
        outside = paint(tmp_path_factory.mktemp("outside") / "secret.png", 55)
        rows = [f"img/{i}.png,{i % 2}," for i in range(8)]
        data = load(self.write(images, *rows, f"{outside},0,", "../x.png,0,"), max_rejected=0.5)
        assert [r.reason for r in data.rejected] == [
            "the path is absolute and leaves the folder of the manifest",
            "the path leaves the folder of the manifest",
        ]

    def test_rows_that_say_too_little(self, images):
        rows = [f"img/{i}.png,{i % 2}," for i in range(8)]
        bad = [",0,", "img/1.png,,", "img/2.png,0,somewhere", "img/none.png,0,"]
        data = load(self.write(images, *rows, *bad), max_rejected=0.5)
        assert len(data.rejected) == 4

    def test_wrong_columns(self, images):
        with pytest.raises(DataError, match="columns place, kind"):
            load(self.write(images, head="place,kind"))


@pytest.mark.real_data
def test_real_images(cifar10_jpeg):
    data = load(cifar10_jpeg)
    assert len(data.classes) == 10
    assert (len(data.train), len(data.validation), len(data.test)) == (360, 40, 100)
    assert data.example_shape == (32, 32, 3)
    assert data.rejected == ()
    assert 90 < data.train.X.mean() < 150
