"""Makes the pictures of docs/lab.md with Debian's Chromium: python docs/make_screenshots.py."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import sync_playwright

FIGURES = Path(__file__).parent / "figures"
#: Page, colours and file.
SHOTS: list[tuple[str, Literal["light", "dark"], str]] = [
    ("scores", "light", "lab-scores"),
    ("scores", "dark", "lab-scores-dark"),
    ("gradients", "light", "lab-gradients"),
    ("descent", "light", "lab-descent"),
    ("race", "light", "lab-race"),
    ("images", "light", "lab-images"),
    ("mistakes", "light", "lab-mistakes"),
]


def main() -> None:
    """Open the lab, once in light and once in dark colours."""
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    address = process.stdout.readline().split()[-1]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for page_name, scheme, name in SHOTS:
                context = browser.new_context(viewport={"width": 1280, "height": 1000}, color_scheme=scheme)
                page = context.new_page()
                page.goto(address.replace("/?", f"/{page_name}?"))
                page.wait_for_timeout(2000)
                if speed := page.query_selector("#speed"):
                    speed.fill("60")
                    page.click("#step")
                    page.wait_for_timeout(2000)
                page.screenshot(path=FIGURES / f"{name}.png")
                context.close()
            browser.close()
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
