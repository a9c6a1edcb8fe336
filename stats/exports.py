"""Export the offers of the figures as CSV for a German Excel and as XLSX, in little memory."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

from django.db import connection, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from crm.core.csv_safety import guard
from feedback.backoffice.models import Answer
from offers.models import Offer
from reminders.models import Reminder
from stats.figures import find_reasons

ROWS_PER_CHUNK = 500
ROWS_PER_SHEET = 1_048_575


@dataclass(frozen=True)
class Column:
    """A heading, the path of the value from the offer, and words for its codes."""

    title: str
    source: str
    words: Mapping[str, Any] | None = None


def build_columns(*, with_salesperson: bool) -> list[Column]:
    """Return the columns in their order, headings in the active language."""
    reasons = find_reasons()
    columns = [
        Column(_("Offer number"), "number"),
        Column(_("First sent"), "first_sent_at"),
        Column(_("Sent"), "sent_at"),
        Column(_("Subject"), "subject"),
        Column(_("Customer"), "customer__name"),
        Column(_("E-mail"), "customer__email"),
        Column(_("Company"), "customer__company"),
        Column(_("Amount"), "amount"),
        Column(_("Currency"), "currency"),
        Column(_("Status"), "status", dict(Offer.Status.choices)),
        Column(_("Status since"), "status_at"),
        Column(_("Status through"), "status_channel", dict(Offer.Channel.choices)),
        Column(_("First answer"), "answered_at"),
        Column(_("Customer's reason"), "customer_reason", reasons),
        Column(_("Salesperson's reason"), "salesperson_reason", reasons),
        Column(_("Comment"), "comment"),
        Column(_("Reminders sent"), "reminders_sent"),
    ]
    if with_salesperson:
        columns.append(Column(_("Salesperson"), "salesperson__username"))
    return columns


def read_rows(offers: QuerySet[Offer], columns: list[Column]) -> Iterator[list[Any]]:
    """Yield one list of values per offer, newest first, read in chunks."""
    commented = Answer.objects.filter(offer=OuterRef("pk"), dismissed_at=None).exclude(comment="")
    sent = Reminder.objects.filter(
        offer=OuterRef("pk"), state=Reminder.State.SENT, sent_at__isnull=False
    )
    number = sent.order_by().values("offer").annotate(number=Count("pk")).values("number")
    rows = offers.annotate(
        comment=Subquery(commented.order_by("-answered_at").values("comment")[:1]),
        reminders_sent=Subquery(number),
    )
    # The index of sent_at has this order, so that the first rows come without sorting all.
    return read_plain(rows.order_by("-sent_at", "-pk"), columns)


def read_plain(rows: QuerySet[Any], columns: list[Column]) -> Iterator[list[Any]]:
    """Yield one list of values per row of a query that has all sources of the columns."""
    sources = [column.source for column in columns]
    coded = [(place, column.words) for place, column in enumerate(columns) if column.words]
    # PostgreSQL computes all rows before the first one unless its cursor lives in a transaction,
    # which on SQLite would keep all others from writing.
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        for row in rows.values_list(*sources).iterator(chunk_size=2000):
            values = list(row)
            for place, words in coded:
                values[place] = str(words.get(values[place], ""))
            yield values


class _Encoder:
    """A file for `csv.writer`, whose `writerow` then returns the line as bytes."""

    write = staticmethod(str.encode)


def write_csv(columns: list[Column], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """Yield the file in pieces: UTF-8 with BOM, semicolons, decimal comma, local times.

    Numbers stay numbers; only text is guarded against formulas.
    """
    zone = timezone.get_current_timezone()

    def cell(value: Any) -> Any:
        if isinstance(value, str):
            return guard(value)
        if isinstance(value, datetime):
            return value.astimezone(zone).strftime("%d.%m.%Y %H:%M")
        if isinstance(value, (Decimal, float)):
            return str(value).replace(".", ",")
        return value

    writerow = csv.writer(_Encoder(), delimiter=";").writerow
    yield b"\xef\xbb\xbf" + writerow([column.title for column in columns])
    piece = []
    for row in rows:
        piece.append(writerow([cell(value) for value in row]))
        if len(piece) == ROWS_PER_CHUNK:
            yield b"".join(piece)
            piece.clear()
    if piece:
        yield b"".join(piece)


def write_xlsx(columns: list[Column], rows: Iterable[list[Any]], file: IO[bytes]) -> None:
    """Write a workbook to the file, of as many sheets as needed. Text never becomes a formula."""
    zone = timezone.get_current_timezone()
    book = Workbook(write_only=True)

    def cell(sheet: Any, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(zone).replace(tzinfo=None)
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("", value)
            if value.startswith("="):
                text = WriteOnlyCell(sheet, value)
                text.data_type = "s"
                return text
        return value

    sheet = None
    for number, row in enumerate(rows):
        if sheet is None or number % ROWS_PER_SHEET == 0:
            sheet = _add_sheet(book, columns)
        sheet.append([cell(sheet, value) for value in row])
    if sheet is None:
        _add_sheet(book, columns)
    book.save(file)


def _add_sheet(book: Workbook, columns: list[Column]) -> Any:
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([column.title for column in columns])
    return sheet
