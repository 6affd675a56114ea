"""``scoreline lab``: the lab in the browser."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from scoreline.cli.output import console
from scoreline.errors import UsageError

__all__ = ["lab"]


def lab(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    data: Annotated[
        str, typer.Option(help="Data set of images for the page of images: a name or a folder.")
    ] = "digits",
    run: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a finished run for the page of mistakes; several may be given."),
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder with named data sets.")] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address and open no browser.")] = False,
) -> None:
    """Play with scores, losses and gradients in the browser; Ctrl-C ends it. Only this machine can reach it."""
    import uvicorn

    from scoreline.lab.material import BUILT_IN_DATA, Material
    from scoreline.lab.server import MESSAGE_BYTES, create_app
    from scoreline.runs.folder import RunFolder

    material = Material(data, [RunFolder.open(path).path for path in run or []], data_dir)
    if data != BUILT_IN_DATA:  # what cannot be read is said here, not on a page
        console.print(f"Reading {data} ...", soft_wrap=True, highlight=False)
        material.images()
    listening = _listen(port)
    token, port = secrets.token_urlsafe(24), listening.getsockname()[1]
    address = f"http://127.0.0.1:{port}/?token={token}"
    console.print(f"lab  {address}", soft_wrap=True, highlight=False)
    console.print("Ctrl-C ends it.")
    if not no_open:
        webbrowser.open(address)
    settings = uvicorn.Config(
        create_app(token, port, material),
        log_level="warning",
        lifespan="off",
        ws_max_size=MESSAGE_BYTES,
        timeout_graceful_shutdown=1,
    )
    # Ctrl-C is how it ends, not how it fails.
    with listening, suppress(KeyboardInterrupt):
        uvicorn.Server(settings).run([listening])


def _listen(port: int) -> socket.socket:
    """Return a socket of this machine alone.

    Raises
    ------
    UsageError
        The port is taken or not allowed.
    """
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(("127.0.0.1", port))
    except OSError as error:
        found.close()
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}",
            allowed="a free port from 1024 to 65535, or 0 for any",
            fix="leave --port out",
        ) from error
    found.listen()
    return found
