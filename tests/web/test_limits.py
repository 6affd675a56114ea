"""What is left of a refused body is read while it comes, within bounds."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.requests import Request

from scoreline.web import limits


def left_after_discarding(pieces):
    """Discard a body of which only these pieces come; return those that were left."""
    pieces = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]

    async def receive():
        return pieces.pop(0) if pieces else await asyncio.Event().wait()

    async def discard():
        await limits.discard_body(Request({"type": "http", "headers": []}, receive))

    # In a thread of its own: a browser of other tests may keep an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(discard())).result()
    return len(pieces)


@pytest.mark.parametrize(
    ("bound", "value", "left"),
    [("_SILENT_SECONDS", 0.02, 0), ("_DISCARD_SECONDS", 0.0, 5), ("_DISCARD_BYTES", 25, 2)],
)
def test_each_bound_ends_it(monkeypatch, bound, value, left):
    monkeypatch.setattr(limits, "_SILENT_SECONDS", 0.02)
    monkeypatch.setattr(limits, bound, value)
    assert left_after_discarding([bytes(10)] * 5) == left
