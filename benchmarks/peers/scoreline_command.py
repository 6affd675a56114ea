"""scoreline's command line, which other versions of it have too."""

from __future__ import annotations

import io
import json
import runpy
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

from benchmarks.peers.base import stopwatch
from benchmarks.peers.scoreline_pipeline import FilesPeer
from benchmarks.tasks import Point, Task

__all__ = ["ScorelineCommand"]


class ScorelineCommand(FilesPeer):
    """``python -m scoreline compare DATA --features F --losses L --lams auto``, in the measured process."""

    name: ClassVar[str] = "scoreline compare"
    modules: ClassVar[tuple[str, ...]] = ("scoreline.cli",)

    def run(self, rows: Any, task: Task) -> Iterator[list[Point]]:
        """Yield one point, with the accuracy on the test split."""
        with tempfile.TemporaryDirectory() as folder:
            options = {
                "--features": task.features,
                "--losses": task.loss,
                "--lams": "auto",
                "--tol": str(task.tol),
                "--out": str(Path(folder) / "run"),
            }
            words = [word for option in options.items() for word in option]
            seconds = stopwatch()
            found = _run(["scoreline", "compare", rows.spec, *words, "--json"])
            yield [Point(seconds(), facts={"accuracy": found["rows"][0]["accuracy"]})]


def _run(words: list[str]) -> Any:
    """Run the command; return the object in its last line."""
    output = io.StringIO()
    with patch.object(sys, "argv", words), redirect_stdout(output):
        try:
            runpy.run_module("scoreline", run_name="__main__")
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"scoreline compare ended with exit code {end.code}") from end
    return json.loads(output.getvalue().splitlines()[-1])
