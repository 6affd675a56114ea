"""Connections of the server: their number, their end, and the parser of their requests."""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from contextlib import suppress

from uvicorn.protocols.http.h11_impl import H11Protocol

from scoreline.web.connections import Bounded

__all__ = ["FIRST_SECONDS", "Connection", "Lasting", "take_no_more"]

#: Seconds that a connection without a request has when the server ends: one may be on its way.
FIRST_SECONDS = 1.0
#: Linux's option, and instructions for it, that drop what asks for a new connection (SYN and no ACK).
_ATTACH_FILTER = 26
_DROP_NEW = (
    (0x30, 0, 0, 13),  # load the flags of the packet
    (0x54, 0, 0, 0x12),  # of these, SYN and ACK
    (0x15, 0, 1, 0x02),  # go on if it is SYN alone
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # take
)


class Lasting(Bounded):
    """A connection that the server's end closes when its request is answered; a new one has time for its first.

    Systems allow a process 1,024 files at the least that serve.
    """

    most = 768

    def shutdown(self) -> None:
        """Close the connection as soon as that loses no request."""
        close = super().shutdown  # type: ignore[misc]
        if self.cycle is None:
            self.loop.call_later(FIRST_SECONDS, close)
        else:
            close()


class Connection(Lasting, H11Protocol):
    """A connection whose requests are parsed by h11."""


def take_no_more(listening: socket.socket) -> None:
    """Have the system drop requests for new connections, so that those in the queue of the socket can be accepted.

    To close a socket resets what is in its queue. Clients whose first packet is dropped send it again after a
    second, and are refused then. Systems other than Linux cannot do that.
    """
    if sys.platform != "linux":
        return
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in _DROP_NEW))
    with suppress(OSError):  # where filters are forbidden
        listening.setsockopt(
            socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(_DROP_NEW), ctypes.addressof(program))
        )
