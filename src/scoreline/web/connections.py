"""The limit of connections of a web server, and its log of errors."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from scoreline._text import shown
from scoreline.errors import UsageError

__all__ = [
    "BACKLOG",
    "MOST_CONNECTIONS",
    "Bounded",
    "BoundedProtocol",
    "BoundedServer",
    "OnePerMinute",
    "bound_socket",
]

#: Connections at once: 32 pages, and the files that their browsers load, six at a time. Systems allow a process
#: 256 files at the least.
MOST_CONNECTIONS = 96
#: Connections that are accepted at once, before those beyond the limit are closed.
BACKLOG = 32
#: Connections that the system queues until they are accepted.
QUEUE = 1024
#: Seconds in which the first request of a connection must be complete.
REQUEST_SECONDS = 10.0
#: Seconds in which the same message is written once.
QUIET_SECONDS = 60.0


class Bounded(asyncio.Protocol):
    """One connection of a server that holds at most `most` (`MOST_CONNECTIONS`), before a protocol of uvicorn's.

    Where there are more, one is closed: the oldest idle one, else the oldest whose response is not
    complete. So a flood of connections does not lock out a page.
    """

    most = MOST_CONNECTIONS
    #: What uvicorn's protocols have; the cycle of the last request is None until the first.
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    connections: set[Any]
    logger: logging.Logger
    cycle: Any
    opened = 0.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, and close the oldest if there are too many."""
        super().connection_made(transport)
        self.opened = self.loop.time()
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._close_if_silent)
        if len(self.connections) > self.most:
            self.logger.warning(
                "more than %d connections: the oldest are closed, idle ones first",
                self.most,
            )
            # Closing takes an iteration of the event loop, in which the same connection must not be chosen again.
            others = (one for one in self.connections if isinstance(one, Bounded) and one is not self)
            oldest = min(others, key=lambda one: (not one.waiting, one.opened), default=self)
            oldest.connections.discard(oldest)
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._no_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive data; they may complete a request, or turn the connection into a WebSocket."""
        super().data_received(data)
        if self.cycle is not None or self.transport.get_protocol() is not self:
            self._no_deadline()

    @property
    def waiting(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _close_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.abort()

    def _no_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class BoundedProtocol(Bounded, H11Protocol):
    """A connection whose requests are parsed by h11."""


class BoundedServer(uvicorn.Server):
    """A server whose connections beyond the limit are accepted, so that they can be closed."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        # asyncio accepts up to the given length of the queue at once, before any can be closed.
        for one in sockets or ():
            one.listen(QUEUE)


def bound_socket(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket at a port of an address; it does not listen yet.

    Raises
    ------
    UsageError
        The port is taken or not allowed, or this machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise UsageError(
            f"There is no host {shown(host)} ({error})",
            allowed="an address of this machine, such as 127.0.0.1 or 0.0.0.0",
            fix="leave --host out",
        ) from error
    found = socket.socket(family, kind, protocol)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
    except OSError as error:
        found.close()
        raise UsageError(
            f"Port {port} cannot be used: {error.strerror}",
            allowed="a free port from 1024 to 65535 of an address of this machine, or 0 for any",
            fix="choose another with --port; --port 0 takes a free one",
        ) from error
    return found


class OnePerMinute(logging.Filter):
    """Write each kind of message once in a while, in one line: a flood of errors must not fill a disk."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, object], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is written; its traceback becomes the error's own line."""
        error = record.exc_info[1] if record.exc_info else None
        kind, now = (record.name, type(error) if error else record.msg), time.monotonic()
        if now - self._last.get(kind, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._last[kind] = now
        if error is not None:
            record.msg, record.args = f"{type(error).__name__}: {error}{_place(error)}", ()
        record.msg = str(record.msg).replace("\n", " ")
        record.exc_info = record.exc_text = None
        return True


def _place(error: BaseException) -> str:
    """Return the file and line at which an error was raised, for its report."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})"
