"""Medians, spread and ratios as text, and the files they go into."""

from __future__ import annotations

import math
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Measurements, Setting
from benchmarks.tasks import Record

__all__ = [
    "Reading",
    "Table",
    "disturbance",
    "extrapolation_mark",
    "put_section",
    "ratios",
    "sgemm_line",
    "spread",
    "values",
]

#: Share of the machine that others may take before the figures are called provisional.
QUIET = 0.05

Reading = Callable[[Record], float | None]


@dataclass(frozen=True)
class Table:
    """A table, and what has to be said with it."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """Return it as Markdown."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        text = "\n".join("| " + " | ".join(row) + " |" for row in lines)
        return text + "".join(f"\n\n{note}" for note in self.notes)


def values(results: Measurements, label: str, read: Reading) -> list[float]:
    """Return what `read` finds in each round's record of a label."""
    found = (read(record) for record in results.records.get(label, []))
    return [value for value in found if value is not None and math.isfinite(value)]


def ratios(results: Measurements, label: str, read: Reading, base: str, read_base: Reading) -> list[float]:
    """Return the ratio of two readings in each round that has both."""
    pairs = zip(results.records.get(label, []), results.records.get(base, []), strict=False)
    both = ((read(one), read_base(other)) for one, other in pairs)
    return [one / other for one, other in both if one is not None and other]


def spread(numbers: Sequence[float], unit: str = "") -> str:
    """Return the median, and the least and the greatest where there are several."""
    if not numbers:
        return "–"
    middle = _short(statistics.median(numbers)) + unit
    return middle if len(numbers) == 1 else f"{middle} ({_short(min(numbers))}–{_short(max(numbers))})"


def extrapolation_mark(results: Measurements, label: str) -> str:
    """Return the word that goes before figures of a label if only a part of its task was done."""
    points = [point for record in results.records.get(label, []) for task in record.points for point in task]
    return "extrapolated: " if any(scaled != 1 for _, _, scaled, _ in points) else ""


def disturbance(results: Measurements) -> list[str]:
    """Return a line on what other programs took meanwhile, if it was much."""
    shares = (record.others for records in results.records.values() for record in records)
    most = max(shares, default=0.0)
    return [f"**Provisional: other programs took up to {most:.0%} of the cores.**"] if most > QUIET else []


def sgemm_line(results: Measurements, setting: Setting) -> str:
    """Return how fast the machine multiplied, and the day."""
    rates = [f"{size}: {spread([found[size] for found in results.sgemm])}" for size in setting.sizes]
    return f"sgemm in GFLOP/s by size, between the rounds: {'; '.join(rates)}. {time.strftime('%Y-%m-%d')}."


def put_section(file: Path, name: str, text: str) -> None:
    """Replace what stands between the markers of a section of a file, or add the section at its end."""
    begin, end = f"<!-- results: {name} -->", f"<!-- end of results: {name} -->"
    section = f"{begin}\n{text}\n{end}"
    before = file.read_text(encoding="utf-8") if file.is_file() else ""
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    after, count = pattern.subn(lambda _: section, before)
    file.write_text(after if count else f"{before}\n{section}\n".lstrip(), encoding="utf-8")


def _short(number: float) -> str:
    """Return three digits, without an exponent."""
    digits = 2 if number == 0 else max(0, 2 - math.floor(math.log10(abs(number))))
    return f"{number:,.{min(digits, 4)}f}"
