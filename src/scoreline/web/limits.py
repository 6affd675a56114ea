"""What a request may take: bytes, time and room, checked before its body is read and while it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request

from scoreline.data.budget import show_size

__all__ = ["Held", "Limits", "RefusedError", "Room", "announced_length", "body_chunks", "discard_body", "holding"]

#: Seconds and bytes for which the body of a refused request is read and thrown away, and seconds that may pass
#: between its pieces: a client that sends it learns why only if the connection stays open meanwhile.
_DISCARD_SECONDS, _DISCARD_BYTES, _SILENT_SECONDS = 30.0, 64 << 20, 2.0


class RefusedError(Exception):
    """A request is answered with a status of its own and the reason.

    Parameters
    ----------
    status : int
    given, allowed, fix : str
        As in `scoreline.errors.ScorelineError`.
    retry_after : int, optional
        Seconds after which the same request may be answered.
    """

    def __init__(self, status: int, given: str, *, allowed: str, fix: str, retry_after: int | None = None) -> None:
        super().__init__(f"{given}. Allowed: {allowed}. To fix it: {fix}.")
        self.status, self.retry_after = status, retry_after


@dataclass(frozen=True)
class Limits:
    """The bounds of a server."""

    #: Bytes of one request's body.
    body_bytes: int = 32 << 20
    #: Images of one request.
    images: int = 64
    #: Pixels of one image, checked before any is decoded.
    pixels: int = 64_000_000
    #: Bytes of the bodies that are held at the same time.
    held_bytes: int = 256 << 20
    #: Requests for predictions that are worked on at the same time, and images that wait.
    requests: int = 256
    queued_images: int = 1024
    #: Seconds within which a body must have come, and within which an answer must be there.
    read_seconds: float = 30.0
    answer_seconds: float = 60.0


class Room:
    """A number of things (bytes, requests) that may be held at the same time; for one event loop.

    Parameters
    ----------
    most : int
    what : str
        For the message, such as "requests".
    """

    def __init__(self, most: int, what: str) -> None:
        self.most, self.what, self.taken = most, what, 0

    def take(self, n: int) -> None:
        """Take room for `n` more.

        Raises
        ------
        RefusedError
            There is no room (429).
        """
        if self.taken + n > self.most:
            raise RefusedError(
                429,
                f"The server is busy with as many {self.what} as it may hold",
                allowed=f"{self.most:,} at the same time",
                fix="send the request again later, or fewer at a time",
                retry_after=1,
            )
        self.taken += n

    def give_back(self, n: int) -> None:
        """Give room back."""
        self.taken -= n

    @contextmanager
    def hold(self, n: int) -> Iterator[None]:
        """Take room for the duration of the context."""
        self.take(n)
        try:
            yield
        finally:
            self.give_back(n)


@contextmanager
def holding(room: Room) -> Iterator[Held]:
    """Yield something that takes room piece by piece, and gives all of it back in the end."""
    held = Held(room)
    try:
        yield held
    finally:
        room.give_back(held.n)


class Held:
    """Room that is taken piece by piece."""

    def __init__(self, room: Room) -> None:
        self.room, self.n = room, 0

    def take(self, n: int) -> None:
        """Take room for `n` more; see `Room.take`."""
        self.room.take(n)
        self.n += n


def announced_length(request: Request, most: int) -> int | None:
    """Return the length that a request announces for its body, None where it announces none.

    Raises
    ------
    RefusedError
        It is more than allowed (413).
    """
    text = request.headers.get("content-length", "")
    if not text.isdecimal() or not text.isascii():
        return None
    length = int(text[:20])
    if length > most:
        raise _too_large(length, most)
    return length


async def body_chunks(request: Request, limits: Limits, held: Held) -> AsyncIterator[bytes]:
    """Yield a request's body as it comes, within the limits; its bytes take the room that is held.

    Raises
    ------
    RefusedError
        It is larger than allowed (413), comes too slowly (408), or there is no room for it (429).
    """
    announced = announced_length(request, limits.body_bytes)
    deadline = asyncio.get_running_loop().time() + limits.read_seconds
    held.take(announced or 0)
    request.state.body_read = False
    n = 0
    while not request.state.body_read:
        try:
            async with asyncio.timeout_at(deadline):
                message = await request.receive()
        except TimeoutError:
            raise RefusedError(
                408,
                f"The body did not come within {limits.read_seconds:g} seconds",
                allowed=f"bodies of up to {show_size(limits.body_bytes)} within that time",
                fix="send fewer or smaller images at a time",
            ) from None
        request.state.body_read = not message.get("more_body", False)
        if message["type"] != "http.request":
            raise RefusedError(
                400, "The connection ended within the body", allowed="whole bodies", fix="send it again"
            )
        chunk = message.get("body", b"")
        n += len(chunk)
        if n > limits.body_bytes:
            raise _too_large(n, limits.body_bytes)
        if n > held.n:
            held.take(n - held.n)
        yield chunk


async def discard_body(request: Request) -> bool:
    """Read what is left of a refused request while it comes, unless its sender waits for leave to send it.

    Return whether that was all of it, so that another request may follow on the connection.
    """
    if getattr(request.state, "body_read", False):
        return True
    if "100-continue" in request.headers.get("expect", "").lower():
        return False
    n, clock = 0, asyncio.get_running_loop().time
    end = clock() + _DISCARD_SECONDS
    try:
        while n < _DISCARD_BYTES and clock() < end:
            async with asyncio.timeout(_SILENT_SECONDS):
                message = await request.receive()
            n += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return bool(message["type"] == "http.request")
    except TimeoutError:
        pass
    return False


def _too_large(n: int, most: int) -> RefusedError:
    return RefusedError(
        413,
        f"The body has {show_size(n)} or more",
        allowed=f"{show_size(most)} at most",
        fix="send fewer or smaller images at a time",
    )
