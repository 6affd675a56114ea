"""From the body of a request to the bytes of its images: multipart forms, single files, and base64 in JSON."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from scoreline._text import shown
from scoreline.web.limits import Limits, RefusedError

__all__ = ["CONTENT", "KINDS", "ImagesInJson", "images_in", "reader_of"]

#: The field of a form that holds images.
FIELD = b"images"
#: The kind of a part that is no file, which is also that of one that names none.
TEXT = b"text/"
#: Kinds of bodies, for messages.
KINDS = (
    "multipart/form-data with files in the field 'images', one image as image/* or application/octet-stream, or \
application/json with base64 in the list 'images'"
)
#: A grey pixel as a PNG file, in base64.
EXAMPLE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
#: Commas of JSON that are neither between images nor within them.
_MORE_COMMAS = 16
#: Bytes of JSON that are read at once: those of more take their time, which other requests need not wait for.
_FEW_BYTES = 1 << 16

Reader = Callable[[Request, AsyncIterator[bytes], Limits], Awaitable[list[bytes]]]


class ImagesInJson(BaseModel):
    """Image files in base64."""

    model_config = ConfigDict(strict=True, extra="forbid", json_schema_extra={"example": {"images": [EXAMPLE]}})

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
        given = (
            f"The body is of the kind {shown(kind)}" if kind else "The request does not say the kind of its body"
        )
        raise RefusedError(415, given, allowed=KINDS, fix="set Content-Type")
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
    if len(body) <= _FEW_BYTES:
        return _from_base64(body, limits)
    return await asyncio.to_thread(_from_base64, body, limits)


def _from_base64(body: bytes, limits: Limits) -> list[bytes]:
    # A value has a comma before it, and an image may have one within; of each that is wrong an error is kept.
    if body.count(b",") > 2 * limits.images + _MORE_COMMAS:
        raise _too_many(limits)
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


class _Form:
    """The files of a form, whose pieces are written to its `parser`."""

    def __init__(self, content_type: str, limits: Limits) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary")
        if not boundary:
            raise _damaged("its Content-Type has no boundary")
        self._limits = limits
        self._files: list[bytes] = []
        #: What stands in the form beside files of images; empty where nothing does.
        self._foreign = ""
        self._whole = False
        self._parts = 0
        self._pieces: list[bytes] | None = None
        self._header = [b"", b""]
        self._headers: dict[bytes, bytes] = {}
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._add_to_header(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._add_to_header(1, data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_part_data": self._add,
                "on_part_end": self._end_part,
                "on_end": self._end,
            },
        )

    def files(self) -> list[bytes]:
        """Return the files when all pieces have been written."""
        if not self._whole:
            raise _damaged("it ends before its last boundary")
        if self._foreign:
            raise RefusedError(
                422,
                f"The form has a field {self._foreign}",
                allowed="files in fields named 'images'",
                fix="with curl: -F images=@cat.jpg",
            )
        return self._files

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > self._limits.images:
            raise _too_many(self._limits)
        self._headers = {}

    def _add_to_header(self, place: int, piece: bytes) -> None:
        self._header[place] += piece

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _end_headers(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        options = parse_options_header(disposition)[1]
        if b"name" not in options:
            raise _damaged("a part of it has no name")
        named = options[b"name"] == FIELD
        # Some clients give a name as filename*= alone, which is not parsed, and others only the kind.
        kind = self._headers.get(b"content-type", TEXT).lower()
        is_file = b"filename" in disposition.lower() or not kind.startswith(TEXT)
        if named and is_file:
            self._pieces = []
        else:
            self._foreign = "images as text" if named else shown(options[b"name"].decode("utf-8", "replace"))
            self._pieces = None

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._pieces is not None:
            self._pieces.append(data[start:end])

    def _end_part(self) -> None:
        if self._pieces is not None:
            self._files.append(b"".join(self._pieces))

    def _end(self) -> None:
        self._whole = True


async def _read_form(request: Request, chunks: AsyncIterator[bytes], limits: Limits) -> list[bytes]:
    try:
        form = _Form(request.headers["content-type"], limits)
        async for chunk in chunks:
            form.parser.write(chunk)
    except FormParserError:
        raise _damaged("it has no boundary, or no headers, where one must be") from None
    return form.files()


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
                FIELD.decode(): {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
            },
            "additionalProperties": False,
        }
    },
    "application/json": {
        "schema": ImagesInJson.model_json_schema(),
        "example": {"images": [EXAMPLE]},
    },
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    "image/*": {"schema": {"type": "string", "format": "binary"}},
}
