import os
import shlex
from pathlib import Path

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
        ({"licence": "a\u202eb"}, "licence"),
        ({"notes": "x" * 15_000}, "notes"),
    ],
)
def test_wrong_settings_are_named(values, name):
    with pytest.raises(UsageError, match=f"The setting {name} is"):
        RunConfig.checked(**values)


def refused(tmp_path, content):
    """Return the message that refuses a file."""
    path = tmp_path / "config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UsageError) as caught:
        RunConfig.read(path)
    assert len(str(caught.value)) < 1000
    assert str(caught.value).isprintable()
    return str(caught.value)


def bomb():
    """Ten aliases of aliases."""
    names = ["loss", "penalty", "solver", "schedule", "features", "image_size", "lr", "tol", "dropout", "seed"]
    lines = [f"{name}: &a{i} [{','.join([f'*a{i - 1}' if i else 'x'] * 10)}]" for i, name in enumerate(names)]
    return "\n".join([*lines, "data: *a9"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (bomb(), "reference"),
        ("lam: &a 1\nlr: *a\n", "reference"),
        ("data: " + "[" * 3000 + "]" * 3000, "brackets"),
        ("data: " + "{a: " * 3000, "brackets"),
        ("- " * 3000, "brackets"),
        ("lam: 1\nlam: 2\n", "twice"),
        ("cls: 1\n", "The setting cls is 1"),
        ("self: 1\n", "The setting self is 1"),
        ("data: !!binary aGk=\n", "tag"),
        ("lam: !x 1\n", "tag"),
        ("data: x\n#" + "y" * 10**5, "bytes"),
        (b"data: \xff\xfe\n", "cannot be read"),
        (b"data: \x00\n", "cannot be read"),
        ("lam: .nan", "lam is nan"),
        ("lr: .inf", "lr is inf"),
        ("lam: 1" + "0" * 400, "lam is a number of about 401 digits"),
        ("seed: 1" + "0" * 400, "seed is"),
        ("lam: " + "9" * 5000, "cannot be read"),
        ("max_epochs: 99999999999999", "max_epochs is"),
        ('memory: "' + "9" * 400 + 'GB"', "memory is"),
        ("memory: 1e30", "memory is"),
        ("lam: yes", "lam is True"),
        ("image_size: on", "image_size is True"),
        ('data: "a\\0b"', "data is"),
        ("data: " + "x" * 30_000, "data is"),
        ("lam: [1, 2]", "lam is a list of 2 entries"),
        ("lam: 2001-99-99", "cannot be read"),
        ("1: 2\n[a]: 3\n", "cannot be read"),
        ("? 5\n: 6", "5"),
        ("x\n---\ny", "cannot be read"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_hostile_files(tmp_path, content, told):
    assert told in refused(tmp_path, content)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of POSIX")
def test_pipes_and_devices_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match="not a regular file"):
            RunConfig.read(path)


def test_settings_run_no_code(tmp_path):
    path, made = tmp_path / "config.yaml", tmp_path / "made"
    for text in (
        f"!!python/object/apply:os.mkdir ['{made}']",
        f"notes: !!python/object/apply:os.mkdir ['{made}']",
    ):
        path.write_text(text)
        with pytest.raises(UsageError):
            RunConfig.read(path)
        assert not made.exists()


@pytest.mark.parametrize("text", ["- 1\n", "just text", "lam: ["])
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
