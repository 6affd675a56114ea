"""A lab that runs for long keeps no more than its undo list: neither page nor server grows.

For long: ``SCORELINE_SOAK_FRAMES=20000 pytest tests/lab/test_soak.py``; by default, a few seconds.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FRAMES = int(os.environ.get("SCORELINE_SOAK_FRAMES", "24"))
#: Growth that is allowed between a quarter of the frames and their end, in bytes: an undo list that fills, garbage
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


def wait_for_step(page, step):
    """Ask until a step is shown: Playwright's own waiting needs eval, which the page forbids."""
    for _ in range(20 * FRAMES):
        if page.evaluate(f"Number(document.querySelector('#status').textContent.replace('Step ', '')) >= {step}"):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"step {step} was not reached")


@pytest.fixture(scope="module")
def lab():
    """The process of a lab of this module's own, and its address."""
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.terminate()


@pytest.mark.parametrize("name", ["scores", "images"])
def test_memory_does_not_grow(new_page, lab, name):
    process, address = lab
    page = new_page()
    page.goto(address.replace("/?", f"/{name}?"))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.click("#play")
    steps = 1 if name == "scores" else 5  # a frame
    wait_for_step(page, steps * FRAMES // 4)
    before = heap(session), resident(process)
    wait_for_step(page, steps * FRAMES)
    after = heap(session), resident(process)
    assert page.get_attribute("#play", "aria-pressed") == "true"
    page.close()
    assert after[0] - before[0] < PAGE_GROWTH, f"the page grew from {before[0]:,} to {after[0]:,} bytes"
    assert after[1] - before[1] < SERVER_GROWTH, f"the server grew from {before[1]:,} to {after[1]:,} bytes"
