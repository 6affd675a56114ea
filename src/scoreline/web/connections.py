"""The limit of connections of a web server, and how it begins to listen."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
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
    "bound_socket",
]

#: Connections at once: 32 pages, and the files that their browsers load, six at a time. Systems allow a process
#: 256 files at the least.
MOST_CONNECTIONS = 96
#: Connections that are accepted at once, before those beyond the limit are closed.
BACKLOG = 32
#: Connections that the system queues until they are accepted.
QUEUE = 1024
#: Seconds in which the head of a request must be complete: of the first since the connection was made, of a later
#: one since its first byte.
REQUEST_SECONDS = 10.0


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
        self._set_deadline()
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
        """Receive data; they may complete the head of a request, or turn the connection into a WebSocket.

        What else comes while no request is answered is part of a head, or the rest of a body that nobody reads.
        """
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before or self.transport.get_protocol() is not self:
            self._no_deadline()
        elif self.waiting and self._deadline is None:
            self._set_deadline()

    @property
    def waiting(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or bool(self.cycle.response_complete)

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._close_if_waiting)

    def _close_if_waiting(self) -> None:
        if self.waiting:
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
        """Begin to listen.

        Raises
        ------
        UsageError
            Another program has begun to listen at the port since it was bound here.
        """
        try:
            await super().startup(sockets)
        except OSError as error:
            await self.lifespan.shutdown()
            ports = [one.getsockname()[1] for one in sockets or ()]
            raise _no_port(ports[0] if ports else 0, error) from error
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
        raise _no_host(host, error) from error
    found = socket.socket(family, kind, protocol)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(address)
    except OSError as error:
        found.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise _no_host(host, error) from error
        raise _no_port(port, error) from error
    return found


def _no_host(host: str, error: Exception) -> UsageError:
    return UsageError(
        f"This machine has no host {shown(host)} ({error})",
        allowed="an address of this machine, such as 127.0.0.1 or 0.0.0.0",
        fix="leave --host out",
    )


def _no_port(port: int, error: OSError) -> UsageError:
    return UsageError(
        f"Port {port} cannot be used: {error.strerror}",
        allowed="a free port from 1024 to 65535 of an address of this machine, or 0 for any",
        fix="choose another with --port; --port 0 takes a free one",
    )
