"""Connections whose requests are parsed by httptools, in a tenth of h11's time."""

from __future__ import annotations

from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from scoreline.serve.connections import Connection, Lasting

__all__ = ["FastConnection"]

#: Bytes that a head may have, as h11's, and what else lies between the bodies of requests.
_HEAD_BYTES = 1 << 16
_INVALID, _TOO_LONG = "Invalid HTTP request received.", "The head of the request is too long."


class _HeadError(Exception):
    """The head of a request is longer than allowed."""


class _Parsed(HttpToolsProtocol):
    """Uvicorn's protocol with a limit on heads, as h11 has one, and without upgrades.

    A request that asks for another protocol is handed to h11, which goes on with HTTP/1.1, as the standard allows:
    httptools would leave its body unread.
    """

    _in_head = False
    _progress = False
    _unused = 0
    _head = 0

    def data_received(self, data: bytes) -> None:
        """Parse what has come."""
        self._unset_keepalive_if_required()
        self._progress = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._hand_over(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            self.send_400_response(_TOO_LONG if isinstance(error.__context__, _HeadError) else _INVALID)
            return
        # The parser keeps what is not complete, and heads without end would fill the memory.
        self._unused = 0 if self._progress else self._unused + len(data)
        if self._unused > _HEAD_BYTES:
            self.send_400_response(_TOO_LONG)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head, self._head = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Add a piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; those that come after the body are not wanted."""
        if self._in_head:
            self._count(len(name) + len(value))
            super().on_header(name, value)

    def _count(self, n: int) -> None:
        self._head += n
        if self._head > _HEAD_BYTES:
            raise _HeadError

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._in_head, self._progress = False, True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a piece of the body on."""
        self._progress = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        self._progress = True
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return True  # it leaves the request to `data_received`

    def _hand_over(self, rest: bytes) -> None:
        """Let h11 parse the request again, and all that follows."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # it did not wait for the answer before
            return
        self.connections.discard(self)
        head = [self.scope["method"].encode(), b" ", self.url, b" HTTP/1.1\r\n"]
        for name, value in self.headers:
            head += [name, b": ", value, b"\r\n"]
        settings: dict[str, Any] = {"config": self.config, "server_state": self.server_state}
        other = Connection(**settings, app_state=self.app_state, _loop=self.loop)
        other.connection_made(self.transport)
        self.transport.set_protocol(other)
        other.data_received(b"".join([*head, b"\r\n", rest]))


class FastConnection(Lasting, _Parsed):
    """A connection of the server."""
