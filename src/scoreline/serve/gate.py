"""What stands before every request: who may ask, headers, one line in the log, and what is counted."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scoreline.serve.service import Service
from scoreline.web.guard import LocalHosts, tokens_match
from scoreline.web.headers import HEADERS
from scoreline.web.limits import discard_body

__all__ = ["FAILED", "Gate", "Guard"]

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_CLOSE = (b"connection", b"close")
#: Least status that is no success; and the answer to what failed in the server itself.
FIRST_REFUSAL = 400
FAILED = JSONResponse(
    {
        "detail": "The server failed at this request. Allowed: what the interface describes. To fix it: report "
        "what the log of the server says at the X-Request-ID of this answer."
    },
    500,
)
_IDENTITY = re.compile(r"[\w.-]{1,64}", re.ASCII)
_log = logging.getLogger("scoreline.serve.requests")


class Guard:
    """Who may ask.

    Parameters
    ----------
    token : str, optional
        Must come as ``Authorization: Bearer <token>``, but for what is open. Without one, requests must name this
        machine as their host, and pages of other origins are refused.
    hosts : LocalHosts
    open_paths : set of str
        What needs no token: the page, which holds no data, and what tells whether the server lives.
    """

    def __init__(self, token: str | None, hosts: LocalHosts, open_paths: frozenset[str]) -> None:
        self._token, self._hosts, self._open = token, hosts, open_paths

    def refusal(self, path: str, headers: Mapping[str, str]) -> Response | None:
        """Return the answer to a request that is refused, or None."""
        if self._token is None:
            why = self._hosts.refusal(headers)
            return None if why is None else JSONResponse({"detail": self._explained(why)}, 403)
        kind, _, offered = headers.get("authorization", "").partition(" ")
        if path in self._open or (kind.lower() == "bearer" and tokens_match(offered.strip(), self._token)):
            return None
        detail = "A token is missing or wrong. Allowed: the header 'Authorization: Bearer <token>'. To fix it: "
        answer = {"detail": detail + "send the token in the file that the server was started with."}
        return JSONResponse(answer, 401, {"WWW-Authenticate": "Bearer"})

    def _explained(self, why: str) -> str:
        return (
            f"Refused: {why}. Allowed without a token: requests to {self._hosts}, from its own pages if from any. "
            "To fix it: use that address, or start the server with --token-file."
        )


class Gate:
    """The application behind the guard.

    Parameters
    ----------
    app : ASGI application
    guard : Guard
    service : Service
    """

    def __init__(self, app: ASGIApp, guard: Guard, service: Service) -> None:
        self._app, self._guard, self._service = app, guard, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # What can be read can be asked about: the connection leaves the body out.
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        # The first of several with a name counts.
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        passed = _Passed(self._service, inner, headers, scope["method"])
        refused = self._guard.refusal(scope["path"], headers)
        metrics = self._service.metrics
        metrics.in_flight.inc()
        try:
            await (refused or self._app)(inner, receive, passed.through(receive, send))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client is answered, and others are too
            await passed.fail(error, receive, send)
        finally:
            metrics.in_flight.dec()
            passed.record()


class _Passed:
    """One request: what is added to its answer, and what is kept of it."""

    def __init__(self, service: Service, scope: Scope, headers: Mapping[str, str], method: str) -> None:
        self._service, self._scope, self._method = service, scope, method
        self._begun = time.perf_counter()
        offered = headers.get("x-request-id", "")
        self._identity = offered if _IDENTITY.fullmatch(offered) else secrets.token_hex(8)
        self._status = 0
        #: Facts that the route adds for the log.
        self._facts: dict[str, Any] = scope.setdefault("state", {}).setdefault("facts", {})

    def through(self, receive: Receive, send: Send) -> Send:
        """Return what sends the answer's messages on, with the headers of every answer.

        Who sends a body that is refused reads the answer only if the connection stays open until it has been sent.
        """
        own = [*_RAW_HEADERS, (b"x-request-id", self._identity.encode())]

        async def passed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                refused = self._status >= FIRST_REFUSAL
                whole = not refused or await discard_body(Request(self._scope, receive))
                last = self._service.draining or not whole
                message["headers"] = [*message.get("headers", ()), *own, *([_CLOSE] if last else [])]
            await send(message)

        return passed

    async def fail(self, error: Exception, receive: Receive, send: Send) -> None:
        """Log an error of the server, and answer it unless an answer has begun."""
        _log.error("request failed", exc_info=error, extra={"facts": {"id": self._identity}})
        if not self._status:
            await FAILED(self._scope, receive, self.through(receive, send))

    def record(self) -> None:
        """Count the request, and write its line: neither its query nor anything of its body."""
        route = getattr(self._scope.get("route"), "path", "")
        seconds = time.perf_counter() - self._begun
        self._service.metrics.requests.labels(route or "other", str(self._status)).inc()
        if route == "/predict":
            self._service.metrics.seconds.observe(seconds)
        client = self._scope.get("client")
        facts = {
            "id": self._identity,
            "client": client[0] if client else None,
            "method": self._method[:16],
            "route": route or "other",
            "status": self._status,
            "seconds": round(seconds, 6),
        }
        _log.info("request", extra={"facts": facts | self._facts})
