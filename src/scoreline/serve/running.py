"""The running server: its end without a lost request, and its log as lines of JSON."""

from __future__ import annotations

import json
import logging
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from scoreline._text import shortened
from scoreline.serve.gate import Gate
from scoreline.serve.service import Service
from scoreline.web.connections import BACKLOG, BoundedProtocol, BoundedServer

__all__ = ["run_server"]

#: Seconds for which requests are still taken after a signal to end, and for which what was taken may last then.
LINGER_SECONDS, FINISH_SECONDS = 5.0, 60
#: Seconds that a connection without a request has when the server ends: one may be on its way.
FIRST_SECONDS = 1.0
#: Looks in a row (ten a second) at which no request may be under way before connections are closed.
QUIET_LOOKS = 3
LOGGERS = ("scoreline.serve", "uvicorn", "asyncio")


class _Protocol(BoundedProtocol):
    """Systems allow a process 1,024 files at the least that serve."""

    most = 768

    def shutdown(self) -> None:
        """Close the connection when its request is answered; a new one has a moment for its first."""
        if self.cycle is None:
            self.loop.call_later(FIRST_SECONDS, super().shutdown)
        else:
            super().shutdown()


class _Server(BoundedServer):
    """A server that SIGTERM and SIGHUP end gently: it says that it ends, and takes requests until none comes.

    Ctrl-C ends it without taking more, and a second one at once.
    """

    def __init__(self, settings: uvicorn.Config, service: Service, ready: Callable[[], object]) -> None:
        super().__init__(settings)
        self._service, self._ready = service, ready
        self.signal = 0
        self._close_at = 0.0
        self._quiet = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            hang_up = getattr(signal, "SIGHUP", None)
            before = signal.getsignal(hang_up) if hang_up else None
            if hang_up and before is not signal.SIG_IGN:  # nohup ignores the end of a terminal
                signal.signal(hang_up, self.handle_exit)
            try:
                yield
            finally:
                if hang_up:
                    signal.signal(hang_up, before)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        if self.signal:
            self.should_exit, self.force_exit = True, sig == signal.SIGINT
            return
        self.signal, self._service.draining = sig, True
        self._close_at = time.monotonic() + LINGER_SECONDS
        self.should_exit = sig == signal.SIGINT

    async def on_tick(self, counter: int) -> bool:
        if self.signal and not self.should_exit:
            busy = any(not getattr(one, "waiting", True) for one in self.server_state.connections)
            self._quiet = 0 if busy else self._quiet + 1
            self.should_exit = self._quiet >= QUIET_LOOKS or time.monotonic() >= self._close_at
        return await super().on_tick(counter)


def run_server(app: Gate, service: Service, listening: socket.socket, ready: Callable[[], object]) -> int:
    """Serve on a socket until a signal ends it; return the signal's number.

    Parameters
    ----------
    app, service
        The application and the service that it calls.
    listening : socket
    ready : callable
        Called as soon as requests are answered.
    """
    settings = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,  # the gate has a line for each request
        server_header=False,
        lifespan="on",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = _Server(settings, service, ready)
    with listening, _json_lines():
        server.run([listening])
    return server.signal


@contextmanager
def _json_lines() -> Iterator[None]:
    """Write the log to standard error, a JSON object a line."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine())
    kept = [(logger, logger.level, logger.propagate) for logger in map(logging.getLogger, LOGGERS)]
    for logger, _, _ in kept:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO if logger.name == "scoreline.serve" else logging.ERROR)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, level, propagate in kept:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate


class JsonLine(logging.Formatter):
    """A record as one JSON object: time, level, event, and the facts that come with it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{when}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": shortened(record.getMessage().strip()),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line["error"] = shortened(f"{type(error).__name__}: {error}")
            line["trace"] = self.formatException(record.exc_info)[-4000:]
        return json.dumps(line)
