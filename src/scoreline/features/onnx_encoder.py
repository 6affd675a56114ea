"""Embeddings by a network that somebody has trained, as a graph in the ONNX format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from scoreline._checks import check_number
from scoreline._text import shown
from scoreline._typing import Array, FloatArray
from scoreline.data.images import match_channels
from scoreline.errors import MismatchError, UsageError
from scoreline.features.descriptor import Describe, ImageDescriptor
from scoreline.features.graph import FeatureGraph
from scoreline.features.learned import wrong_state
from scoreline.features.onnx_graph import ImageGraph, graph_file, read_graph
from scoreline.features.specs import FEATURES

__all__ = ["OnnxEncoder"]

#: Side of the images that an encoder is given, at the most.
MOST_SIDE = 4096
#: Memory of a graph in sizes of its file: its content, what is parsed of it, and the session's weights, twice.
_FILE_SIZES = 4


class OnnxEncoder(ImageDescriptor):
    """The embedding of an image by a frozen network: D is what the graph gives.

    Images are resized to the size of the graph (bicubic, by Pillow), brought to its channels (grey ones fill all
    three), scaled to ``(x - mean) / std`` with x from 0 to 255, and laid out as its input is: (N, C, H, W) or
    (N, H, W, C), of float32, float16 or uint8. An output with a place in the image, (N, D, h, w), is averaged over
    the places.

    What is learned, and saved with a model, is the graph itself: a model does not need the file any more.

    Parameters
    ----------
    path : str
        The graph, a file of at most 2 GB with all its weights in it.
    size : int
        Side of the images in pixels; 0 takes the one that the graph was exported with.
    mean, std : float, or three
        Of each channel, or of all; in a spec ``mean=127`` or ``mean=[123.7,116.3,103.5]``.
    output : str
        Name of the output; by default the only one, or the only one of shape (N, D).

    Raises
    ------
    UsageError
        The file cannot be read, is no graph that takes images, or does not go with the parameters.
    MissingPackageError
        onnxruntime is not installed.
    DataError
        The input is no batch of images, or the graph gives numbers that are not finite.

    Notes
    -----
    Each thread runs images of its own on the process's one session. A graph is data: running it executes no code
    that it brings with it.
    """

    def __init__(
        self, path: str = "", *, size: int = 0, mean: Any = "0", std: Any = "1", output: str = ""
    ) -> None:
        self.path = path
        self.size = size
        self.mean = mean
        self.std = std
        self.output = output

    def fit(self, X: Array, y: Any = None) -> Self:
        """Read the graph, which sets ``graph_`` and ``width_``."""
        super().fit(X, y)
        return self._open(read_graph(self.path))

    def check_available(self) -> None:
        """Read the graph and run it once; see `FeatureExtractor.check_available`."""
        clone(self)._open(read_graph(self.path))

    def fitting_bytes(self, image_shape: tuple[int, ...]) -> int:
        """Return what the file, the session's weights and its work on them take, in file sizes."""
        del image_shape
        return _FILE_SIZES * len(ImageGraph.of(read_graph(self.path)).content)

    def sources(self) -> dict[str, str]:
        """Return the name of the graph's file and its digest."""
        graph = getattr(self, "graph_", None) or ImageGraph.of(read_graph(self.path))
        return {PurePath(self.path).name: f"sha256:{graph.digest}"}

    def content(self) -> str:
        """Return the parameters, with the digest of the graph for its path; see `FeatureExtractor.content`."""
        return self._content(path=next(iter(self.sources().values())))

    def anchored(self) -> Self:
        """Return the same features with an absolute path."""
        return clone(self).set_params(path=str(graph_file(self.path).absolute()))

    def state(self) -> dict[str, Array]:
        """Return the graph, as bytes."""
        return {"graph": np.frombuffer(self.graph_.content, np.uint8)}

    def restore(self, image_shape: tuple[int, ...], state: Mapping[str, Array]) -> Self:
        """Take over the graph; see `FeatureExtractor.restore`."""
        graph = state.get("graph")
        if graph is None or graph.ndim != 1 or graph.dtype != np.uint8:
            raise wrong_state("there is no graph", "a graph, as bytes (uint8)")
        return super().restore(image_shape, {})._open(graph.tobytes())

    def graph_rows(self, graph: FeatureGraph, images: str) -> str:
        """Raise MismatchError: an encoder is a graph of its own already."""
        del graph, images
        raise MismatchError(
            "The encoder is a graph of its own, and what it gives for an image is what follows it takes",
            allowed="features with graph_rows",
            fix="export what follows the features, and run the encoder before it",
        )

    def numbers_at_work(self) -> int:
        """Return those of a row, and of an image as the graph takes it; see `FeatureExtractor.numbers_at_work`."""
        return int(self.width_ + self.graph_.takes.channels * np.prod(self.size_))

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        """Return ``embedding_{j}``."""
        del input_features
        return np.array([f"embedding_{j}" for j in range(self.width())], dtype=object)

    def _open(self, content: bytes) -> Self:
        """Set all that follows from the graph and the parameters, tried on one black image."""
        check_number("size", self.size, 0, MOST_SIDE)
        graph = ImageGraph.of(content)
        takes = graph.takes
        self.size_, self.output_ = takes.size(self.size), graph.output(self.output)
        self.mean_ = _per_channel("mean", self.mean, takes.channels)
        self.std_ = _per_channel("std", self.std, takes.channels)
        if not (self.std_ > 0).all():
            raise _wrong("std", self.std, "numbers above 0")
        if takes.dtype == np.uint8 and (self.mean_.any() or (self.std_ != 1).any()):
            raise UsageError(
                "mean and std were given for an encoder that takes pixels as bytes",
                allowed="neither, since the graph scales pixels itself",
                fix="leave mean and std out",
            )
        self.graph_ = graph
        self.width_ = self._rows(np.zeros((1, *self.size_, takes.channels), np.uint8)).shape[1]
        return self

    def _plan(self, shape: tuple[int, ...]) -> tuple[int, Describe]:
        del shape

        def describe(images: Array, rows: Array) -> None:
            rows[...] = self._rows(_resized(match_channels(images, self.graph_.takes.channels), self.size_))

        return self.width_, describe

    def _rows(self, images: Array) -> FloatArray:
        return self.graph_.rows(images, self.output_, self._scaled)

    def _scaled(self, images: Array) -> Array:
        """Return pixels as the graph takes them, ``(n, h, w, ch)``."""
        if self.graph_.takes.dtype == np.uint8:
            return images
        return (images - self.mean_) / self.std_

    def _least_side(self) -> int:
        return 1


