"""The folder of a run: where each thing lies, and how it gets there."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scoreline.engine.history import Epoch, History
from scoreline.errors import ModelError, UsageError
from scoreline.runs.config import RunConfig

__all__ = ["RunFolder"]


@dataclass(frozen=True)
class RunFolder:
    """The paths in a run's folder, and the writers of its small files."""

    path: Path

    @classmethod
    def create(cls, out: Path | None, title: str) -> RunFolder:
        """Make a new, empty folder: `out`, or ``runs/<title>-<number>`` with the first free number.

        Raises
        ------
        UsageError
            `out` is a file, holds something already, or cannot be made.
        """
        if out is None:
            stem = re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.") or "run"
            return cls(_first_free(Path("runs"), stem))
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(
                f"{out} exists and is not an empty folder",
                allowed="a new or empty folder",
                fix="give --out another path, or remove the folder",
            )
        _make(out)
        return cls(out)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Take the folder of a finished run.

        Raises
        ------
        ModelError
            There is no run in it.
        """
        if not (path / "config.yaml").is_file():
            raise ModelError(
                f"{path} is not the folder of a run",
                allowed="a folder that 'scoreline train' has written, with config.yaml in it",
                fix="check the path",
            )
        return cls(path)

    @property
    def config_file(self) -> Path:
        """Settings, as YAML."""
        return self.path / "config.yaml"

    @property
    def metrics_file(self) -> Path:
        """What the run came to, as JSON."""
        return self.path / "metrics.json"

    @property
    def figures(self) -> Path:
        """Folder of the figures, as PNG."""
        return self.path / "figures"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.path / "report.html"

    def read_config(self) -> RunConfig:
        """Return the run's settings."""
        return RunConfig.read(self.config_file)

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        """Write `metrics` as JSON."""
        text = json.dumps(metrics, indent=2, allow_nan=False)
        self.metrics_file.write_text(text + "\n", encoding="utf-8")

    def write_history(self, history: History) -> None:
        """Write one row an epoch to ``history.csv``; what was not measured is an empty cell."""
        rows = [["" if math.isnan(value) else value for value in epoch] for epoch in history]
        self.write_csv("history.csv", Epoch._fields, rows)

    def write_csv(self, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Write a CSV file in UTF-8."""
        with (self.path / name).open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)


def _first_free(parent: Path, stem: str) -> Path:
    number = 1
    while True:
        path = parent / f"{stem}-{number}"
        if not path.exists():
            _make(path)
            return path
        number += 1


def _make(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {path} cannot be made ({error.strerror})",
            allowed="a path in a folder that you may write to",
            fix="give --out another path",
        ) from error
