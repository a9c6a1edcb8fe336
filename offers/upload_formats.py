"""The files of lists that people upload, as their spreadsheets write them."""

from __future__ import annotations

from typing import Any

import tablib
from import_export.formats.base_formats import CSV, XLSX
from tablib import Dataset

_DELIMITERS = ";,\t"


class SpreadsheetCsv(CSV):  # type: ignore[misc]
    """CSV as Excel writes it: semicolon, comma or tab; UTF-8, UTF-16 or windows-1252."""

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Dataset:
        text = _decode(in_stream).lstrip()
        first, _, rest = text.partition("\n")
        if first.startswith("sep="):
            text, first = rest, rest.partition("\n")[0]
        delimiter = max(_DELIMITERS, key=first.count)
        return tablib.import_set(text, format="csv", delimiter=delimiter)


IMPORT_FORMATS = [SpreadsheetCsv, XLSX]


def _decode(data: bytes) -> str:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
