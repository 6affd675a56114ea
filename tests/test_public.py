"""What the package lends under its own name, and the examples of it."""

import doctest
import re
import shutil
from pathlib import Path

import pytest

import scoreline
from scoreline.errors import ModelError
from scoreline.models import ImageClassifier

FIXTURES = Path(__file__).parent / "fixtures" / "format-1"
README = Path(__file__).parents[1] / "README.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a run and images, as the examples have it."""
    shutil.copytree(FIXTURES / "colour", tmp_path / "run")
    shutil.copytree(FIXTURES / "images", tmp_path, dirs_exist_ok=True)
    for name in ("cat", "dog"):
        shutil.copy(FIXTURES / "images" / "colour.png", tmp_path / f"{name}.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", sorted(set(scoreline.__all__) - {"__version__"}))
def test_every_name_can_be_imported(name):
    assert callable(getattr(scoreline, name))
    assert name in dir(scoreline)


def test_the_examples_of_load(folder):
    (examples,) = doctest.DocTestFinder().find(scoreline.load, "load")
    results = doctest.DocTestRunner().run(examples)
    assert results.attempted > 5
    assert results.failed == 0


def test_the_readmes_example_of_load(folder, capsys):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = (block for block in blocks if "scoreline.load" in block)
    exec(compile(block, README.name, "exec"), {})  # noqa: S102
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_a_run_by_its_path_as_text_or_not(folder):
    assert isinstance(scoreline.load("run"), ImageClassifier)
    assert scoreline.load(folder / "run").classes == ("dark", "dim", "light")
    with pytest.raises(ModelError, match="cannot be read"):
        scoreline.load("no-run")
