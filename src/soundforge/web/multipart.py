"""Read one file out of a multipart body as it arrives: never whole in memory, never twice on disk."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from python_multipart import MultipartParser
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import parse_options_header

from soundforge import errors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import Request
    from python_multipart.multipart import MultipartCallbacks

_MAX_HEADER_BYTES: Final = 16 * 1024
_MAX_FIELD_BYTES: Final = 4 * 1024


class FilePart:
    """The file of a multipart body, and the small fields that came before it.

    Args:
        request: A request whose body has not been read.
        field: Name of the file's field.
    """

    def __init__(self, request: Request, *, field: str) -> None:
        self._stream = request.stream()
        self._field = field
        self._parser = MultipartParser(_boundary(request), self._callbacks())
        self._chunks: deque[bytes] = deque()
        self._header_name = b""
        self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._has_ended = False
        self._value = b""
        self.file_name: str | None = None
        self.fields: dict[str, str] = {}

    async def open(self) -> None:
        """Read up to the file's first bytes, so that its name and earlier fields are known.

        Raises:
            errors.Invalid: There is no such file in the body (``file_missing``), or the body is
                not multipart (``multipart_invalid``).
        """
        while self.file_name is None and not self._has_ended:
            if not await self._feed():
                break
        if self.file_name is None:
            raise errors.Invalid(
                "file_missing",
                f"The body has no file in the field {self._field!r}.",
                f"Send multipart/form-data with the file in {self._field!r}.",
            )

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes as they arrive."""
        while True:
            while self._chunks:
                yield self._chunks.popleft()
            if self._has_ended or not await self._feed():
                break
        if not self._has_ended:
            raise _broken("The body ended in the middle of the file.")

    async def _feed(self) -> bool:
        try:
            part = await anext(self._stream)
            if part:
                self._parser.write(part)
        except StopAsyncIteration:
            return False
        except MultipartParseError as error:
            raise _broken("The body is not valid multipart/form-data.") from error
        return True

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
        }

    def _on_part_begin(self) -> None:
        self._headers = {}
        self._name = ""
        self._value = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._check_header()

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._check_header()

    def _check_header(self) -> None:
        if len(self._header_name) + len(self._header_value) > _MAX_HEADER_BYTES:
            raise _broken("A part's header is too long.")

    def _on_header_end(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = options.get(b"name", b"").decode(errors="replace")
        if self._is_file:
            if self.file_name is not None:
                raise _broken("The body has more than one file.")
            self.file_name = options.get(b"filename", b"").decode(errors="replace")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._chunks.append(data[start:end])
        elif len(self._value) + end - start > _MAX_FIELD_BYTES:
            raise _broken("A field is too long.")
        else:
            self._value += data[start:end]

    def _on_part_end(self) -> None:
        if self._is_file:
            self._has_ended = True
        else:
            self.fields[self._name] = self._value.decode(errors="replace")

    @property
    def _is_file(self) -> bool:
        return self._name == self._field


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise errors.Invalid(
            "media_type_unsupported",
            "The body is not multipart/form-data.",
            "Send the file as a form field.",
        )
    return boundary


def _broken(sentence: str) -> errors.Invalid:
    return errors.Invalid("multipart_invalid", sentence, "Send the file again.")
