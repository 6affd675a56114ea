"""The lab's web server: this machine only, a token, exact hosts and origins, and limits."""

from __future__ import annotations

import asyncio
import json
import logging
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse, Response

from scoreline.errors import ScorelineError, UsageError
from scoreline.lab.pages import PAGES
from scoreline.lab.points import PointsState
from scoreline.lab.resources import Resources
from scoreline.lab.session import LabSession
from scoreline.web.answers import as_json
from scoreline.web.guard import LocalHosts, tokens_match
from scoreline.web.headers import HEADERS
from scoreline.web.theme import THEME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import HTTPConnection

__all__ = ["MESSAGE_BYTES", "create_app"]

#: Longest message that a page may send: 1,000 points with all their digits.
MESSAGE_BYTES = 1 << 18
#: Pages that may be open at once, and the seconds within which each must have sent a message.
MOST_SESSIONS, FIRST_MESSAGE_SECONDS = 32, 5.0
STATIC = Path(__file__).parent / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
#: All served files, by their names in the address: pages, what they load, and plotly as pip installed it.
FILES = {file.name: file for file in sorted(STATIC.iterdir()) if file.suffix in (".css", ".js")}
FILES[THEME.name] = THEME
FILES |= {name: STATIC / f"{name}.html" for name in PAGES} | {"": STATIC / f"{next(iter(PAGES))}.html"}
FILES["plotly.js"] = Path(str(files("plotly").joinpath("package_data", "plotly.min.js")))
REOPEN = "wrong token: open the address that scoreline lab printed last"
TEXT_ONLY, REFUSED, TOO_MANY = 1003, 1008, 1013
_log = logging.getLogger(__name__)


def create_app(token: str, port: int, resources: Resources | None = None) -> FastAPI:
    """Return the lab as a web application.

    Parameters
    ----------
    token : str
        Must come with every request: in the address of the first, then as a cookie.
    port : int
        The port that it is reached on; only requests for 127.0.0.1 and localhost at that port are served.
    resources : Resources, optional
        Data and runs of the pages; by default the built-in ones.
    """
    app = FastAPI(title="scoreline lab", docs_url=None, redoc_url=None, openapi_url=None)
    guard, resources = _Guard(token, port), resources or Resources()
    app.middleware("http")(guard.checked)
    _serve_files(app, resources)
    _serve_sessions(app, guard, resources)
    return app


class _Guard:
    """Who may ask: this machine's own pages, with the token."""

    def __init__(self, token: str, port: int) -> None:
        self.token, self.cookie = token, f"scoreline-lab-{port}"
        self.hosts = LocalHosts(port)

    def refusal(self, request: HTTPConnection, *, from_page: bool) -> str | None:
        """Return why a request is refused, or None; those of a page's script have an origin."""
        if why := self.hosts.refusal(request.headers, from_page=from_page):
            return why
        offered = request.query_params.get("token") or request.cookies.get(self.cookie)
        return None if tokens_match(offered, self.token) else REOPEN

    async def checked(self, request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer a request that is not refused, and hand out the cookie to the first."""
        why = self.refusal(request, from_page=False)
        answer = PlainTextResponse(why, 403) if why else await go_on(request)
        if not why and "token" in request.query_params:
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict")
        answer.headers.update(HEADERS)
        return answer


def _serve_files(app: FastAPI, resources: Resources) -> None:
    """Serve pages, what they load, and pictures."""

    @app.get("/pages.json")
    def pages() -> Response:
        """Name and title of each page, and whether it is about points, which pages exchange."""
        return JSONResponse(
            [
                {"name": name, "title": page.title, "points": issubclass(page.state_type, PointsState)}
                for name, page in PAGES.items()
            ]
        )

    @app.get("/picture/{source}/{split}/{index}.png")
    def picture(source: str, split: str, index: int) -> Response:
        """An image of the data (``images``) or of the run with a number."""
        try:
            return Response(resources.picture(source, split, index), media_type="image/png")
        except (ScorelineError, ValueError) as error:
            return PlainTextResponse(str(error), 404)

    @app.get("/{name:path}")
    def file(name: str) -> Response:
        if name not in FILES:
            return PlainTextResponse("There is no such page", 404)
        return FileResponse(FILES[name], media_type=KINDS[FILES[name].suffix])


def _serve_sessions(app: FastAPI, guard: _Guard, resources: Resources) -> None:
    """Let each page that is open talk to a session of its own."""
    open_pages: set[LabSession] = set()

    def refusal(socket: WebSocket, page: str) -> tuple[int, str] | None:
        """Return the code and the words in which a page is refused, or None."""
        if why := guard.refusal(socket, from_page=True):
            return REFUSED, why
        if len(open_pages) >= MOST_SESSIONS:
            return TOO_MANY, "too many pages are open"
        return None if page in PAGES else (REFUSED, "there is no such page")

    @app.websocket("/session/{page}")
    async def talk(socket: WebSocket, page: str) -> None:
        if refused := refusal(socket, page):
            await socket.close(*refused)
            return
        session = LabSession(page, resources=resources)
        open_pages.add(session)
        try:
            await socket.accept()
            await _converse(socket, session)
        finally:
            open_pages.discard(session)


async def _converse(socket: WebSocket, session: LabSession) -> None:
    """Answer a page's messages until it leaves."""
    patience: float | None = FIRST_MESSAGE_SECONDS
    while True:
        try:
            message = await asyncio.wait_for(socket.receive(), patience)
        except TimeoutError:
            await socket.close(REFUSED, "no message came")
            return
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") is None:
            await socket.close(TEXT_ONLY, "messages are text")
            return
        patience = None
        # Training must not block the other pages.
        answer = await run_in_threadpool(_answer, session, message["text"])
        try:
            await socket.send_text(answer)
        except (WebSocketDisconnect, RuntimeError):  # it was closed while its answer was computed
            return


def _answer(session: LabSession, text: str) -> str:
    """Return the session's answer to a message, or its error; always JSON that a browser can read."""
    message = None
    try:
        if len(text) > MESSAGE_BYTES:
            raise UsageError(
                f"A message has {len(text):,} letters",
                allowed=f"{MESSAGE_BYTES:,} at most",
                fix="show fewer points",
            )
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError("A message is not JSON", allowed="JSON", fix="reload the page") from error
        return as_json(session.handle(message))
    except ScorelineError as error:
        return as_json({"id": _identity(message), "error": str(error)})
    except Exception as error:  # noqa: BLE001 - whatever it is, the page must learn of it and go on
        _log.error("a page's message failed", exc_info=error)
        what = (
            f"The lab failed at this: {type(error).__name__}: {str(error)[:200]}. The state is as it was before."
        )
        return as_json({"id": _identity(message), "error": what})


def _identity(message: Any) -> int | None:
    """Return the number of a message, if it has one."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, int) else None
