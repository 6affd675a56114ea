"""Real data that tests may read, found through the environment and never copied into the project."""

import os
import shutil
import signal
import tarfile
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
def cifar10_jpeg(tmp_path_factory):
    """A folder with 40 real CIFAR-10 images a class for training and 10 for testing, from SCORELINE_DATA."""
    named = os.environ.get("SCORELINE_DATA")
    if not named:
        pytest.skip("SCORELINE_DATA names no folder with cifar10-jpeg or cifar10-jpeg.tar.xz")
    folder, archive = Path(named) / "cifar10-jpeg", Path(named) / "cifar10-jpeg.tar.xz"
    assert folder.is_dir() or archive.is_file(), f"SCORELINE_DATA={named} holds no cifar10-jpeg"
    out = tmp_path_factory.mktemp("real")
    if folder.is_dir():
        for split, count in (("train", 40), ("test", 10)):
            for name in sorted(path.name for path in (folder / split).iterdir()):
                (out / split / name).mkdir(parents=True)
                for file in sorted((folder / split / name).iterdir())[:count]:
                    (out / split / name / file.name).write_bytes(file.read_bytes())
        return out
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = Path(member.name).parts
            if member.isfile() and int(Path(parts[-1]).stem) < (40 if parts[1] == "train" else 10):
                target = out.joinpath(*parts[1:])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(tar.extractfile(member).read())
    return out


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; missing it is a failure in CI only."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("there is no chromium: install Debian's package")
    assert CHROMIUM, "there is no chromium: install Debian's package"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def heard_interrupts():
    """A shell starts what it sends to the background deaf to Ctrl-C, and all that it starts in turn with it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_feature_cache(monkeypatch):
    """Leave the user's cache of features alone."""
    monkeypatch.setenv("SCORELINE_FEATURE_CACHE", "off")


@pytest.fixture(scope="module")
def no_figures():
    """Leave figures and analyses out of reports: they are most of a small run, and nobody here looks at them."""
    from scoreline.report.analyses import Analyses

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scoreline.runs.reporting.draw_run", lambda *_: ())
        patch.setattr("scoreline.runs.reporting.analyse", lambda *_, **__: Analyses())
        yield
