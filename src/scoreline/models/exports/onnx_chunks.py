"""Features in an ONNX graph that takes any number of images at once, and works on a few at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

__all__ = ["in_chunks", "largest_value"]


def largest_value(proto: Any, before: str) -> int:
    """Return the bytes of the largest value, for one image, that a model computes before one of a name."""
    from onnx import ModelProto, helper, shape_inference

    one = ModelProto()
    one.CopyFrom(proto)
    one.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    del one.graph.output[:]
    one.graph.output.append(helper.make_empty_tensor_value_info(before))
    inferred = shape_inference.infer_shapes(one, data_prop=True)
    sizes = [1]
    for value in inferred.graph.value_info:
        tensor = value.type.tensor_type
        width = helper.tensor_dtype_to_np_dtype(tensor.elem_type).itemsize
        sizes.append(width * math.prod(side.dim_value for side in tensor.shape.dim))
    return max(sizes)


def in_chunks(graph: Any, n_of_rows: int, rows: str, most: int) -> Any:
    """Return a graph that does the same, its first operations for at most so many images at a time.

    The images are divided into chunks of one size, as few as possible. Where they cannot be, the last image is
    taken again, and what comes of that is cut off.

    Parameters
    ----------
    graph : onnx.GraphProto
        It is left as it is.
    n_of_rows : int
        The first nodes, which come from images ``(N, ...)`` to rows ``(N, D)`` of float32.
    rows : str
        The name of these.
    most : int
    """
    from onnx import helper, numpy_helper

    images, nodes = graph.input[0].name, list(graph.node)
    body = _of_chunk(graph, nodes[:n_of_rows], images, rows)
    inside = {one.name for one in body.initializer}
    head = [_renamed(node, {name: f"{name}_again" for name in inside}) for node in nodes[n_of_rows:]]
    made = [
        *_places(images),
        helper.make_node("Scan", ["places_of_chunks"], ["rows_of_chunks"], body=body, num_scan_inputs=1),
        helper.make_node("Shape", ["rows_of_chunks"], ["width"], start=2),
        helper.make_node("Concat", ["all_rows", "width"], ["shape_of_rows"], axis=0),
        helper.make_node("Reshape", ["rows_of_chunks", "shape_of_rows"], ["rows_and_more"], allowzero=1),
        helper.make_node("Slice", ["rows_and_more", "first", "n_shape", "first"], [rows]),
        *head,
    ]
    numbers = {"n_none": 0, "n_one": 1, "n_most": most, "n_below": most - 1, "first": [0]}
    stored = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in numbers.items()]
    used = {name for node in head for name in node.input}
    for one in graph.initializer:
        array = numpy_helper.to_array(one)
        names = {one.name, f"{one.name}_again"} & used
        stored += [numpy_helper.from_array(array, name) for name in names]
    return helper.make_graph(made, graph.name, graph.input, graph.output, stored)


def _of_chunk(graph: Any, nodes: Sequence[Any], images: str, rows: str) -> Any:
    """Return a graph that takes the places of images among all, which it sees from within.

    Its constants are its own: onnxruntime packs no weights of convolutions that lie outside.
    """
    from onnx import TensorProto, helper

    used = {name for node in nodes for name in node.input}
    taken = helper.make_node("Gather", [images, "places"], ["chunk"], axis=0)
    return helper.make_graph(
        [taken, *(_renamed(node, {images: "chunk", rows: "rows_of_chunk"}) for node in nodes)],
        "chunk",
        [helper.make_tensor_value_info("places", TensorProto.INT64, ["n_places"])],
        [helper.make_tensor_value_info("rows_of_chunk", TensorProto.FLOAT, ["n_places", None])],
        [one for one in graph.initializer if one.name in used],
    )


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """Return an operation with other names for some values."""
    from onnx import NodeProto

    own = NodeProto()
    own.CopyFrom(node)
    own.input[:] = [names.get(name, name) for name in node.input]
    own.output[:] = [names.get(name, name) for name in node.output]
    return own


def _places(images: str) -> list[Any]:
    """Return the operations that write the places of images, a row a chunk."""
    from onnx import helper

    steps: list[tuple[str, list[str], str, dict[str, Any]]] = [
        ("Shape", [images], "n_shape", {"start": 0, "end": 1}),
        ("Squeeze", ["n_shape", "first"], "n", {}),
        # ceil(n / most) chunks, one at least, of ceil(n / chunks) images.
        ("Add", ["n", "n_below"], "n_rounded", {}),
        ("Div", ["n_rounded", "n_most"], "n_full", {}),
        ("Max", ["n_full", "n_one"], "n_chunks", {}),
        ("Add", ["n", "n_chunks"], "n_more", {}),
        ("Sub", ["n_more", "n_one"], "n_shared", {}),
        ("Div", ["n_shared", "n_chunks"], "n_each", {}),
        ("Mul", ["n_chunks", "n_each"], "n_all", {}),
        ("Range", ["n_none", "n_all", "n_one"], "counted", {}),
        ("Sub", ["n", "n_one"], "n_last", {}),
        ("Min", ["counted", "n_last"], "taken", {}),
        ("Unsqueeze", ["n_chunks", "first"], "lines", {}),
        ("Unsqueeze", ["n_each", "first"], "columns", {}),
        ("Concat", ["lines", "columns"], "sides", {"axis": 0}),
        ("Reshape", ["taken", "sides"], "places_of_chunks", {"allowzero": 1}),
        ("Unsqueeze", ["n_all", "first"], "all_rows", {}),
    ]
    return [helper.make_node(name, given, [made], **settings) for name, given, made, settings in steps]
