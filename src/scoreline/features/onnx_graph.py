"""Graphs in the ONNX format that take images: read within limits, checked, and run without any code of theirs."""

from __future__ import annotations

import hashlib
import importlib.util
import stat
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from scoreline._text import shown
from scoreline._typing import Array, FloatArray
from scoreline.data.names import printable
from scoreline.data.places import expanded
from scoreline.errors import DataError, MissingPackageError, UsageError

__all__ = ["ImageGraph", "Takes", "graph_file", "read_graph"]

#: Bytes of a graph: more than the format's container, Protocol Buffers, can hold.
MOST_BYTES = 2_000_000_000
#: Pixels that a thread runs at a time, 8 images of 128 x 128. EfficientNet-Lite0 on one core takes 13.1 ms an
#: image one by one, 7.1 ms with 8 and 8.8 ms with 32, whose intermediate results no longer fit into the caches.
RUN_PIXELS = 1 << 17
#: Graphs whose sessions are kept in the process.
MOST_SESSIONS = 2
#: Numbers of a row: those of exact fits are the bound in practice.
MOST_WIDTH = 1 << 24
#: What an input may hold, by the names of the types in graphs.
DTYPES: Mapping[str, type[np.generic]] = MappingProxyType(
    {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
)


class Takes(NamedTuple):
    """What a graph takes: the name and the layout of its input, and the sizes that are not free (else None)."""

    name: str
    dtype: type[np.generic]
    channels_first: bool
    channels: int
    batch: int | None
    height: int | None
    width: int | None

    def size(self, side: int) -> tuple[int, int]:
        """Return the height and width of the images that it is given; `side` is 0 where the graph has to say it.

        Raises
        ------
        UsageError
            It does not say it, or something else.
        """
        if not side and (self.height is None or self.width is None):
            raise UsageError(
                "The encoder takes images of any size",
                allowed="a size, which graphs of a fixed size need not be given",
                fix="add the one that it was trained with, such as size=224",
            )
        found = (self.height or side, self.width or side)
        if side and found != (side, side):
            raise UsageError(
                f"Images of {side} x {side} pixels came to an encoder of {_sides(self.height, self.width)}",
                allowed="the size that the graph has been exported with",
                fix="leave size out, or export the graph with free sizes (dynamic axes)",
            )
        return found


class ImageGraph:
    """A graph that takes images, ready to run on the processor.

    It is run on one thread, and may be run by several threads at a time: each takes images of its own, so that
    results do not depend on their number. What a graph can do is to compute: it cannot load code, and graphs that
    read other files are refused.

    Parameters
    ----------
    content : bytes
        The file; see `read_graph`.

    Raises
    ------
    MissingPackageError
        onnxruntime or onnx are not installed.
    UsageError
        It is no graph, is not complete, has operators that onnxruntime does not know, or takes no images.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.digest = hashlib.sha256(content).hexdigest()
        self._session = _session(content)
        self.takes = _image_input(self._session.get_inputs())
        self.outputs = {output.name: output.shape for output in self._session.get_outputs()}

    def __reduce__(self) -> tuple[Any, ...]:
        return ImageGraph.of, (self.content,)  # sessions do not survive pickling

    @staticmethod
    @lru_cache(MOST_SESSIONS)
    def of(content: bytes) -> ImageGraph:
        """Return the graph of this content, the same one as long as few others have been asked for."""
        return ImageGraph(content)

    def output(self, name: str) -> str:
        """Return the output of that name or, of an empty one, the one that must be meant.

        Raises
        ------
        UsageError
            There is none, or several could be meant.
        """
        if name in self.outputs:
            return name
        vectors = [own for own, shape in self.outputs.items() if shape is not None and len(shape) == 2]
        for found in (list(self.outputs), vectors):
            if len(found) == 1 and not name:
                return found[0]
        outputs = ", ".join(f"{own} {_shape(shape)}" for own, shape in self.outputs.items())
        raise UsageError(
            f"The encoder has no output {shown(name)}" if name else "The encoder has several outputs",
            allowed=outputs,
            fix="name the one with a vector an image: output=...",
        )

    def rows(self, images: Array, output: str, prepared: Callable[[Array], Array]) -> FloatArray:
        """Return the rows ``(n, D)`` float32 of an output for images ``(n, h, w, ch)`` of uint8.

        Parameters
        ----------
        images : array
            In the graph's size and channels.
        output : str
        prepared : callable
            Makes the numbers that the graph takes of such images.

        Raises
        ------
        UsageError
            The graph cannot be run on such images, or gives no row for each.
        DataError
            It gives other than finite numbers.
        """
        h, w = images.shape[1:3]
        step = self.takes.batch or max(1, RUN_PIXELS // (h * w))
        blocks = [self._run(prepared(images[low : low + step]), output) for low in range(0, len(images), step)]
        found = np.concatenate(blocks)
        if not np.isfinite(found).all():
            bad = int(np.count_nonzero(~np.isfinite(found).all(axis=1)))
            raise DataError(
                f"The encoder gives numbers that are not finite for {bad:,} of {len(found):,} images",
                allowed="finite numbers",
                fix="check mean and std, or export the graph with float32",
            )
        return found

    def _run(self, values: Array, output: str) -> FloatArray:
        """Return the rows for one batch ``(n, h, w, ch)``; one of a fixed length is filled up."""
        n = len(values)
        if self.takes.batch is not None:
            values = np.concatenate([values, np.repeat(values[-1:], self.takes.batch - n, axis=0)])
        if self.takes.channels_first:
            values = values.transpose(0, 3, 1, 2)
        given = np.ascontiguousarray(values, dtype=self.takes.dtype)
        try:
            (found,) = self._session.run([output], {self.takes.name: given})
        except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no other class in common
            raise UsageError(
                f"The encoder cannot be run on {_shape(given.shape)}: {_said(error)}",
                allowed="images of a size that the graph can take",
                fix="change size, or export the graph for it",
            ) from None
        if isinstance(found, np.ndarray) and found.ndim == 4:
            found = found.mean(axis=(2, 3) if self.takes.channels_first else (1, 2), dtype=np.float32)
        if not isinstance(found, np.ndarray) or found.ndim != 2 or not _is_row(found, len(given)):
            raise UsageError(
                f"The output {shown(output)} of the encoder is {_described(found)} for {len(given)} images",
                allowed="numbers (n, D) or, to be averaged over the image, "
                + ("(n, D, h, w)" if self.takes.channels_first else "(n, h, w, D)"),
                fix="name another output (output=...), or export the graph with pooling",
            )
        return found[:n].astype(np.float32, copy=False)


def graph_file(path: str) -> Path:
    """Return where a graph's file is; raise UsageError where no path is given."""
    if not path.strip():
        raise _unreadable(Path(), "")
    return expanded(path)


def read_graph(path: str) -> bytes:
    """Return the content of a graph's file.

    Raises
    ------
    UsageError
        There is no such file, or it is too large.
    """
    file = graph_file(path)
    try:
        facts = file.stat()
        if stat.S_ISREG(facts.st_mode) and facts.st_size <= MOST_BYTES:
            return file.read_bytes()
    except (OSError, ValueError) as error:
        raise _unreadable(file, f"cannot be read ({getattr(error, 'strerror', None) or error})") from error
    raise _unreadable(file, f"has {facts.st_size:,} bytes" if stat.S_ISREG(facts.st_mode) else "is no file")


def _unreadable(file: Path, what: str) -> UsageError:
    return UsageError(
        f"The encoder {shown(printable(file))} {what}" if file.name else "The onnx features name no encoder",
        allowed=f"the path of an ONNX graph of at most {MOST_BYTES:,} bytes",
        fix="check the path: onnx:encoder.onnx,size=224",
    )


def _session(content: bytes) -> Any:
    """Return onnxruntime's session of a graph, on one thread that does not spin."""
    for package in ("onnx", "onnxruntime"):
        if importlib.util.find_spec(package) is None:
            raise MissingPackageError(
                f"The features include an ONNX encoder, and the package {package} is not installed",
                allowed="ONNX encoders with the extra 'onnx'",
                fix="run: pip install 'scoreline[onnx]'",
            )
    _check_content(content)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors have no other class in common
        raise UsageError(
            f"The encoder cannot be used: {_said(error)}",
            allowed="a valid graph whose operators are all part of ONNX or of onnxruntime",
            fix="export it without operators of one's own, for an opset that the installed onnxruntime knows",
        ) from None


def _check_content(content: bytes) -> None:
    """Raise UsageError unless this is a graph with all its numbers in it."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        model = onnx.ModelProto()
    if not model.graph.node:
        raise UsageError(
            f"The encoder is no ONNX graph ({len(content):,} bytes beginning with {content[:16]!r})",
            allowed="a file that was exported to ONNX",
            fix="export the network again; of a file that Git LFS or a browser left, fetch the content",
        )
    external = onnx.TensorProto.EXTERNAL
    if any(tensor.data_location == external for tensor in _tensors(model, onnx.TensorProto)):
        raise UsageError(
            "The encoder's weights lie in other files",
            allowed="a graph with all its numbers in one file, so that runs can keep it",
            fix="save it in one: onnx.save(onnx.load('encoder.onnx'), 'whole.onnx')",
        )


def _tensors(message: Any, kind: type[Any]) -> Iterator[Any]:
    """Yield all tensors within a message, however deep: in graphs, nodes, functions and their bodies."""
    if isinstance(message, kind):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from _tensors(part, kind)


def _image_input(inputs: list[Any]) -> Takes:
    """Return what a graph with these inputs takes, or raise UsageError where that is no batch of images."""
    found = ", ".join(f"{own.name} {own.type} {_shape(own.shape)}" for own in inputs) or "nothing"
    dims = (
        [side if isinstance(side, int) and side > 0 else None for side in inputs[0].shape or ()] if inputs else []
    )
    if len(inputs) != 1 or len(dims) != 4 or inputs[0].type not in DTYPES:
        raise UsageError(
            f"The encoder takes {found}",
            allowed=f"one input of images, (N, channels, H, W) or (N, H, W, channels), of {', '.join(DTYPES)}",
            fix="export the part of the network that sees images by itself",
        )
    first = dims[1] in (1, 3) or dims[3] not in (1, 3)
    channels = dims[1 if first else 3] or 3
    if channels not in (1, 3):
        raise UsageError(
            f"The encoder takes {found}: {channels} channels",
            allowed="1 channel (grey) or 3 (red, green, blue)",
            fix="export an encoder of ordinary images",
        )
    height, width = dims[2:] if first else dims[1:3]
    return Takes(inputs[0].name, DTYPES[inputs[0].type], first, channels, dims[0], height, width)


def _is_row(found: Array, n: int) -> bool:
    return found.dtype.kind in "fiu" and len(found) == n and 1 <= found.shape[1] <= MOST_WIDTH


def _described(found: Any) -> str:
    return f"{found.dtype} {_shape(found.shape)}" if isinstance(found, np.ndarray) else "no array"


def _shape(shape: Any) -> str:
    return "(" + ", ".join("?" if side is None else str(side) for side in shape or ()) + ")"


def _sides(height: int | None, width: int | None) -> str:
    return f"{height or 'any'} x {width or 'any'} pixels"


def _said(error: Exception) -> str:
    """Return what onnxruntime says, without its codes."""
    return (str(error).splitlines() or [type(error).__name__])[0].rpartition("ONNXRuntimeError] : ")[2]
