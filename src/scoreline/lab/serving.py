"""Running the lab's server, and opening it in a browser without exposing the token to other users."""

from __future__ import annotations

import html
import logging
import os
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from scoreline.lab.server import MESSAGE_BYTES
from scoreline.web.connections import BACKLOG, BoundedProtocol, BoundedServer
from scoreline.web.logs import OnePerMinute, logged

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["open_in_browser", "serve"]


def serve(app: FastAPI, listening: socket.socket) -> None:
    """Serve the lab on a socket until Ctrl-C."""
    settings = uvicorn.Config(
        app,
        http=BoundedProtocol,
        backlog=BACKLOG,
        log_config=None,
        access_log=False,  # addresses hold the token
        lifespan="off",
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,  # no external requests
        timeout_graceful_shutdown=1,
    )
    # Ctrl-C is its normal end.
    with listening, _messages(), suppress(KeyboardInterrupt):
        BoundedServer(settings).run([listening])


@contextmanager
def open_in_browser(address: str, failed: Callable[[], object]) -> Iterator[None]:
    """Open an address in the browser for the duration of the context, through a file that only this user can read.

    An address on the browser's command line could be read by every user of the machine, and with it the token.

    Parameters
    ----------
    address : str
    failed : callable
        Called when there is no browser.
    """
    file, name = tempfile.mkstemp(prefix="scoreline-lab-", suffix=".html")  # mkstemp's files are the user's alone
    to = html.escape(address)
    with os.fdopen(file, "w", encoding="utf-8") as page:
        page.write(
            f'<!doctype html><meta charset="utf-8"><title>scoreline lab</title>'
            f'<meta http-equiv="refresh" content="0; url={to}"><a href="{to}">Open the lab</a>\n'
        )

    def work() -> None:
        if not webbrowser.open(Path(name).as_uri()):
            failed()

    # Browsers in the terminal return only when they are closed.
    threading.Thread(target=work, daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _messages() -> AbstractContextManager[None]:
    """Write the server's errors as single lines to standard error, each kind once a minute."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("lab: %(message)s"))
    handler.addFilter(OnePerMinute())
    return logged(handler, dict.fromkeys(("uvicorn", "asyncio", "websockets", "scoreline.lab"), logging.WARNING))
