"""What the machine is, and how fast it multiplies now: ``python -m benchmarks.machine 1024`` prints a rate."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

__all__ = ["LIBRARIES", "busy_seconds", "describe", "sgemm_rates"]

#: Distributions whose versions are told.
LIBRARIES = (
    "scoreline",
    "numpy",
    "scipy",
    "numba",
    "scikit-learn",
    "torch",
    "jax",
    "optax",
    "scikit-learn-intelex",
    "snapml",
    "skglm",
    "vowpalwabbit",
    "xgboost-cpu",
    "xgboost",
    "scikit-image",
    "opencv-python-headless",
)


def sgemm_rates(sizes: Sequence[int]) -> dict[int, float]:
    """Return the GFLOP/s of float32 products of square matrices, the best of three for each size."""
    rates = {}
    for size in sizes:
        A = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
        out = np.empty_like(A)
        times = []
        for _ in range(4):  # the first wakes the threads
            start = time.perf_counter()
            np.matmul(A, A, out=out)
            times.append(time.perf_counter() - start)
        rates[size] = 2 * size**3 / min(times[1:]) / 1e9
    return rates


def busy_seconds() -> float:
    """Return the seconds of work that all cores together have done since the machine started; Linux tells."""
    facts = Path("/proc/stat")
    if not facts.is_file():
        return float("nan")
    user, nice, system, _idle, _waiting, *others = map(int, facts.read_text(encoding="ascii").split()[1:9])
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def describe(threads: int) -> str:
    """Return one line on the machine and one on the versions."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"{name} {found}" for name in LIBRARIES if (found := _version(name))]
    return (
        f"{_processor()}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}; "
        f"{threads} threads for each.\nPython {platform.python_version()}, " + ", ".join(versions) + "."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if not facts.is_file():
        return platform.processor() or platform.machine()
    pairs = [line.partition(":") for line in facts.read_text(encoding="utf-8").splitlines()]
    found = {key.strip(): value.strip() for key, _, value in pairs}
    family, model = found.get("cpu family", "?"), found.get("model", "?")
    return f"{found.get('model name', platform.machine())} (family {family}, model {model})"


if __name__ == "__main__":
    print(json.dumps(sgemm_rates([int(size) for size in sys.argv[1:]])))
