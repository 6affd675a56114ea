"""What folders around images are taken for, what is refused, and what is passed over and counted."""

import numpy as np
import pytest
from PIL import Image

from scoreline.data import LoadOptions, load_dataset
from scoreline.data.description import description_lines
from scoreline.data.formats.base import split_of
from scoreline.errors import DataError


def fill(root, *folders, count=3, first=0):
    """Put some images, all different, into each of the folders."""
    for place, folder in enumerate(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            rng = np.random.default_rng([first, place, number])
            Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).save(root / folder / f"{number}.png")
    return root


def load(root, **options):
    return load_dataset(root, LoadOptions(validation=0, **options))


def counts(data):
    """Return how many files of each kind were passed over."""
    return {item.kind: item.n_files for item in data.passed_over}


@pytest.mark.parametrize(
    ("names", "split"),
    [
        ("train Train TRAINING training_set train_images trainset 01_train train2017 tr train-data", "train"),
        ("val valid Validation dev val2017 validation_set Val_Images development", "validation"),
        ("test Testing eval EVALUATION test_set test-images holdout", "test"),
    ],
)
def test_customary_names_of_splits(names, split):
    assert {name: split_of(name) for name in names.split()} == dict.fromkeys(names.split(), split)


@pytest.mark.parametrize(
    "name", ["cat", "trainer", "training_wheels", "valley", "contest", "images", "data", "2017", ""]
)
def test_other_names(name):
    assert split_of(name) is None


@pytest.mark.parametrize(("train", "test"), [("Training", "eval"), ("train_set", "test_set"), ("TR", "Testing")])
def test_splits_under_other_names(tmp_path, train, test):
    fill(tmp_path, f"{train}/a", f"{train}/b", f"{test}/a", f"{test}/b")
    data = load(tmp_path)
    assert data.classes == ("a", "b")
    assert (len(data.train), len(data.test)) == (6, 6)
    assert train in data.layout
    assert test in data.layout


class TestWrapping:
    @pytest.mark.parametrize("wrapper", ["photos", "archive/photos"])
    def test_a_single_folder_around_all_is_entered(self, tmp_path, wrapper):
        fill(tmp_path, f"{wrapper}/a", f"{wrapper}/b", "__MACOSX/a")
        data = load(tmp_path)
        assert data.classes == ("a", "b")
        assert wrapper in data.layout

    def test_around_splits_too(self, tmp_path):
        fill(tmp_path, "photos/train/a", "photos/train/b", "photos/test/a")
        assert len(load(tmp_path).test) == 3

    @pytest.mark.parametrize("inner", ["train", "images"])
    def test_and_within_a_split(self, tmp_path, inner):
        fill(tmp_path, f"train/{inner}/a", f"train/{inner}/b", "test/a", "test/b")
        data = load(tmp_path)
        assert data.classes == ("a", "b")
        assert (len(data.train), len(data.test)) == (6, 6)


class TestRefused:
    @pytest.mark.parametrize(
        "folders",
        [("train", "test"), ("Train",), ("train", "val"), ("train", "test", "sample"), ("x/train", "x/test")],
    )
    def test_splits_without_class_folders(self, tmp_path, folders):
        with pytest.raises(
            DataError, match=r"without a folder for each class.*path, label and split.*,cat,t(rain|est)'"
        ):
            load(fill(tmp_path, *folders))

    def test_classes_beside_a_training_split(self, tmp_path):
        with pytest.raises(DataError, match="boat, plane.*beside the train split"):
            load(fill(tmp_path, "boat", "plane", "train/2019", "train/2020"))

    def test_classes_beside_a_test_split(self, tmp_path):
        with pytest.raises(DataError, match="beside the test split"):
            load(fill(tmp_path, "boat", "plane", "test/boat", "test/plane"))

    def test_two_folders_for_one_split(self, tmp_path):
        with pytest.raises(DataError, match="val and validation are both validation"):
            load(fill(tmp_path, "train/a", "train/b", "val/a", "validation/a"))

    def test_splits_in_some_classes_only(self, tmp_path):
        with pytest.raises(DataError, match="only a hold folders for splits"):
            load(fill(tmp_path, "a/train", "a/test", "b"))

    def test_images_without_a_folder(self, tmp_path):
        with pytest.raises(DataError, match="3 images right in it"):
            load(fill(tmp_path, "."))


