"""Answers to requests for predictions, and the short way to them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from scoreline._text import shortened
from scoreline.serve.answers import answer_of
from scoreline.serve.batching import Answer, Asked
from scoreline.serve.bodies import images_in, reader_of
from scoreline.serve.service import Service
from scoreline.web.answers import as_json
from scoreline.web.limits import RefusedError, announced_length, body_chunks, holding

__all__ = ["PREDICT", "Shortcut", "predicted"]

#: The address.
PREDICT = "/predict"
#: Queries that are remembered, of so many characters at the most.
_QUERIES, _QUERY_LENGTH = 256, 100


class Shortcut:
    """The application, with a short way for requests that can be answered: routing takes longer than to classify.

    Whatever is not as it should be goes the ordinary way, where it is explained.

    Parameters
    ----------
    app : ASGI application
    service : Service
    """

    path = PREDICT

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        asked = None
        if scope["type"] == "http" and scope["path"] == PREDICT and scope["method"] == "POST":
            asked = _asked(scope["query_string"]) if len(scope["query_string"]) <= _QUERY_LENGTH else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = self
        response = await predicted(Request(scope, receive), asked, self._service)
        await response(scope, receive, send)


@lru_cache(_QUERIES)
def _asked(query: bytes) -> Asked | None:
    """Return what a query asks; None where it is none."""
    try:
        return Asked.model_validate(dict(parse_qsl(query.decode("ascii"), keep_blank_values=True)))
    except (ValidationError, ValueError):
        return None


async def predicted(request: Request, asked: Asked, service: Service) -> Response:
    """Return the response to a request for predictions."""
    try:
        with service.requests.hold(1):
            reader = reader_of(request)
            announced_length(request, service.limits.body_bytes)
            with holding(service.bodies) as held:
                chunks = body_chunks(request, service.limits, held)
                images = await images_in(request, chunks, service.limits, reader)
                request.state.facts["images"] = len(images)
                answers = await service.answer(images, asked)
    except RefusedError as error:
        headers = None if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        return JSONResponse({"detail": str(error)}, error.status, headers)
    return _response(answers, asked)


def _response(answers: list[Answer], asked: Asked) -> Response:
    found: dict[str, Any] = {"predictions": [answer_of(answer, asked) for answer in answers]}
    used = any(not answer.prediction.problem for answer in answers)
    if not used:
        found["detail"] = f"No image can be used: {shortened(answers[0].prediction.problem)}."
    return Response(as_json(found), 200 if used else 422, media_type="application/json")
