"""What a run ran on, so that its figures can be understood later."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["describe_environment"]

PACKAGES = ("scoreline", "numpy", "scipy", "numba", "scikit-learn", "pillow")


def describe_environment() -> dict[str, str]:
    """Return the platform and the versions of what computes."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": str(os.cpu_count() or 1),
        **versions,
    }