def test_splits_within_the_classes(tmp_path):
    data = load(fill(tmp_path, "a/test", "a/train", "b/test", "b/train"))
    assert data.classes == ("a", "b")
    assert (len(data.train), len(data.test)) == (6, 6)
    assert all("/train/" in name for name in data.train.ids)
    np.testing.assert_array_equal(data.test.y, [0, 0, 0, 1, 1, 1])


def test_a_class_called_train_is_told(tmp_path):
    data = load(fill(tmp_path, "train", "boat", "plane"))
    assert data.classes == ("boat", "plane", "train")
    assert "train/ was taken for a class" in data.layout


class TestPassedOver:
    def test_images_of_a_split_without_classes(self, tmp_path):
        data = load(fill(tmp_path, "train/a", "train/b", "test"))
        assert counts(data) == {"image in test/, which has no class folders": 3}
        assert any("test/0.png" in note for note in data.notes)

    def test_folders_beside_two_splits(self, tmp_path):
        data = load(fill(tmp_path, "train/a", "train/b", "test/a", "unlabelled"))
        assert counts(data) == {"image in unlabelled/, beside the folders for splits": 3}

    def test_images_beside_class_folders(self, tmp_path):
        data = load(fill(tmp_path, "a", "b", "."))
        assert counts(data) == {"image outside the class folders": 3}
        data = load(fill(tmp_path, "s/train/a", "s/train/b", "s/train").joinpath("s"))
        assert counts(data) == {"image outside the class folders": 3}

    def test_what_systems_leave_behind(self, tmp_path):
        fill(tmp_path, "a", "b", "__MACOSX/a", "a/@eaDir")
        for name in (".DS_Store", "a/.hidden.png", "a/Thumbs.db", "b/desktop.ini", "b/notes.TXT", "b/README"):
            (tmp_path / name).write_text("text")
        (tmp_path / "a" / "elsewhere").symlink_to(tmp_path / "b", target_is_directory=True)
        data = load(tmp_path)
        assert len(data.train) == 6
        assert counts(data) == {
            ".db": 1, ".ini": 1, ".txt": 1, "folder of the system": 2, "hidden": 2, "link to a folder": 1,
            "without suffix": 1,
        }  # fmt: skip
        assert data.rejected == ()


def test_content_goes_before_the_suffix(tmp_path):
    fill(tmp_path, "a", "b")
    for old, new in (("a/0.png", "a/0"), ("a/1.png", "a/1.dat"), ("b/0.png", "b/0.JPG")):
        (tmp_path / old).rename(tmp_path / new)
    assert len(load(tmp_path).train) == 6


class TestClassNames:
    def test_letter_case_that_differs_between_splits(self, tmp_path):
        data = load(fill(tmp_path, "train/cat", "train/dog", "test/Cat", "test/DOG"))
        np.testing.assert_array_equal(data.test.y, [0, 0, 0, 1, 1, 1])
        assert any("Cat was taken for the class cat" in note for note in data.notes)

    def test_letter_case_that_differs_within_a_split(self, tmp_path):
        data = load(fill(tmp_path, "train/a", "train/A", "test/a"))
        assert data.classes == ("A", "a")
        assert set(data.test.y) == {1}
        assert any("A and a are kept apart" in note for note in data.notes)

    def test_composed_and_decomposed_letters(self, tmp_path):
        data = load(fill(tmp_path, "train/caf\u00e9", "train/x", "test/cafe\u0301"))
        assert set(data.test.y) == {0}


def test_empty_classes_of_a_split_are_rejected_by_name(tmp_path):
    fill(tmp_path, "train/a", "train/b", "test/a")
    (tmp_path / "test" / "b").mkdir()
    (tmp_path / "train" / "c").mkdir()
    data = load(tmp_path)
    assert {(item.path, item.split) for item in data.rejected} == {("test/b", "test"), ("train/c", "train")}


def test_class_folders_may_be_links(tmp_path):
    fill(tmp_path / "elsewhere", "a", "b")
    (tmp_path / "data" / "train").mkdir(parents=True)
    for name in "ab":
        (tmp_path / "data" / "train" / name).symlink_to(tmp_path / "elsewhere" / name, target_is_directory=True)
    assert load(tmp_path / "data").classes == ("a", "b")


def test_the_description_of_data_for_an_evaluation_counts_what_is_there(tmp_path):
    data = load(fill(tmp_path, "test/a", "test/b"), evaluation=True)
    assert "0 train, 6 test; classes a 3, b 3" in next(description_lines(data))
