"""Makes the pictures of docs/lab.md with Debian's Chromium: python docs/make_screenshots.py."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Page, sync_playwright

FIGURES = Path(__file__).parent / "figures"
#: Pages, and the state that each is shown in.
PAGES: dict[str, dict[str, Any]] = {
    "scores": {},
    "gradients": {},
    "descent": {"step": 60},
    "race": {"step": 60},
    "images": {"step": 60},
    "mistakes": {},
}
#: What holds once a page has been drawn: it has an answer, and its images and charts are there.
DRAWN = """/Ready|Step/.test(document.querySelector("#status").textContent)
    && [...document.images].every((image) => image.hidden || (image.complete && image.naturalWidth > 0))
    && [...document.querySelectorAll("figure:not([hidden]) .plot")].every((plot) => plot.querySelector("svg"))"""
PATIENCE, PAUSE = 400, 50  # times and milliseconds


def main() -> None:
    """Open every page of the lab in light and in dark colours."""
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        base, token = process.stdout.readline().split()[-1].split("/?")
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                for scheme, ending in (("light", ""), ("dark", "-dark")):
                    options: Any = {"viewport": {"width": 1280, "height": 2000}, "color_scheme": scheme}
                    for name, state in PAGES.items():
                        context = browser.new_context(**options)
                        page = context.new_page()
                        page.goto(f"{base}/{name}?{token}#{quote(json.dumps(state))}")
                        wait_until_drawn(page)
                        page.locator("body").screenshot(path=FIGURES / f"lab-{name}{ending}.png")
                        context.close()
                browser.close()
        finally:
            process.terminate()


def wait_until_drawn(page: Page) -> None:
    """Ask until the page is drawn: Playwright's own waiting needs eval, which the page forbids."""
    for _ in range(PATIENCE):
        if page.evaluate(DRAWN):
            page.wait_for_timeout(PAUSE)  # a frame for what was drawn last
            return
        page.wait_for_timeout(PAUSE)
    raise TimeoutError(f"{page.url} was not drawn")


if __name__ == "__main__":
    main()
