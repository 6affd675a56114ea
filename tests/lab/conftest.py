"""The lab in Debian's Chromium, for the tests of its pages."""

import io
import subprocess
import sys
import urllib.parse
import warnings
from contextlib import redirect_stdout

import pytest


@pytest.fixture(scope="session")
def address():
    """Where a lab is running: its address with the token."""
    command = [sys.executable, "-m", "scoreline", "lab", "--no-open"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    yield process.stdout.readline().split()[-1]
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.fixture(scope="session")
def printed():
    """Return a function that runs a script as a program, with no names but its own, and gives what it prints."""

    def run(script):
        with redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # as in a program of its own, they change nothing that is printed
            exec(compile(script, "script.py", "exec"), {"__name__": "__main__"})  # noqa: S102 - our own text
        return out.getvalue()

    return run


@pytest.fixture
def new_page(browser):
    """Make pages that fail the test when anything goes wrong in them or leaves this machine."""
    contexts, wrong = [], []

    def make(may_fail=(), **options):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                wrong.append(message.text)
                if message.type == "error" and not any(word in message.text for word in may_fail)
                else None
            ),
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if _local(request.url) else wrong.append(request.url))
        return page

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


def _local(url):
    return urllib.parse.urlparse(url).hostname in ("127.0.0.1", None, "")
