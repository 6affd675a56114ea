"""Where things are kept for users of any kind, those without a home among them."""

import os
import stat
from pathlib import Path

import pytest

from scoreline.data import LoadOptions, load_dataset, user_cache
from scoreline.data.places import expanded
from scoreline.errors import DataError, UsageError


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """A user whose home nobody knows, in a container perhaps."""
    monkeypatch.setattr("pooch.os_cache", lambda name: Path("~/.cache") / name)
    monkeypatch.setattr("scoreline.data.places.gettempdir", lambda: str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_home_the_cache_is_a_private_temporary_folder(homeless):
    folder = user_cache()
    assert folder == user_cache() == homeless / f"scoreline-{os.getuid()}"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not (homeless / "~").exists()


@pytest.mark.parametrize(
    "take",
    [
        lambda path: path.symlink_to("/etc"),
        lambda path: path.write_text("x"),
        lambda path: path.mkdir() or path.chmod(0o777),
    ],
    ids=["link", "file", "open"],
)
def test_a_folder_that_others_can_write_to_is_not_taken(homeless, take):
    take(homeless / f"scoreline-{os.getuid()}")
    with pytest.raises(UsageError, match="XDG_CACHE_HOME"):
        user_cache()


def test_a_home_that_nobody_has_is_a_path_that_is_not_found():
    assert expanded("~no-such-user/x") == Path("~no-such-user/x")
    with pytest.raises(DataError):
        load_dataset("~no-such-user/x", LoadOptions())