FEATURES.register("onnx", OnnxEncoder)


def _resized(images: Array, size: tuple[int, int]) -> Array:
    """Return images ``(n, H, W, ch)`` of uint8 at another height and width, by bicubic interpolation."""
    from PIL import Image

    if images.shape[1:3] == size:
        return images
    pictures = (Image.fromarray(image[..., 0] if image.shape[2] == 1 else image) for image in images)
    resized = [np.asarray(picture.resize(size[::-1], Image.Resampling.BICUBIC)) for picture in pictures]
    return np.stack(resized).reshape(len(images), *size, images.shape[3])


def _per_channel(name: str, value: Any, channels: int) -> FloatArray:
    """Return one number for each channel."""
    try:
        numbers = np.array(value.split(",") if isinstance(value, str) else value, dtype=np.float32).reshape(-1)
        if not np.isfinite(numbers).all():
            raise ValueError
        return np.broadcast_to(numbers, channels)
    except (TypeError, ValueError, OverflowError):
        allowed = "one number" if channels == 1 else f"one number, or {channels}: {name}=[123.7,116.3,103.5]"
        raise _wrong(name, value, allowed) from None


def _wrong(name: str, value: Any, allowed: str) -> UsageError:
    return UsageError(
        f"{name} of the encoder is {shown(str(value))}", allowed=allowed, fix="write what it was trained with"
    )
