"""The documentation names every command, option, setting, file and field."""

import ast
import csv
import json
import pkgutil
import re
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import scoreline
from scoreline.cli.app import app, run
from scoreline.models.exports import EXPORTS
from scoreline.runs.comparison import BASELINES
from scoreline.runs.config import RunConfig
from scoreline.runs.resolved import Decision, Resolved

DOCS = Path(__file__).parents[1] / "docs"
PAGES_BESIDE = ("ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "benchmarks/README.md")
COMMANDS = typer.main.get_command(app).commands
#: Objects whose keys are names of splits or classes, strengths, or numbers.
FREE = {"evaluations", "splits", "of_class", "lam_tried", "top_k", "files", "settings", "datasets"}
CSV_FILES = {"history.csv", "predictions.csv", "rejected.csv", "comparison.csv", "sweep.csv", "leaderboard.csv"}


def spans(page, heading=None):
    """Return what stands in backticks on a page, or under one of its headings."""
    text = (DOCS / page).read_text(encoding="utf-8")
    if heading is not None:
        text = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"`([^`\n]+)`", text))


def keys(value):
    """Return all keys of a JSON value that the program chooses, at any depth; ``data`` has a page of its own."""
    if isinstance(value, list):
        return set().union(*map(keys, value))
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, inner in value.items():
        found.add(name)
        if name in FREE and isinstance(inner, dict):
            found |= keys(list(inner.values()))
        elif name != "data":
            found |= keys(inner)
    return found


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Return a folder of a few images of two classes, one of which is damaged."""
    folder = tmp_path_factory.mktemp("documented") / "photos"
    values = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            Image.fromarray(values.integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(
                folder / name / f"{number}.png"
            )
    (folder / "cat" / "bad.png").write_bytes(b"no image")
    (folder / "cat" / "notes.txt").write_text("no image either")
    return folder


@pytest.fixture(scope="module")
def folders(photos, tmp_path_factory):
    """Return the folders of small runs of all kinds."""
    out = tmp_path_factory.mktemp("runs")
    words = {
        "chosen": ["train", "--lam", "auto"],
        "searched": ["train"],
        "hinge": ["train", str(photos), "--loss", "svm", "--solver", "adam", "--max-epochs", "2"],
        "diverged": ["train", "--loss", "squared-error", "--solver", "sgd", "--lr", "1e5"],
        "compared": ["compare", "--baselines", "1-nn"],
        "swept": ["sweep", "--lam", "1e-3:1:2"],
    }
    for name, command in words.items():
        with pytest.raises(SystemExit) as ended:
            run([*command, "--out", str(out / name)])
        assert ended.value.code == (4 if name == "diverged" else 0)
    return out


@pytest.fixture
def last_line(capfd):
    """Run a command with ``--json``; give its object."""

    def call(*words):
        with pytest.raises(SystemExit):
            run([*map(str, words), "--json"])
        return json.loads(capfd.readouterr().out.splitlines()[-1])

    return call


def test_every_command_and_option_is_documented():
    named = spans("commands.md")
    settings = {f"--{name.replace('_', '-')}" for name in RunConfig.model_fields}
    rows = (DOCS / "commands.md").read_text(encoding="utf-8").splitlines()
    for name, command in COMMANDS.items():
        row = next(row for row in rows if row.startswith((f"| `scoreline {name}`", f"| `scoreline {name} ")))
        options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
        assert options - settings <= set(re.findall(r"`([^`]+)`", row))
        assert options <= named


@pytest.mark.parametrize("name", [name for name in RunConfig.model_fields if name != "data"])
def test_every_setting_is_documented_with_its_default(name):
    default = RunConfig.model_fields[name].default
    shown = {True: "on", False: "off"}[default] if isinstance(default, bool) else default
    cell = "" if shown is None else f"`{shown}`"
    row = f"| `--{name.replace('_', '-')}` | {cell}".rstrip() + " | "
    assert row in (DOCS / "commands.md").read_text(encoding="utf-8")


def test_formats_of_exports_are_documented():
    rows = (DOCS / "export.md").read_text(encoding="utf-8").splitlines()
    assert all(any(row.startswith(f"| `--{name}` | ") for row in rows) for name in EXPORTS)


def test_baselines_are_documented():
    assert spans("commands.md", "Baselines") >= set(BASELINES)


def test_every_file_is_documented(folders):
    named = spans("runs.md", "Files")
    written = {path.name + "/" * path.is_dir() for folder in folders.iterdir() for path in folder.iterdir()}
    assert written >= {"metrics.json", "figures/", "comparison.csv", "sweep.csv", "leaderboard.csv"}
    assert written <= named
    figures = {path.stem.removesuffix("-dark") for path in folders.glob("*/figures/*.png")}
    assert {re.sub("^validation-.*", "validation-...", name) for name in figures} <= named


@pytest.mark.parametrize("name", ["metrics.json", "data.json", "model.json"])
def test_every_field_of_a_file_is_documented(folders, name):
    found = set()
    for path in folders.glob(f"*/{name}"):
        found |= keys(json.loads(path.read_text(encoding="utf-8")))
    assert len(found) > 5
    assert found <= spans("runs.md", name)


def test_every_decision_is_documented():
    assert set(Resolved.model_fields) | set(Decision.model_fields) <= spans("runs.md", "resolved.yaml")


@pytest.mark.parametrize("name", sorted(CSV_FILES))
def test_every_column_is_documented(folders, name):
    paths = list(folders.glob(f"*/{name}"))
    assert paths
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            assert set(next(csv.reader(file))) <= spans("runs.md", name)


def test_a_diverged_run_leaves_what_is_documented(folders):
    page = (DOCS / "runs.md").read_text(encoding="utf-8")
    sentence = page.split("`metrics.json` with ")[1].split(" alone.")[0]
    assert set(json.loads((folders / "diverged" / "metrics.json").read_text())) == set(
        re.findall("`(.+?)`", sentence)
    )


def test_what_is_read_is_documented(folders):
    data = json.loads((folders / "hinge" / "metrics.json").read_text(encoding="utf-8"))["data"]
    assert data["rejected"]["count"] == 1
    assert data["passed_over"]
    assert keys(data) | {"smallest_class", "largest_class"} <= spans("images.md", "The key `data`")


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--solver", "adam", "--max-epochs", 2),
        ("compare", "--lams", "auto", "--baselines", "1-nn"),
        ("sweep", "--lam", "1e-3:1:2"),
        ("gradcheck", "--examples", 8, "--cells", 5),
        ("datasets",),
        ("train", "nowhere"),
    ],
    ids=lambda words: " ".join(map(str, words[:2])),
)
def test_every_field_of_a_last_line_is_documented(last_line, tmp_path, words):
    out = ("--out", tmp_path / "out") if words[0] in ("train", "compare", "sweep") else ()
    found = last_line(*words, *out)
    if words[0] == "gradcheck":
        found = {"softmax": found["softmax"], "data": found["data"]}
    assert keys(found) - {"softmax"} <= spans("runs.md", "--json")


def test_every_field_of_an_evaluation_is_documented(last_line, folders):
    assert keys(last_line("evaluate", folders / "chosen")) <= spans("runs.md", "--json")


def test_every_field_of_a_prediction_is_documented(folders, photos, capfd):
    with pytest.raises(SystemExit):
        run(["predict", str(folders / "hinge"), str(photos / "cat"), "--format", "json"])
    found = set().union(*(keys(json.loads(line)) for line in capfd.readouterr().out.splitlines()))
    assert found >= {"guesses", "problem", "temperature"}
    assert found <= spans("runs.md", "--json")


every_page = pytest.mark.parametrize(
    "page", [*DOCS.glob("*.md"), *(DOCS.parent / name for name in PAGES_BESIDE)], ids=lambda page: page.name
)


@every_page
def test_every_module_that_a_page_names_is_there(page):
    named = set(re.findall(r"`([\w/]+/\w+\.py)`", page.read_text(encoding="utf-8")))
    places = (DOCS.parent / "src" / "scoreline", DOCS.parent, page.parent)
    assert not {name for name in named if not any((place / name).exists() for place in places)}


@every_page
def test_every_option_in_a_line_that_begins_with_scoreline_is_there(page):
    for words in re.findall(r"\bscoreline ([a-z]+) ([^`\n]*(?:\\\n[^`\n]*)*)", page.read_text(encoding="utf-8")):
        if words[0] in COMMANDS:
            parameters = COMMANDS[words[0]].params
            options = {option for one in parameters for option in (*one.opts, *one.secondary_opts)}
            assert set(re.findall(r"(?<!\S)--[a-z-]+", words[1])) <= options | {"--help"}


@cache
def members():
    """Return the names that each class of the package defines, or its instances."""
    found = {}
    for path in Path(scoreline.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                inner = list(ast.walk(node))
                names = {one.name for one in inner if isinstance(one, ast.FunctionDef)}
                names |= {one.id for one in inner if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
                names |= {
                    one.attr for one in inner if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)
                }
                found.setdefault(node.name, set()).update(names)
    return found


@every_page
def test_every_name_with_a_dot_is_there(page):
    text = page.read_text(encoding="utf-8")
    for owner, name in re.findall(r"`([A-Z]\w*[a-z]\w*)\.(\w+)[`(=]", text):
        assert name in members().get(owner, ()), f"{owner}.{name}"
    for module, names in re.findall(r"^(?:>>> )?from (scoreline[\w.]*) import ([\w, ]+)", text, re.MULTILINE):
        assert all(hasattr(pkgutil.resolve_name(module), name.strip()) for name in names.split(",")), module
    for name in re.findall(r"`(scoreline(?:\.\w+)+)[`(]", text):
        pkgutil.resolve_name(name)  # which fails where it is not there


@pytest.mark.parametrize("page", ["README.md", "docs/features.md"])
def test_blocks_of_python_run(folders, photos, tmp_path, monkeypatch, page):
    """Those with prompts are doctests of their own."""
    shutil.copytree(folders / "hinge", tmp_path / "run")
    for name in ("cat", "dog"):
        Image.open(photos / name / "0.png").save(tmp_path / f"{name}.jpg")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS.parent / page).read_text(encoding="utf-8"), re.M | re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), {})  # noqa: S102 - the project's own
