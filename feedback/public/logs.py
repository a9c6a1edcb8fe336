"""Mask tokens in log lines, because a reader of the log could answer for a customer."""

from __future__ import annotations

import logging
import re

from crm.core.logs import StructuredFormatter

# A token as in the link, percent-encoded, or without dashes.
_DASH = r"(?:-|%2[dD])"
_TOKEN = re.compile(rf"[0-9a-fA-F]{{8}}(?:{_DASH}?[0-9a-fA-F]{{4}}){{3}}{_DASH}?[0-9a-fA-F]{{12}}")
# Any other text at the token's position in a path: a damaged token still reveals most of one.
# The paths of our own source files in tracebacks are not masked.
_PATH = re.compile(r"(/feedback(?:/|%2[fF]))(?!public/|\w+\.py)[^\s/?#\"'<>]+")


def mask(text: str) -> str:
    """Return the text with dots instead of every token."""
    return _TOKEN.sub("…", _PATH.sub(r"\1…", text))


class MaskingFormatter(logging.Formatter):
    """Masks the formatted line, so that message, arguments and traceback are all covered."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class StructuredMaskingFormatter(MaskingFormatter, StructuredFormatter):
    """The same for the lines of this product."""
