"""How many processors the control groups of Linux let this process have: those of containers and services."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

__all__ = ["cpu_quota"]

MEMBERSHIP, MOUNTED = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def cpu_quota(membership: Path = MEMBERSHIP, mounted: Path = MOUNTED) -> float:
    """Return the processors whose time this process and its group may use, infinite where nothing bounds it.

    The quota of a group bounds the groups inside it, so that the least on the way up counts. A container that sees
    its own group as the root finds the quota there, whatever name the group has outside.

    Parameters
    ----------
    membership : path
        Lists the groups of the process, a line for each hierarchy.
    mounted : path
        Where the hierarchies are mounted, those of version 1 or of version 2.
    """
    try:
        lines = membership.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return math.inf
    quotas = [math.inf]
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if not controllers:
            for root in (mounted, mounted / "unified"):
                quotas += [_of_version_2(folder) for folder in _upwards(root, group)]
        elif "cpu" in controllers.split(","):
            for root in (mounted / "cpu", mounted / controllers):
                quotas += [_of_version_1(folder) for folder in _upwards(root, group)]
    return min(quotas)


def _upwards(root: Path, group: str) -> Iterator[Path]:
    """Yield the folder of a group and of those that it lies in, the root among them."""
    inside = [part for part in PurePosixPath(group).parts if part not in ("/", "..")]
    for n in range(len(inside), -1, -1):
        yield root.joinpath(*inside[:n])


def _of_version_2(folder: Path) -> float:
    """Read ``cpu.max``: microseconds or ``max``, and those of the period that they are of."""
    with suppress(OSError, ValueError):
        quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        return math.inf if quota == "max" else _share(int(quota), int(period))
    return math.inf


def _of_version_1(folder: Path) -> float:
    with suppress(OSError, ValueError):
        quota, period = (
            int((folder / f"cpu.cfs_{name}_us").read_text(encoding="ascii")) for name in ("quota", "period")
        )
        return _share(quota, period)
    return math.inf


def _share(quota: int, period: int) -> float:
    return quota / period if quota > 0 and period > 0 else math.inf
