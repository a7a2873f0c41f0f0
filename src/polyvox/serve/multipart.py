"""Multipart forms, read piece by piece: files go to the disk as they come, and are counted on the way."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BufferedWriter
from pathlib import Path
from typing import Any

from fastapi import Request
from pydantic import BaseModel
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from polyvox.serve.errors import ApiError
from polyvox.serve.jobs import Received
from polyvox.serve.names import safe_name

MOST_FIELDS = 64
FIELD_BYTES = 16_384
HEADER_BYTES = 8_192
MOST_PARTS = 1_000
FREE_BYTES = 256 << 20
"""So much of the disk stays free."""
_LOOK_EVERY = 32 << 20


@dataclass(slots=True)
class Form:
    """What a form held: values by name, and files that lie in the folder for incoming ones."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[Received] = field(default_factory=list)


@asynccontextmanager
async def receive_multipart(request: Request, folder: Path, most_files: int) -> AsyncIterator[Form]:
    """The form of a request; its files are deleted at the end unless they were moved away.

    Raises:
        ApiError: 400, 413, 415 or 507; nothing of the form is kept.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ApiError(415, "expected multipart/form-data", "send the file as a form with the part 'file'")
    reader = _Reader(folder, most_files)
    try:
        parser = MultipartParser(options[b"boundary"], reader.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
        if not reader.ended:
            raise ApiError(400, "the form breaks off")
        yield reader.form
    except MultipartParseError:
        raise ApiError(400, "the form is not well-formed multipart/form-data") from None
    finally:
        reader.clean_up()


class _Reader:
    """The callbacks of the parser."""

    def __init__(self, folder: Path, most_files: int) -> None:
        self.form = Form()
        self.ended = False
        self._folder = folder
        self._most_files = most_files
        self._parts = 0
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._name = ""
        self._file: BufferedWriter | None = None
        self._file_name = ""
        self._written = 0
        self._unlooked = 0

    def callbacks(self) -> Any:  # noqa: ANN401 - the parser's own type is private
        named: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._all_end,
        }
        return named

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise ApiError(413, f"a form may have {MOST_PARTS} parts")
        self._header = self._value = self._disposition = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._check_header()

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header) + len(self._value) > HEADER_BYTES:
            raise ApiError(400, "a header of a part of the form is too long")

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._value = b""
        if b"filename" not in options:
            return
        if len(self.form.files) >= self._most_files:
            raise ApiError(413, f"one request may hold {self._most_files} files", "send the rest later")
        self._file_name = safe_name(options[b"filename"].decode("utf-8", "replace"))
        self._file = (self._folder / secrets.token_hex(12)).open("xb")
        self._written = 0

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            self._value += data[start:end]
            if len(self._value) > FIELD_BYTES:
                raise ApiError(413, "a field of the form is too long")
            return
        self._file.write(data[start:end])
        self._written += end - start
        self._unlooked += end - start
        if self._unlooked > _LOOK_EVERY:
            self._unlooked = 0
            check_disk(self._folder)

    def _end(self) -> None:
        if self._file is None:
            if len(self.form.fields) >= MOST_FIELDS and self._name not in self.form.fields:
                raise ApiError(413, "the form has too many fields")
            self.form.fields.setdefault(self._name, []).append(self._value.decode("utf-8", "replace"))
            return
        self._file.close()
        self.form.files.append(Received(self._file_name, Path(self._file.name), self._written))
        self._file = None

    def _all_end(self) -> None:
        self.ended = True

    def clean_up(self) -> None:
        """Delete what came and was not taken."""
        paths = [received.path for received in self.form.files]
        if self._file is not None:
            self._file.close()
            paths.append(Path(self._file.name))
        for path in paths:
            path.unlink(missing_ok=True)


def check_disk(folder: Path) -> None:
    """Refuse to fill the disk.

    Raises:
        ApiError: 507, it is nearly full.
    """
    if hasattr(os, "statvfs"):
        facts = os.statvfs(folder)
        if facts.f_bavail * facts.f_frsize < FREE_BYTES:
            raise ApiError(507, "the server's disk is full", "delete something, or ask whoever runs it")


def multipart_body(part: str, fields: type[BaseModel] | None, *, several: bool) -> dict[str, Any]:
    """The request body in OpenAPI's terms: files under one name, and plain fields."""
    file = {"type": "string", "format": "binary"}
    schema = fields.model_json_schema() if fields else {}
    properties = dict(schema.get("properties", {}))
    properties[part] = {"type": "array", "items": file, "minItems": 1} if several else file
    inlined = {
        "type": "object",
        "properties": _plain(properties, schema.get("$defs", {})),
        "required": [part],
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": inlined}}}}


def _plain(value: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A JSON schema with its references written out."""
    if isinstance(value, list):
        return [_plain(one, definitions) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _plain(definitions[value["$ref"].rpartition("/")[2]], definitions)
    return {name: _plain(one, definitions) for name, one in value.items()}
