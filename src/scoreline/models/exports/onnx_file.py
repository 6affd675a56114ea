"""Models as ONNX graphs, from pixels to probabilities in one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from scoreline._files import write_bytes
from scoreline._text import shortened
from scoreline._typing import Array, FloatArray
from scoreline._version import __version__
from scoreline.errors import ModelError
from scoreline.models.exports.base import Export, Exported, Sample, parity
from scoreline.models.exports.onnx_chunks import in_chunks, largest_value

if TYPE_CHECKING:
    from scoreline.models.exports.model_graph import ModelGraph
    from scoreline.models.saved import SavedModel

__all__ = ["OnnxExport"]

#: The set of operators, and the format of the file: what runtimes of 2022 and later read.
_OPSET, _IR_VERSION = 17, 8
#: Bytes of constants: protocol buffers end at 2 GiB.
_MOST_BYTES = (1 << 31) - (1 << 20)
#: Bytes of an intermediate value that a cache holds, and images at a time from which on more are no quicker.
VALUE_BYTES, ENOUGH = 1 << 20, 256
#: Largest difference of a probability.
_TOLERANCE = 1e-4


class OnnxExport(Export):
    """One graph from ``images`` (uint8) or ``features`` (float32) to ``scores`` and ``probabilities``."""

    help: ClassVar[str] = "A file for the model as an ONNX graph."
    packages: ClassVar[tuple[str, ...]] = ("onnx", "onnxruntime")
    extra: ClassVar[str] = "onnx"

    def write(self, model: SavedModel, target: Path, sample: Sample) -> Exported:
        """Write the graph, checked by onnx and compared in onnxruntime; see `Export.write`."""
        from scoreline.models.exports.model_graph import ModelGraph

        made = ModelGraph.of(model)
        size = sum(array.nbytes for array in made.graph.constants.values())
        if size > _MOST_BYTES:
            raise ModelError(
                f"The model has {size:,} bytes of numbers",
                allowed=f"{_MOST_BYTES:,} bytes in an ONNX file",
                fix="export it with --numpy, or train on fewer features",
            )
        proto = _proto(model, made)
        if made.takes == "images":
            most = max(1, VALUE_BYTES // largest_value(proto, made.rows))
            if most < ENOUGH:
                proto.graph.CopyFrom(in_chunks(proto.graph, made.n_of_rows, made.rows, most))
        content = proto.SerializeToString()
        _check(content)
        found = parity(model, sample, made.extractor.transform, _answer(content, made), _TOLERANCE)
        _describe(proto, parity=json.dumps(found._asdict()))
        write_bytes(target, proto.SerializeToString())
        return Exported(target, made.takes, found, made.remark)


def _proto(model: SavedModel, made: ModelGraph) -> Any:
    """Return the graph as onnx holds it."""
    from onnx import TensorProto, helper, numpy_helper

    outputs = {made.scores: "scores"}
    if made.probabilities is not None:
        outputs[made.probabilities] = "probabilities"
    nodes = []
    for node in made.graph.nodes:
        attributes: dict[str, Any] = dict(node.attributes)
        if node.operator == "Cast":
            attributes["to"] = helper.np_dtype_to_tensor_dtype(np.dtype(attributes["to"]))
        inputs = [outputs.get(name, name) for name in node.inputs]
        nodes.append(
            helper.make_node(node.operator, inputs, [outputs.get(node.output, node.output)], **attributes)
        )
    shape = model.example_shape if made.takes == "images" else (model.coef.shape[1],)
    kind = TensorProto.UINT8 if made.takes == "images" else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "scoreline",
        [helper.make_tensor_value_info(made.takes, kind, ["N", *shape])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", len(model.classes)])
            for name in outputs.values()
        ],
        [numpy_helper.from_array(array, name) for name, array in made.graph.constants.items()],
    )
    proto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="scoreline",
        producer_version=__version__,
    )
    described = {"classes": json.dumps(list(model.classes)), "loss": model.loss, "features": model.features}
    if model.input is not None:
        described["input"] = json.dumps(model.input.model_dump(mode="json"))
    if model.temperature is not None:
        described["temperature"] = json.dumps(model.temperature)
    if model.provenance is not None:
        about = {"licence": model.provenance.licence, "notes": model.provenance.notes}
        described |= {name: text for name, text in about.items() if text}
    if made.remark:
        described["begins_with"] = f"features, not images: {made.remark}"
    _describe(proto, **described)
    return proto


def _describe(proto: Any, **facts: str) -> None:
    """Add entries to the metadata."""
    for name, text in facts.items():
        entry = proto.metadata_props.add()
        entry.key, entry.value = name, text


def _check(content: bytes) -> None:
    """Raise ModelError unless onnx finds a complete graph with the right shapes."""
    import onnx

    try:
        onnx.checker.check_model(content, full_check=True)
    except Exception as error:  # onnx raises whatever a graph leads it to
        raise _unusable(f"is not valid ({error})") from error


def _answer(content: bytes, made: ModelGraph) -> Callable[[Array], tuple[FloatArray, FloatArray | None]]:
    """Return what runs the graph in onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no other class in common
        raise _unusable(f"cannot be loaded by onnxruntime ({error})") from error

    def answer(examples: Array) -> tuple[FloatArray, FloatArray | None]:
        try:
            found = session.run(None, {made.takes: np.ascontiguousarray(made.given(examples))})
        except Exception as error:  # onnxruntime's errors have no other class in common
            raise _unusable(f"cannot be run by onnxruntime ({error})") from error
        return found[0], found[1] if len(found) > 1 else None

    return answer


def _unusable(problem: str) -> ModelError:
    return ModelError(
        f"The graph of the model {shortened(problem)}",
        allowed="features and sizes that onnxruntime can compute",
        fix="export it with --numpy, or train on other features",
    )
