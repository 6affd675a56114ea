"""The help: every option in a group, with its default and its choices, and examples that the program takes."""

import shlex

import pytest
import typer

from scoreline.cli.app import MANY_VALUED, app, run, spread
from scoreline.cli.help import escaped_markup
from scoreline.features import FEATURES
from scoreline.losses import LOSSES
from scoreline.optimizers import OPTIMIZERS
from scoreline.penalties import PENALTIES
from scoreline.runs.comparison import BASELINES
from scoreline.runs.config import FEATURE_NAMES, RunConfig
from scoreline.schedules import SCHEDULES

COMMANDS = [command.name for command in app.registered_commands]


@pytest.fixture
def helped(capfd, monkeypatch):
    """Return the help of a command as one line of words."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERMINAL_WIDTH", "200")

    def call(name):
        with pytest.raises(SystemExit) as ended:
            run([name, "--help"])
        assert ended.value.code == 0
        return " ".join(capfd.readouterr().out.replace("│", " ").split())

    return call


@pytest.mark.parametrize("name", COMMANDS)
def test_there_are_examples_and_no_default_is_lost(helped, name):
    text = helped(name)
    assert f"Examples: scoreline {name}" in text
    assert "\\[" not in text
    if name not in ("datasets", "export", "lab", "predict", "report", "resume"):
        assert "[default: " in text


def test_choices_are_listed(helped):
    text = helped("train")
    for registry in (FEATURES, LOSSES, PENALTIES, SCHEDULES, OPTIMIZERS):
        assert ", ".join(registry) in text


@pytest.mark.parametrize("name", ["train", "compare", "sweep"])
def test_a_new_feature_is_named_without_another_line(helped, monkeypatch, name):
    monkeypatch.setitem(FEATURES._parts, "my-own", FEATURES["hog"])
    text = helped(name)
    assert ", ".join(FEATURES) in text
    assert FEATURE_NAMES not in text


def test_every_setting_has_a_group(helped):
    groups = {field.json_schema_extra["group"] for field in RunConfig.model_fields.values()}
    assert groups == {"Data", "Features", "Objective", "Solver", "Validation", "Recipe search", "Run and output"}
    text = helped("train")
    assert all(f"─ {group} ─" in text for group in groups)


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_words_that_the_parser_takes(name):
    group = typer.main.get_command(app)
    command = group.commands[name]
    lines = [line.strip() for line in command.epilog.splitlines()[1:]]
    assert lines
    for line in lines:
        words = spread(shlex.split(line)[1:], MANY_VALUED.get(name, ()))
        assert words[0] == name
        command.make_context(name, words[1:])


def test_brackets_are_written_once():
    assert escaped_markup("a [b] \\[c]") == "a \\[b] \\[c]"


@pytest.mark.parametrize("name", COMMANDS)
def test_switches_take_nothing_and_no_line_is_broken_in_a_paragraph(helped, name):
    text = helped(name)
    assert "bool" not in text
    assert "list[" not in text
    assert "Run and output" in text
    command = typer.main.get_command(app).commands[name]
    assert "\n" not in command.help.replace("\n\n", "")


def test_baselines_are_named(helped):
    assert ", ".join(BASELINES) in helped("compare")
