"""JSON bodies of bounded size, plain or compressed with gzip."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from feedback.public.api.errors import TooLargeError

# 1,000 links with cards of the maximum length take 4.3 MB.
MAX_BYTES = 5 * 1024 * 1024
# The value of `wbits` that makes zlib read the gzip format.
GZIP = 16 + zlib.MAX_WBITS


class BoundedJSONParser(BaseParser):
    """Reads and unpacks at most MAX_BYTES, so that a zip bomb cannot fill the memory."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise TooLargeError
        request = (parser_context or {})["request"]
        encoding = request.META.get("HTTP_CONTENT_ENCODING", "identity").lower()
        if encoding == "gzip":
            content = unpack(content)
        elif encoding != "identity":
            raise UnsupportedMediaType(
                encoding, detail=f"Content-Encoding {encoding[:30]!r} is not supported; use gzip."
            )
        try:
            return json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise ParseError("The body is not valid JSON in UTF-8.") from error


def unpack(content: bytes) -> bytes:
    """Return the unpacked content. Raises ParseError when damaged, TooLargeError over MAX_BYTES."""
    unpacker = zlib.decompressobj(GZIP)
    try:
        unpacked = unpacker.decompress(content, MAX_BYTES + 1)
    except zlib.error as error:
        raise ParseError("The body is not valid gzip.") from error
    if len(unpacked) > MAX_BYTES:
        raise TooLargeError
    if not unpacker.eof:
        raise ParseError("The gzip body ends too early.")
    return unpacked


def _refuse_constant(name: str) -> Any:
    # Python accepts NaN and Infinity, which JSON does not have and PostgreSQL does not store.
    raise ValueError(f"{name} is no JSON.")
