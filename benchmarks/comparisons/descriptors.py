"""How many images a second the features describe."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import ClassVar

from benchmarks.comparisons.base import Comparison
from benchmarks.harness import Measurements, Setting
from benchmarks.tables import Table, ratios, spread, values
from benchmarks.tasks import Job, Record, Task

__all__ = ["Descriptors"]

OURS, PREDICT = "scoreline", "scikit-learn MiniBatchKMeans.predict"
THREADS = (1, 2)
#: Who describes how many images by what.
ASKED = (
    (OURS, "hog:8,signed=no", 20_000),
    ("scikit-image hog", "hog:8,signed=no", 1_000),
    (OURS, "hog:4,signed=no", 20_000),
    ("scikit-image hog", "hog:4,signed=no", 1_000),
    (OURS, "lbp:power=1", 20_000),
    ("scikit-image local_binary_pattern", "lbp:power=1", 2_000),
    (OURS, "sift:blur=1.6", 10_000),
    ("OpenCV SIFT", "sift:blur=1.6", 2_000),
    (OURS, "hue", 20_000),
    (OURS, "gist", 2_000),
    (OURS, "textons", 2_000),
    (OURS, "ssim", 10_000),
    (OURS, "dictionary:400", 5_000),
)
#: Hard assignment to words with its local descriptors, these alone, and the peer, who is handed them.
WORDS, LOCAL = "words:1000,assignment=hard,levels=1", "sift:step=3"
ASSIGNED = ((OURS, WORDS, 5_000), (OURS, LOCAL, 5_000), (PREDICT, WORDS, 5_000))
DICTIONARY = (OURS, "dictionary:1600", 2_000)
#: Operations for an image under it: 27 x 27 patches of 108 numbers, 32 directions, 1,600 words. The mirror image
#: has the same products.
DICTIONARY_GFLOP = 27 * 27 * 2 * (108 * 32 + 32 * 1_600) / 1e9


class Descriptors(Comparison):
    """Images a second on one thread and on two, in a process that has described as many before."""

    name: ClassVar[str] = "descriptors"
    title: ClassVar[str] = "Descriptors: images of 32 x 32 x 3 bytes a second"

    def jobs(self, *, quick: bool) -> list[Job]:
        """Return one job for each feature and library on one thread, and one on two."""
        return [
            Job(_label(peer, task, threads), peer, (task, task), threads=threads)
            for peer, task in _asked(quick=quick)
            for threads in THREADS
        ]

    def tables(self, results: Measurements, setting: Setting, *, quick: bool) -> list[Table]:
        """Return images a second, how many times as many scoreline's are, and the share of sgemm's speed."""
        del setting
        asked = _asked(quick=quick)
        rows = [
            [
                f"`{task.features}`",
                peer,
                *(spread([1 / s for s in values(results, _label(peer, task, n), _each(task))]) for n in THREADS),
                *(spread(_times(results, asked, peer, task, n), "x") for n in THREADS),
            ]
            for peer, task in asked
        ]
        head = ["feature", "by", *_columns(""), *_columns("scoreline against it, ")]
        return [Table(head, rows, [] if quick else [_assignment(results), _share_of_sgemm(results)])]


def _asked(*, quick: bool) -> list[tuple[str, Task]]:
    if quick:  # what learns words needs more images than are drawn
        simple = [(peer, Task("shapes", features=spec, count=8)) for peer, spec, _ in ASKED]
        return [(peer, task) for peer, task in simple if task.features not in ("textons", "dictionary:400")]
    return [
        (peer, Task("cifar10", features=spec, count=count))
        for peer, spec, count in (*ASKED, *ASSIGNED, DICTIONARY)
    ]


def _columns(lead: str) -> list[str]:
    return [f"{lead}{n} thread{'s' * (n > 1)}" for n in THREADS]


def _label(peer: str, task: Task, threads: int) -> str:
    return f"{peer}: {task.features}, {threads}"


def _each(task: Task) -> Callable[[Record], float | None]:
    """Return what reads the seconds an image from a record, its second task counting."""

    def read(record: Record) -> float | None:
        seconds = record.seconds(1)
        return None if seconds is None else seconds / task.count

    return read


def _times(
    results: Measurements, asked: Sequence[tuple[str, Task]], peer: str, task: Task, threads: int
) -> list[float]:
    """Return how many times as long as scoreline a peer takes for an image under the same feature."""
    if peer in (OURS, PREDICT):
        return []
    ours = next(other for by, other in asked if by == OURS and other.features == task.features)
    return ratios(results, _label(peer, task, threads), _each(task), _label(OURS, ours, threads), _each(ours))


def _assignment(results: Measurements) -> str:
    """Tell how long the nearest words alone take: words with their descriptors, less the descriptors."""
    (_, whole), (_, local), (_, predict) = (
        (peer, Task("cifar10", features=spec, count=count)) for peer, spec, count in ASSIGNED
    )
    ratios = []
    for n in THREADS:
        read = [
            values(results, _label(peer, task, n), _each(task))
            for peer, task in ((OURS, whole), (OURS, local), (PREDICT, predict))
        ]
        times = [theirs / (both - without) for both, without, theirs in zip(*read, strict=False)]
        ratios.append(f"{spread(times, 'x')} on {n} thread{'s' * (n > 1)}")
    return (
        "Words are found for whitened descriptors, which `predict` is handed. Whitening and assignment alone, the "
        f"time of `{WORDS}` less that of `{LOCAL}`, against `predict`: {', '.join(ratios)}."
    )


def _share_of_sgemm(results: Measurements) -> str:
    """Tell the products of the dictionary over those that sgemm does in the same time on as many threads."""
    peer, spec, count = DICTIONARY
    task = Task("cifar10", features=spec, count=count)
    ceiling = statistics.median(max(rates.values()) for rates in results.sgemm)
    pace = values(results, _label(peer, task, THREADS[-1]), _each(task))
    shares = [100 * DICTIONARY_GFLOP / seconds / ceiling for seconds in pace]
    return (
        f"`{spec}` takes {DICTIONARY_GFLOP * 1000:.0f} MFLOP of products an image: "
        f"{spread(shares, ' %')} of the rate of sgemm on {THREADS[-1]} threads."
    )
