"""``scoreline serve``: a model behind HTTP."""

from __future__ import annotations

import logging
import os
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from scoreline.cli.output import console
from scoreline.cli.settings import Trust
from scoreline.data.names import printable
from scoreline.errors import MissingPackageError, UsageError

__all__ = ["serve"]

#: Packages of the extra.
PACKAGES = {"prometheus_client": "prometheus-client", "python_multipart": "python-multipart"}
#: Characters of a token.
SHORTEST, LONGEST = 16, 1024
_log = logging.getLogger("scoreline.serve")


def serve(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run; a newer model in it is taken by itself.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    host: Annotated[
        str, typer.Option(help="Address to listen on; all but this machine's own need a token.")
    ] = "127.0.0.1",
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token that requests must bring.", show_default=False)
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that decode images.")] = 2,
    trust: Trust = None,
) -> None:
    """Answer requests for predictions over HTTP; Ctrl-C or SIGTERM ends it when what has come is answered."""
    from scoreline.web.guard import LocalHosts, is_loopback

    _check_packages()
    from scoreline.serve.app import create_app
    from scoreline.serve.model import ServedModel
    from scoreline.serve.running import json_lines, run_server
    from scoreline.serve.service import Service
    from scoreline.web.connections import bound_socket
    from scoreline.web.limits import Limits

    with json_lines(), bound_socket(port, host) as listening:
        token = None if token_file is None else read_token(token_file)
        address, port = listening.getsockname()[:2]
        if token is None and not is_loopback(address):  # whatever the name of the host
            raise UsageError(
                f"The server would be reached from other machines, at {address}, by anybody",
                allowed="--host 127.0.0.1, or another address with --token-file",
                fix="write a long random token into a file and name it by --token-file",
            )
        limits = Limits()
        service = Service(ServedModel(run, trust or (), max_pixels=limits.pixels), limits, workers)
        app = create_app(service, LocalHosts(port, {"127.0.0.1", "localhost", host, address}), token)
        shown = f"[{host}]" if ":" in host else host
        number = run_server(
            app, service, listening, lambda: console.print(f"serve  http://{shown}:{port}/", soft_wrap=True)
        )
    raise typer.Exit(128 + number if number else 0)


def read_token(path: Path) -> str:
    """Return the token in a file.

    Raises
    ------
    UsageError
        The file cannot be read, or holds no token of a fit length.
    """
    # The file that is there may be any other: a command to copy must not overwrite it.
    place = "NEW-FILE" if path.exists() else printable(path)
    fix = f"write one with: (umask 077; python -c 'import secrets; print(secrets.token_urlsafe(32))' > {place})"
    allowed = f"a file of one line with {SHORTEST} to {LONGEST} letters, digits and signs without spaces"
    try:
        facts = path.stat()
        readable = stat.S_ISREG(facts.st_mode) and facts.st_size <= 2 * LONGEST
        token = path.read_text(encoding="ascii").strip() if readable else ""
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its bytes are no ASCII text"
        raise UsageError(f"{printable(path)} holds no token ({why})", allowed=allowed, fix=fix) from error
    if not readable:
        raise UsageError(f"{printable(path)} holds no token", allowed=allowed, fix=fix)
    fits = SHORTEST <= len(token) <= LONGEST
    if not fits or not token.isprintable() or " " in token:
        has = "spaces, or more than one line" if fits else f"{len(token)} characters"
        raise UsageError(f"The token in {printable(path)} has {has}", allowed=allowed, fix=fix)
    if os.name == "posix" and facts.st_mode & stat.S_IROTH:
        remark = f"every user of this machine can read it: chmod 600 {printable(path)}"
        _log.warning("token file with a remark", extra={"facts": {"remark": remark}})
    return token


def _check_packages() -> None:
    missing = [name for module, name in PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise MissingPackageError(
            f"The server needs {' and '.join(missing)}, not installed here",
            allowed="the extra 'serve'",
            fix="run: pip install 'scoreline[serve]'",
        )
