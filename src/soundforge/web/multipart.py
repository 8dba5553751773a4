"""Read one file out of a multipart body as it arrives: never whole in memory, never twice on disk."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request
    from python_multipart.multipart import MultipartCallbacks

_MAX_HEADER_BYTES: Final = 16 * 1024
_MAX_FIELD_BYTES: Final = 4 * 1024
_MAX_BOUNDARY_BYTES: Final = 70  # RFC 2046, 5.1.1
_MAX_FIELDS: Final = 16


class FilePart:
    """The file of a multipart body, and the small fields around it.

    Args:
        request: A request whose body has not been read.
        field: Name of the file's field.

    Attributes:
        file_name: The file's name as it was sent; None until `open` has returned.
        fields: The fields so far; all of them once `chunks` has ended.

    Raises:
        errors.Invalid: The body is not multipart (``media_type_unsupported``).
    """

    def __init__(self, request: Request, *, field: str) -> None:
        self._stream = request.stream()
        self._field = field
        self._parser = MultipartParser(_boundary(request), self._callbacks())
        self._chunks: deque[bytes] = deque()
        self._header_name = b""
        self._header_value = b""
        self._header_bytes = 0
        self._disposition = b""
        self._name = ""
        self._value = b""
        self._has_ended = False
        self.file_name: str | None = None
        self.fields: dict[str, str] = {}

    async def open(self) -> None:
        """Read up to the file's first bytes, so that its name and earlier fields are known.

        Raises:
            errors.Invalid: There is no such file in the body (``file_missing``), or the body is
                not multipart (``multipart_invalid``).
        """
        while self.file_name is None and not self._has_ended:
            await self._feed()
        if self.file_name is None:
            raise self._no_file()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes as they arrive; read the body to its end.

        Raises:
            errors.Invalid: The body breaks off, or has a second file (``multipart_invalid``).
        """
        while self._chunks or not self._has_ended:
            while self._chunks:
                yield self._chunks.popleft()
            if not self._has_ended:
                await self._feed()

    async def _feed(self) -> None:
        try:
            part = await anext(self._stream)
            if part:
                self._parser.write(part)
        except (StopAsyncIteration, ClientDisconnect):
            raise _broken("The body ended too early.") from None
        except MultipartParseError as error:
            raise _broken("The body is not valid multipart/form-data.") from error

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_part_begin(self) -> None:
        self._disposition = self._value = b""
        self._header_bytes = 0
        self._name = ""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_value += data[start:end]

    def _count_header(self, size_bytes: int) -> None:
        self._header_bytes += size_bytes
        if self._header_bytes > _MAX_HEADER_BYTES:
            raise _broken("A part's header is too long.")

    def _on_header_end(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode(errors="replace")
        if self._is_file:
            if self.file_name is not None:
                raise _broken("The body has more than one file; send one in each request.")
            self.file_name = options.get(b"filename", b"").decode(errors="replace")
        elif b"filename" in options:
            raise self._no_file()
        elif len(self.fields) >= _MAX_FIELDS:
            raise _broken("The body has too many fields.")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._chunks.append(data[start:end])
        elif len(self._value) + end - start > _MAX_FIELD_BYTES:
            raise _broken("A field is too long.")
        else:
            self._value += data[start:end]

    def _on_part_end(self) -> None:
        if not self._is_file:
            self.fields[self._name] = self._value.decode(errors="replace")

    def _on_end(self) -> None:
        self._has_ended = True

    @property
    def _is_file(self) -> bool:
        return self._name == self._field

    def _no_file(self) -> errors.Invalid:
        return errors.Invalid(
            "file_missing",
            f"The body has no file in the field {self._field!r}.",
            f"Send multipart/form-data with the file in {self._field!r}.",
        )


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= _MAX_BOUNDARY_BYTES:
        raise errors.Invalid(
            "media_type_unsupported",
            "The body is not multipart/form-data.",
            "Send the file as a form field.",
        )
    return boundary


def _broken(sentence: str) -> errors.Invalid:
    return errors.Invalid("multipart_invalid", sentence, "Send the file again.")
