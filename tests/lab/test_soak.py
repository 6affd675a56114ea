"""A lab that runs for long keeps no more than its undo list: neither page nor server grows.

Ten minutes: ``SCORELINE_SOAK_SECONDS=600 pytest tests/lab/test_soak.py``; by default, twenty seconds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = float(os.environ.get("SCORELINE_SOAK_SECONDS", "20"))
#: Growth that is allowed between a quarter of the time and its end, in bytes: an undo list that fills, garbage
#: that is not yet collected.
PAGE_GROWTH, SERVER_GROWTH = 8e6, 32e6


def heap(session):
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")


def resident(process):
    """Bytes of the server in memory, where the system tells; else 0."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return 0
    return next(
        int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmRSS")
    )


@pytest.mark.parametrize("name", ["scores", "images"])
def test_memory_does_not_grow(new_page, name):
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            page = new_page()
            base, token = process.stdout.readline().split()[-1].split("/?")
            page.goto(f"{base}/{name}?{token}")
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable")
            page.click("#play")
            page.wait_for_timeout(SECONDS * 1000 / 4)
            before = heap(session), resident(process)
            page.wait_for_timeout(SECONDS * 1000 * 3 / 4)
            after = heap(session), resident(process)
            assert page.get_attribute("#play", "aria-pressed") == "true"
        finally:
            process.terminate()
    assert after[0] - before[0] < PAGE_GROWTH, f"the page grew from {before[0]:,} to {after[0]:,} bytes"
    assert after[1] - before[1] < SERVER_GROWTH, f"the server grew from {before[1]:,} to {after[1]:,} bytes"
