"""The routes of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from scoreline._text import shortened, shown
from scoreline._version import __version__
from scoreline.serve.answers import ModelFacts, Predictions, Problem, State
from scoreline.serve.batching import Asked
from scoreline.serve.bodies import CONTENT
from scoreline.serve.gate import FAILED, Gate, Guard
from scoreline.serve.predict import PREDICT, Shortcut, predicted
from scoreline.serve.service import Service
from scoreline.web.guard import LocalHosts
from scoreline.web.theme import THEME

__all__ = ["create_app"]

STATIC = Path(__file__).parent / "static"
#: The files of the page by their addresses, with their kinds.
FILES = {
    "/": (STATIC / "page.html", "text/html; charset=utf-8"),
    "/page.js": (STATIC / "page.js", "text/javascript; charset=utf-8"),
    "/page.css": (STATIC / "page.css", "text/css; charset=utf-8"),
    "/theme.css": (THEME, "text/css; charset=utf-8"),
}
OPEN = frozenset({*FILES, "/healthz", "/readyz"})
DESCRIPTION = "Classes of images by a linear classifier. Every answer that is no success has a `detail` in words."
WHYS = {
    400: "the connection ended within the body",
    401: "the token is missing or wrong",
    403: "another host or origin",
    408: "the body came too slowly",
    413: "too many bytes or images",
    415: "a body of another kind, or a compressed one",
    422: "no image can be used, or the request is not as it should be",
    429: "too many requests or images wait; Retry-After says when to come again",
    503: "no answer in time; Retry-After says when to come again",
}
WHERE = "POST /predict, GET /model, /healthz, /readyz, /metrics and /openapi.json, and the page at /"
COUNTED = 'scoreline_requests_total{route="/predict",status="200"} 1.0\n'
#: For the description alone: the gate compares tokens.
BEARER = HTTPBearer(auto_error=False, description="The token in the file that the server was started with")
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Predictions | Problem if status == 422 else Problem, "description": why[0].upper() + why[1:]}
    for status, why in WHYS.items()
}


def create_app(service: Service, hosts: LocalHosts, token: str | None = None) -> Gate:
    """Return the server as a web application.

    Parameters
    ----------
    service : Service
    hosts : LocalHosts
        The names that requests may come for where there is no token.
    token : str, optional
        Must come with every request for data.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = FastAPI(
        dependencies=[] if token is None else [Security(BEARER)],
        title="scoreline serve",
        description=DESCRIPTION,
        version=__version__,
        docs_url=None,  # it loads its scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # behind a proxy it would send clients to an address of the server's own
        lifespan=lifespan,
    )
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _elsewhere)
    app.add_exception_handler(Exception, _failed)
    _serve_predictions(app, service)
    _serve_state(app, service)
    for address in FILES:
        app.add_api_route(address, _file, include_in_schema=False)
    return Gate(Shortcut(app, service), Guard(token, hosts, OPEN), service)


def _serve_predictions(app: FastAPI, service: Service) -> None:
    @app.post(
        PREDICT,
        summary="Classes of one image or several",
        response_model=Predictions,
        responses=PROBLEMS,
        openapi_extra={"requestBody": {"required": True, "content": CONTENT}},
    )
    async def predict(request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """Images that cannot be used have an `error` in place of a class; where none can be used, it is a 422."""
        return await predicted(request, asked, service)


def _serve_state(app: FastAPI, service: Service) -> None:
    @app.get("/model", summary="The model that answers", response_model=ModelFacts)
    async def model() -> ModelFacts:
        now = service.model.now
        saved, size = now.classifier.model, now.classifier.input.shape
        return ModelFacts(
            classes=list(saved.classes),
            features=saved.features,
            loss=saved.loss,
            temperature=saved.temperature,
            size=list(size),
            digest=now.digest,
        )

    @app.get("/healthz", summary="Whether the server lives")
    async def healthz() -> State:
        return State(status="alive")

    @app.get(
        "/readyz",
        summary="Whether new requests should come here",
        response_model=State,
        responses={503: {"model": Problem, "description": "The server is about to end"}},
    )
    async def readyz() -> Response:
        if service.draining:
            return JSONResponse({"detail": "The server is about to end."}, 503)
        return JSONResponse({"status": "ready"})

    @app.get(
        "/metrics",
        summary="What was counted, in the format of Prometheus",
        response_class=Response,
        responses={200: {"content": {CONTENT_TYPE_LATEST: {"schema": {"type": "string"}, "example": COUNTED}}}},
    )
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _file(request: Request) -> Response:
    path, kind = FILES[request.url.path]
    return FileResponse(path, media_type=kind)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - it was registered for these
    first = error.errors()[0]
    name, given = str(first["loc"][-1]), shown(first["input"])
    if first["type"] == "extra_forbidden":
        allowed = ", ".join(Asked.model_fields)
        detail = f"There is no parameter {shown(name)}. Allowed: {allowed}. To fix it: leave it out."
    else:
        detail = f"{name} is {given}. Allowed: {shortened(_what(str(first['msg'])))}. To fix it: change {name}."
    return JSONResponse({"detail": detail}, 422)


def _what(message: str) -> str:
    """Return what a message of pydantic's allows."""
    return message.removeprefix("Input should be ").partition(", unable to")[0]


async def _failed(_: Request, error: Exception) -> Response:
    del error  # the gate logs it
    return FAILED


async def _elsewhere(request: Request, error: Exception) -> Response:
    """Say what there is in place of an address, or of a method, that is not there."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it was registered for these
    path = shown(request.url.path)
    given = f"{request.method[:16]} is no method of {path}" if error.status_code == 405 else f"There is no {path}"
    detail = f"{given}. Allowed: {WHERE}. To fix it: use one of these."
    return JSONResponse({"detail": detail}, error.status_code, error.headers)
