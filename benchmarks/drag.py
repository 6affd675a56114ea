"""How long a drag in the lab takes, from the pointer's event to the drawn answer: ``python -m benchmarks.drag``.

Chromium drags one of 300 points of three classes over page 1; each move is timed until the point and all that
follows from it (losses, gradient, regions) is in the page. Needs playwright and Chromium.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.parse

import numpy as np
from playwright.sync_api import sync_playwright

from scoreline.data import blobs

POINTS, MOVES = 300, 300
DRAG = """
async (moves) => {
  const svg = document.getElementById("drawing"), mark = svg.querySelector("[data-point='0']");
  const box = svg.getBoundingClientRect(), times = [];
  const fire = (kind, x, target) => target.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 1,
    clientX: box.left + (x + 1) / 2 * box.width, clientY: box.top + box.height / 2 }));
  svg.setPointerCapture = () => {};
  fire("pointerdown", 0, mark);
  for (let i = 0; i < moves; i++) {
    const begun = performance.now();
    // The sum is drawn last.
    const drawn = new Promise((done) => {
      const watch = new MutationObserver(() => { watch.disconnect(); done(); });
      watch.observe(document.getElementById("total"), { childList: true });
    });
    fire("pointermove", Math.sin(i / 20) * 0.9, svg);
    await drawn;
    times.push(performance.now() - begun);
    await new Promise(requestAnimationFrame);
  }
  fire("pointerup", 0, svg);
  return times;
}
"""


def main() -> None:
    """Measure and print median, p95 and the longest."""
    X, y = blobs(POINTS, seed=0)
    points = [[float(x[0]), float(x[1]), int(label)] for x, label in zip(X, y, strict=True)]
    process = subprocess.Popen(
        [sys.executable, "-m", "scoreline", "lab", "--no-open"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    address = process.stdout.readline().split()[-1]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"{address}#{urllib.parse.quote(json.dumps({'points': points}))}")
            page.locator(f"[data-point='{POINTS - 1}']").wait_for()
            page.evaluate(DRAG, 20)
            times = np.array(page.evaluate(DRAG, MOVES))
            print(
                f"{POINTS} points, 3 classes, {MOVES} moves, Chromium {browser.version}: median "
                f"{np.median(times):.1f} ms, p95 {np.quantile(times, 0.95):.1f} ms, longest {times.max():.1f} ms"
            )
            browser.close()
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
