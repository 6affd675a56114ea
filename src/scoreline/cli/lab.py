"""``scoreline lab``: the lab in the browser."""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from scoreline.cli.output import console
from scoreline.cli.settings import Trust

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
    trust: Trust = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address and open no browser.")] = False,
) -> None:
    """Explore scores, losses and gradients in the browser; Ctrl-C ends it. Only this machine can reach it."""
    from scoreline.lab.resources import BUILT_IN_DATA, Resources
    from scoreline.lab.server import create_app
    from scoreline.lab.serving import open_in_browser, serve
    from scoreline.runs.folder import RunFolder
    from scoreline.web.connections import bound_socket

    resources = Resources(data, [RunFolder.open(path).path for path in run or []], data_dir, trust or [])
    if data != BUILT_IN_DATA:  # read errors are reported here, not on a page
        console.print(f"Reading {data} ...", soft_wrap=True, highlight=False)
        resources.images()
    for number, name in enumerate(resources.run_names if run else ()):
        console.print(f"Reading {name} ...", soft_wrap=True, highlight=False)
        resources.run(number)
    listening = bound_socket(port)
    listening.listen()
    token, port = secrets.token_urlsafe(24), listening.getsockname()[1]
    address = f"http://127.0.0.1:{port}/?token={token}"
    console.print(f"lab  {address}", soft_wrap=True, highlight=False)
    console.print("Ctrl-C ends it.")
    no_browser = "No browser could be opened: open the address above in one."
    opened = nullcontext() if no_open else open_in_browser(address, lambda: console.print(no_browser))
    with opened:
        serve(create_app(token, port, resources), listening)
