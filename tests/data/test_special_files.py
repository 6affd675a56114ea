"""What lies among the images and is none: pipes, dead links, circles, folders that refuse to be listed."""

import os
import subprocess

import numpy as np
import pytest
from PIL import Image

from scoreline.data import LoadOptions, Rejected, load_dataset
from scoreline.errors import DataError, TooManyRejectedError


@pytest.fixture
def folder(tmp_path):
    """Two classes of 30 different images."""
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(30):
            Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).save(
                tmp_path / name / f"{number}.png"
            )
    return tmp_path


def test_a_pipe_and_a_dead_link_are_listed_not_waited_for(folder):
    os.mkfifo(folder / "cat" / "pipe.png")
    (folder / "dog" / "dead.png").symlink_to(folder / "nowhere")
    data = load_dataset(folder, LoadOptions(validation=0))
    assert len(data.train) == 60
    assert data.rejected == (
        Rejected("cat/pipe.png", "train", "not a regular file"),
        Rejected("dog/dead.png", "train", "cannot be read (No such file or directory)"),
    )


def test_links_in_a_circle_end(folder):
    (folder / "cat" / "round").symlink_to(folder)
    data = load_dataset(folder, LoadOptions(validation=0))
    assert np.bincount(data.train.y).tolist() == [30, 30]


def test_folders_without_end(folder):
    place = os.open(folder / "cat", os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=place)
        deeper = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = deeper
    os.close(place)
    data = load_dataset(folder, LoadOptions(validation=0))
    assert len(data.train) == 60
    assert [item.reason for item in data.rejected] == ["more than 64 folders deep"]
    subprocess.run(["rm", "-rf", folder / "cat"], check=True)  # noqa: S603, S607 - shutil goes only so deep


@pytest.fixture
def refuse(monkeypatch):
    """Make one folder unreadable, even for the superuser, whom permissions do not stop."""
    scandir = os.scandir

    def refuse(name):
        def guarded(path):
            if os.fspath(path).endswith(name):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", guarded)

    return refuse


def test_an_unreadable_folder_within_a_class_is_lost_by_consent_alone(folder, refuse):
    (folder / "cat" / "secret").mkdir()
    refuse("secret")
    with pytest.raises(TooManyRejectedError, match="cat/secret cannot be used.*Permission denied"):
        load_dataset(folder)
    data = load_dataset(folder, LoadOptions(validation=0, max_rejected=1))
    assert len(data.train) == 60
    assert [(item.path, "Permission denied" in item.reason) for item in data.rejected] == [("cat/secret", True)]


def test_an_unreadable_root_is_an_error(folder, refuse):
    refuse(folder.name)
    with pytest.raises(DataError, match="Permission denied"):
        load_dataset(folder)
