"""The table of both revisions, and whether this one is worse."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.against.measurements import Figure, Measurement
from benchmarks.harness import Measurements
from benchmarks.tables import Table, spread
from benchmarks.tasks import Record

__all__ = ["ALLOWED", "Comparison", "compare", "label", "table"]

#: How much larger a figure may be.
ALLOWED = 0.03
HEAD = (
    "measurement",
    "figure",
    "state",
    "before",
    "this tree",
    "ratio, pair by pair",
    "CPU time, ratio",
    "verdict",
)


@dataclass(frozen=True)
class Comparison:
    """A figure of both revisions, pair by pair, and why there is none where that is so."""

    measurement: str
    figure: Figure
    pairs: Sequence[tuple[float, float]]
    work: Sequence[float]
    #: What went wrong before, and in this tree.
    errors: tuple[str, str] = ("", "")

    @property
    def ratios(self) -> list[float]:
        """The figure of this tree over the one before, in each pair that has a ratio."""
        return [now / before for before, now in self.pairs if before > 0]

    @property
    def is_worse(self) -> bool:
        """Whether this tree fails, or three quarters of the pairs are worse by more than is allowed.

        The lower quartile is the median less the lower half of the spread.
        """
        if self.errors[1]:
            return True
        if len(self.ratios) < 2:
            return any(ratio > 1 + ALLOWED for ratio in self.ratios)
        return statistics.quantiles(self.ratios, n=4, method="inclusive")[0] > 1 + ALLOWED

    @property
    def verdict(self) -> str:
        """What is to be thought of it."""
        before, now = self.errors
        if before or now:
            return "FAILS" if now else "failed before"
        return "WORSE" if self.is_worse else "ok" if self.ratios else "lost in noise"


def label(job: str, side: str) -> str:
    """Return the label of one side's job."""
    return f"{job}, {side}"


def compare(results: Measurements, measurements: Mapping[str, Measurement]) -> list[Comparison]:
    """Return all figures of what was measured; what could not be measured at all is left out."""
    rows = []
    for name, measurement in measurements.items():
        before, now = (results.records.get(label(name, side), []) for side in ("before", "now"))
        if not before or not now:
            continue
        errors = _first_error(before), _first_error(now)
        for figure in measurement.figures:
            both = list(zip(before, now, strict=False))
            pairs = [(one, other) for one, other in (_read(figure.read, pair) for pair in both) if one and other]
            work = [_read(figure.work, pair) for pair in both] if figure.work else []
            ratios = [other / one for one, other in work if one and other]
            rows.append(Comparison(name, figure, pairs, ratios, errors))
    return rows


def table(rows: Sequence[Comparison], revision: str) -> Table:
    """Return medians with least and greatest, ratios, and verdicts."""
    head = [revision if name == "before" else name for name in HEAD]
    cells = [
        [
            row.measurement,
            row.figure.name,
            row.figure.state or "–",
            spread([before for before, _ in row.pairs], f" {row.figure.unit}".rstrip()),
            spread([now for _, now in row.pairs], f" {row.figure.unit}".rstrip()),
            spread(row.ratios, "x"),
            spread(row.work, "x"),
            row.verdict,
        ]
        for row in rows
    ]
    failures = dict.fromkeys(
        f"{row.measurement} failed {side}: {error}"
        for row in rows
        for side, error in zip((f"at {revision}", "in this tree"), row.errors, strict=True)
        if error
    )
    return Table(head, cells, list(failures))


def _read(read, pair: tuple[Record, Record]) -> tuple[float | None, float | None]:
    one, other = (value if value is not None and math.isfinite(value) else None for value in map(read, pair))
    return one, other


def _first_error(records: Sequence[Record]) -> str:
    return next((record.error for record in records if record.error), "")
