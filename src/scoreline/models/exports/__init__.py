"""Trained models in the formats of other programs.

To add one: a file here with one `Export`, a line here that registers it, and a row in ``docs/export.md``. The
option of ``scoreline export`` has the name by which it is registered.
"""

from __future__ import annotations

from scoreline.models.exports.base import Export, Exported, Sample
from scoreline.models.exports.numpy_files import NumpyExport
from scoreline.models.exports.onnx_file import OnnxExport
from scoreline.models.exports.skops_file import SkopsExport
from scoreline.registry import Registry

__all__ = ["EXPORTS", "Export", "Exported", "Sample"]

#: All formats by the names that the command line takes.
EXPORTS: Registry[Export] = Registry("format")
EXPORTS.register("onnx", OnnxExport)
EXPORTS.register("skops", SkopsExport)
EXPORTS.register("numpy", NumpyExport)
