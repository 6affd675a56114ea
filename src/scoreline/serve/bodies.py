"""From the body of a request to the bytes of its images: multipart forms, single files, and base64 in JSON."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from scoreline._text import shown
from scoreline.web.limits import Limits, RefusedError

__all__ = ["CONTENT", "KINDS", "ImagesInJson", "images_in", "reader_of"]

#: The field of a form that holds images.
FIELD = "images"
#: Kinds of bodies, for messages.
KINDS = (
    "multipart/form-data with files in the field 'images', one image as image/* or application/octet-stream, or \
application/json with base64 in the list 'images'"
)
#: Bytes of one text field of a form, of which none is wanted.
_TEXT_BYTES = 1024

Reader = Callable[[Request, AsyncIterator[bytes], Limits], Awaitable[list[bytes]]]


class ImagesInJson(BaseModel):
    """Image files in base64."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"example": {"images": ["iVBORw0KGgo="]}}
    )

    images: Annotated[
        list[str],
        Field(
            min_length=1, description="Image files in base64, with or without 'data:image/png;base64,' before it"
        ),
    ]


def reader_of(request: Request) -> Reader:
    """Return what reads the body of a request.

    Raises
    ------
    RefusedError
        The body is of a kind that is not read (415).
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise RefusedError(
            415,
            f"The body is encoded by {shown(coding)}",
            allowed="bodies as they are",
            fix="do not compress them",
        )
    reader = READERS.get(kind) or (_read_one if kind.startswith("image/") else None)
    if reader is None:
        raise RefusedError(415, f"The body is of the kind {shown(kind)}", allowed=KINDS, fix="set Content-Type")
    return reader


async def images_in(request: Request, chunks: AsyncIterator[bytes], limits: Limits, reader: Reader) -> list[bytes]:
    """Return the images of a request's body.

    Raises
    ------
    RefusedError
        There is none (422), there are too many (413), or the body is damaged (422).
    """
    images = await reader(request, chunks, limits)
    if not images or not any(images):
        raise RefusedError(422, "There is no image in the body", allowed=KINDS, fix="send at least one image")
    if len(images) > limits.images:
        raise _too_many(limits)
    return images


async def _read_one(request: Request, chunks: AsyncIterator[bytes], limits: Limits) -> list[bytes]:
    del request, limits
    return [b"".join([chunk async for chunk in chunks])]


async def _read_json(request: Request, chunks: AsyncIterator[bytes], limits: Limits) -> list[bytes]:
    (body,) = await _read_one(request, chunks, limits)
    # Tens of megabytes of text take their time, which the others need not wait for.
    return await asyncio.to_thread(_from_base64, body, limits)


def _from_base64(body: bytes, limits: Limits) -> list[bytes]:
    try:
        found = ImagesInJson.model_validate_json(body)
    except (ValidationError, RecursionError) as error:
        said = "it is nested too deeply"
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"][:2])
            said = f"{place}: {first['msg']}" if place else first["msg"]
        raise RefusedError(
            422,
            f"The JSON of the body is not as it should be: {shown(said)}",
            allowed='{"images": ["<base64>", ...]}',
            fix="send such an object",
        ) from None
    if len(found.images) > limits.images:
        raise _too_many(limits)
    return [_decoded(text, place) for place, text in enumerate(found.images)]


def _decoded(text: str, place: int) -> bytes:
    head, comma, rest = text.partition(",")
    try:
        return base64.b64decode(rest if comma and head.startswith("data:") else text, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(
            422,
            f"The text of image {place} is not base64",
            allowed="base64 without line breaks",
            fix="encode it again",
        ) from None


class _Form(MultiPartParser):
    """A parser that keeps files in memory, whose room is counted, and knows whether the form came whole."""

    whole = False

    def on_end(self) -> None:
        self.whole = True

    def close(self) -> None:
        """Give the memory of the files back."""
        for file in self._files_to_close_on_error:
            file.close()


async def _read_form(request: Request, chunks: AsyncIterator[bytes], limits: Limits) -> list[bytes]:
    form = _Form(
        request.headers,
        _generator(chunks),
        max_files=limits.images,
        max_fields=limits.images,
        max_part_size=_TEXT_BYTES,
    )
    form.spool_max_size = limits.body_bytes + 1
    try:
        return _files_of(form, await form.parse())
    except MultiPartException as error:
        if error.message.startswith("Too many"):
            raise _too_many(limits) from None
        raise _damaged(error.message.rstrip(".")) from None
    finally:
        form.close()


def _files_of(form: _Form, fields: FormData) -> list[bytes]:
    if not form.whole:
        raise _damaged("it ends before its last boundary")
    images = []
    for name, value in fields.multi_items():
        if name != FIELD or not isinstance(value, UploadFile):
            what = shown(name) if name != FIELD else "images as text"
            raise RefusedError(
                422,
                f"The form has a field {what}",
                allowed="files in fields named 'images'",
                fix="with curl: -F images=@cat.jpg",
            )
        images.append(value.file.read())  # from memory
    return images


async def _generator(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for chunk in chunks:
        yield chunk


def _damaged(what: str) -> RefusedError:
    return RefusedError(422, f"The form of the body is damaged: {what}", allowed=KINDS, fix="send it again")


def _too_many(limits: Limits) -> RefusedError:
    return RefusedError(
        413,
        f"There are more than {limits.images} images or fields in the body",
        allowed=f"{limits.images} images a request",
        fix="send several requests",
    )


READERS: dict[str, Reader] = {
    "multipart/form-data": _read_form,
    "application/json": _read_json,
    "application/octet-stream": _read_one,
}

#: The same for OpenAPI.
CONTENT: dict[str, Any] = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": [FIELD],
            "properties": {
                FIELD: {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
            },
            "additionalProperties": False,
        }
    },
    "application/json": {
        "schema": ImagesInJson.model_json_schema(),
        "example": {
            "images": [
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
            ]
        },
    },
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    "image/*": {"schema": {"type": "string", "format": "binary"}},
}
