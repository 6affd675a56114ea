"""Models as one Python file and one file of numbers that need NumPy and Pillow only."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from scoreline._files import partial_folder, replacing, write_text
from scoreline._typing import Array, FloatArray
from scoreline._version import __version__
from scoreline.data.names import printable
from scoreline.errors import MismatchError, UsageError
from scoreline.models.exports.base import Export, Exported, Sample, check_writable, parity

if TYPE_CHECKING:
    from scoreline.features.graph import Node
    from scoreline.models.exports.model_graph import ModelGraph
    from scoreline.models.saved import SavedModel

__all__ = ["NumpyExport"]

PROGRAM, NUMBERS = "predict.py", "model.npz"
#: What the program begins with, and the operators that it calls.
_HEAD, _OPERATORS = (Path(__file__).with_name(f"numpy_{name}.txt") for name in ("head", "operators"))
#: Largest difference of a probability.
_TOLERANCE = 1e-5


class NumpyExport(Export):
    """The folder of a program ``predict.py``, a line an operation, and ``model.npz`` with its numbers."""

    help: ClassVar[str] = "A new folder for it as a program that needs NumPy and Pillow only."

    def check(self, target: Path) -> None:
        """Raise UsageError unless `target` can be a new or empty folder; see `Export.check`."""
        if not target.parent.is_dir() or (target.exists() and (not target.is_dir() or any(target.iterdir()))):
            raise UsageError(
                f"The export is to be written to {printable(target)}",
                allowed="a folder that is new or empty, in one that exists",
                fix="choose another folder",
            )
        check_writable(target)

    def write(self, model: SavedModel, target: Path, sample: Sample) -> Exported:
        """Write both files, and run the program to compare its answers; see `Export.write`."""
        from scoreline.models.exports.model_graph import ModelGraph

        made = ModelGraph.of(model)
        if made.takes != "images" or (model.input is not None and model.input.deep != "refuse"):
            reason = made.remark or "Images of more than 8 bits are to be scaled"
            raise MismatchError(
                f"The model cannot be written for NumPy: {reason}",
                allowed="models of 8-bit images with pixels, hue, opponent, hog, lbp, dictionary, two-layers, "
                "mirror, shifts, resized, products and several of these",
                fix="export it with --onnx or --skops, which take features, or train on other features",
            )
        text = _program(model, made)
        with partial_folder(target.parent) as part:
            _write(part, text, made)
            answer = _answer(part / PROGRAM)
            found = parity(model, sample, made.extractor.transform, answer, _TOLERANCE)
            if target.exists():
                _write(target, text, made)
            else:  # in one step, as one file of two would be in the way of the next attempt
                part.rename(target)
        return Exported(target, made.takes, found)


def _write(folder: Path, text: str, made: ModelGraph) -> None:
    with replacing(folder / NUMBERS) as part, part.open("wb") as file:
        np.savez(file, **made.graph.constants)  # type: ignore[arg-type]
    write_text(folder / PROGRAM, text)


def _answer(program: Path) -> Callable[[Array], tuple[FloatArray, FloatArray | None]]:
    """Return what runs the program that was just written."""
    names = runpy.run_path(str(program))

    def answer(examples: Array) -> tuple[FloatArray, FloatArray | None]:
        scores, chances = names["answers"](examples)
        return scores, chances

    return answer


def _program(model: SavedModel, made: ModelGraph) -> str:
    """Return the program's text."""
    lines = "\n".join(f"    {_line(node)}" for node in made.graph.nodes)
    head = _HEAD.read_text(encoding="utf-8")
    facts = {
        "VERSION": __version__,
        "FEATURES": ascii(model.features),
        "CLASSES": ascii(list(model.classes)),
        "SHAPE": ascii(tuple(model.example_shape)),
    }
    head = re.sub(f"@({'|'.join(facts)})@", lambda match: facts[match[1]], head)
    result = f"    return {made.scores}, {made.probabilities}\n"
    operators = _OPERATORS.read_text(encoding="utf-8")
    return f"{head}\n\n{operators}\n\ndef _compute(images):\n{lines}\n{result}\n\n" + _TAIL


def _line(node: Node) -> str:
    """Return the assignment that computes a node."""
    inputs = [f'C["{name}"]' if name.startswith("c") else name for name in node.inputs]
    attributes = [f"{name}={value!r}" for name, value in node.attributes]
    name = re.sub("(?<!^)(?=[A-Z])", "_", node.operator).lower()
    return f"{node.output} = op_{name}({', '.join(inputs + attributes)})"


_TAIL = """if __name__ == "__main__":
    for path in sys.argv[1:]:
        scores, chances = answers(read_image(path)[None])
        best = int(scores[0].argmax())
        print(path, CLASSES[best], scores[0, best] if chances is None else chances[0, best], sep="\\t")
"""
