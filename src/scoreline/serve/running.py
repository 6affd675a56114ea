"""The running server: its end without a lost request, and its log as lines of JSON."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from types import FrameType

import uvicorn

from scoreline._text import shortened
from scoreline.serve.connections import Connection, take_no_more
from scoreline.serve.gate import Gate
from scoreline.serve.service import Service
from scoreline.web.connections import BACKLOG, BoundedServer
from scoreline.web.logs import logged

__all__ = ["SignalledServer", "connection_kind", "json_lines", "run_server", "server_of"]

#: Seconds for which requests are still taken after a signal to end, and for which what was taken may last then.
LINGER_SECONDS, FINISH_SECONDS = 5.0, 60
#: Looks in a row (ten a second) at which no request may be under way before connections are closed.
QUIET_LOOKS = 3
#: What writes to the log, and from which level on: the others errors only, for they quote what clients send.
LOGGED = {
    "scoreline.serve": logging.INFO,
    "uvicorn": logging.ERROR,
    "asyncio": logging.ERROR,
    "python_multipart": logging.ERROR,
}
_log = logging.getLogger("scoreline.serve")


class SignalledServer(BoundedServer):
    """A server that SIGTERM and SIGHUP end gently: it says that it ends, and takes requests until none comes.

    Ctrl-C ends it without taking more, and a second one at once.
    """

    def __init__(
        self, settings: uvicorn.Config, service: Service, listening: socket.socket, ready: Callable[[], object]
    ) -> None:
        super().__init__(settings)
        self._service, self._listening, self._ready = service, listening, ready
        self.signal = 0
        self._close_at = 0.0
        self._quiet = 0
        self._stopped = self._told = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer requests."""
        await super().startup(sockets)
        _log.info("ready")
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals for the duration of the context."""
        with super().capture_signals():
            # Other threads than the main one hear no signals.
            main = threading.current_thread() is threading.main_thread()
            hang_up = getattr(signal, "SIGHUP", None) if main else None
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
        self._close_at = time.monotonic() + (0 if sig == signal.SIGINT else LINGER_SECONDS)

    async def on_tick(self, counter: int) -> bool:
        """Look, ten times a second, whether it is time to end."""
        if self.signal and not self._told:
            self._told = True  # here, for a signal may come while another line is written
            _log.info("ending", extra={"facts": {"signal": signal.Signals(self.signal).name}})
        if self.signal and not self.should_exit:
            # At one look new connections are stopped, by the next those before have been accepted.
            self.should_exit = self._stopped
            busy = any(not getattr(one, "waiting", True) for one in self.server_state.connections)
            self._quiet = 0 if busy else self._quiet + 1
            if self._quiet >= QUIET_LOOKS or time.monotonic() >= self._close_at:
                take_no_more(self._listening)
                self._stopped = True
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

    def begun() -> None:
        # What was loaded stays: to look through it for garbage again and again would take tenths of seconds.
        gc.collect()
        gc.freeze()
        ready()

    server = server_of(app, service, listening, begun)
    server.run([listening])
    return server.signal


def server_of(
    app: Gate, service: Service, listening: socket.socket, ready: Callable[[], object]
) -> SignalledServer:
    """Return the server of `run_server`."""
    settings = uvicorn.Config(
        app,
        http=connection_kind(),
        ws="none",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,  # the gate has a line for each request
        server_header=False,
        lifespan="on",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    return SignalledServer(settings, service, listening, ready)


def connection_kind() -> type[asyncio.Protocol]:
    """Return the class of connections: with the fast parser where it is installed (extra ``serve``)."""
    if find_spec("httptools") is None:
        return Connection
    from scoreline.serve.fast_connection import FastConnection

    return FastConnection


def json_lines() -> AbstractContextManager[None]:
    """Write the log to standard error, a JSON object a line."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine())
    return logged(handler, LOGGED)


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
