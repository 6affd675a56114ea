import shlex

import pytest

from scoreline.errors import UsageError
from scoreline.runs.config import RunConfig


def test_what_is_written_comes_back(tmp_path):
    config = RunConfig(data="photos", loss="weston-watkins:squared", lam=0.5, early_stopping=True, lr=0.1)
    config.write(tmp_path / "config.yaml")
    assert RunConfig.read(tmp_path / "config.yaml") == config


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"lam": -1}, "lam"),
        ({"lr": 0}, "lr"),
        ({"batch_size": 0}, "batch_size"),
        ({"lamb": 1}, "lamb"),
        ({"lam": float("nan")}, "lam"),
    ],
)
def test_wrong_settings_are_named(values, name):
    with pytest.raises(UsageError, match=f"The setting {name} is"):
        RunConfig.checked(**values)


@pytest.mark.parametrize("text", ["- 1\n", "just text", "lam: [", "!!python/object/apply:os.system ['true']"])
def test_files_that_hold_no_settings(tmp_path, text):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UsageError):
        RunConfig.read(path)


def test_no_file(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        RunConfig.read(tmp_path / "none.yaml")


def test_command_names_what_is_not_default():
    config = RunConfig(data="my photos", lam=0.5, standardize=False, early_stopping=True)
    words = shlex.split(config.command())
    assert words == ["scoreline", "train", "my photos", "--no-standardize", "--lam", "0.5", "--early-stopping"]


def test_every_setting_says_what_it_is():
    assert all(field.description for field in RunConfig.model_fields.values())
