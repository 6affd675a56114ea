"""`scoreline export`: every format brings its own option."""

import inspect
from pathlib import Path

import typer

from scoreline.cli.export import with_formats
from scoreline.models.exports import EXPORTS, Export


class OwnFormat(Export):
    help = "A file of one's own."

    def write(self, model, target, sample):
        raise NotImplementedError


def test_a_format_brings_its_option(monkeypatch):
    monkeypatch.setattr(EXPORTS, "_parts", {**EXPORTS._parts, "my-own": OwnFormat})
    given = []

    @with_formats
    def command(run: Path, targets: dict[str, Path], trust: bool = False) -> None:
        given.append((run, targets, trust))

    app = typer.Typer()
    app.command()(command)
    named = {option: one.help for one in typer.main.get_command(app).params for option in one.opts}
    assert named["--my-own"] == "A file of one's own."
    assert named.keys() >= {f"--{name}" for name in EXPORTS}
    assert list(inspect.signature(command).parameters) == ["run", "onnx", "skops", "numpy", "my_own", "trust"]
    app(["there", "--my-own", "m", "--onnx", "m.onnx"], standalone_mode=False)
    assert given == [(Path("there"), {"onnx": Path("m.onnx"), "my-own": Path("m")}, False)]
