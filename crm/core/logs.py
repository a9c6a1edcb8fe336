"""Log lines that programs can read: `key=value` pairs or JSON, as LOG_FORMAT says."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

FORMATS = ("text", "json")


class StructuredFormatter(logging.Formatter):
    """Formats a record as one line: time (UTC), level, logger, message and traceback."""

    def __init__(self, style: str = "text") -> None:
        super().__init__()
        if style not in FORMATS:
            raise ValueError(f"LOG_FORMAT is {style!r}. Set it to one of: {', '.join(FORMATS)}.")
        self.is_json = style == "json"

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        if self.is_json:
            return json.dumps(fields, ensure_ascii=False)
        return " ".join(f"{key}={_quote(value)}" for key, value in fields.items())


def _quote(value: str) -> str:
    """Return a plain word unchanged, and anything else as a JSON string."""
    if value and value.isprintable() and not set(value) & set(' ="'):
        return value
    return json.dumps(value, ensure_ascii=False)
