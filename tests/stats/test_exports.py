from __future__ import annotations

import csv
import io
from decimal import Decimal
from itertools import product

import openpyxl
import pytest
from django.utils import timezone

from crm.core.csv_safety import guard
from feedback.backoffice.models import Answer
from offers.models import Offer
from offers.resources import CustomerResource, OfferExportResource
from stats import exports
from stats.figures import counted_offers
from tests.make import make_customer, make_offer, make_user, make_year

pytestmark = pytest.mark.django_db
STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠", "﹦", "\u00a0="]
PAYLOADS = [
    start + body
    for start, body in product(STARTS, ["1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x";"y")'])
]
PAYLOADS += ["=1", "-1+1|cmd", "@SUM(1)", "+49 7621", '=";"', "=\n1", "\t", "\r", "\n", "=" * 50]
PAYLOADS += ["-", "+", "@", "=", "--1", "＝＝", "=A1;B2", "-2+3", '"=1"', "%00=1"]


def read_back(offers=None) -> list[list[str]]:  # type: ignore[no-untyped-def]
    offers = counted_offers() if offers is None else offers
    columns = exports.build_columns(with_salesperson=True)
    content = b"".join(exports.write_csv(columns, exports.read_rows(offers, columns)))
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_can_be_computed(payload: str) -> None:
    safe = guard(payload)
    assert safe.lstrip()[:1] not in tuple("=+-@＝＋－＠﹦")
    assert safe[:1] not in {"\t", "\r", "\n"}
    assert safe.removeprefix("'") == payload or safe == payload


def test_every_text_column_is_guarded_and_numbers_stay_numbers() -> None:
    bad = "=1+1"
    customer = make_customer(name=bad, company=bad)
    make_offer(number=bad, subject=bad, customer=customer, amount=Decimal("-12.50"), currency="EUR")
    head, row = read_back()
    assert [cell for cell in row if cell.startswith("=")] == []
    assert row.count("'=1+1") == 4
    assert "-12,50" in row
    assert len(head) == len(row)


def test_no_payload_in_any_text_column_is_computed_in_any_export() -> None:
    for number, payload in enumerate(PAYLOADS):
        customer = make_customer(email=f"k{number}@kunde.example", name=payload, company=payload)
        # What no form lets through as a user name may have come by a list or by SQL.
        salesperson = make_user(
            username=f"{payload}{number}", first_name=payload, last_name=payload
        )
        offer = make_offer(
            number=f"{payload}{number}",
            subject=payload,
            customer=customer,
            note=payload,
            salesperson=salesperson,
        )
        Answer.objects.create(
            offer=offer, kind="declined", comment=payload, answered_at=timezone.now()
        )
    columns = exports.build_columns(with_salesperson=True)
    file = io.BytesIO()
    exports.write_xlsx(columns, exports.read_rows(Offer.objects.all(), columns), file)
    offers, customers = OfferExportResource().export(), CustomerResource().export()
    tables = [read_back(Offer.objects.all()), list(offers), list(customers)]
    tables += [
        list(csv.reader(io.StringIO(table.csv, newline=""))) for table in (offers, customers)
    ]
    starts = (*"=+-@|＝＋－＠﹦", "\t", "\r", "\n")
    written = {cell for row in tables[0] for cell in row}
    assert {guard(f"{payload}{number}") for number, payload in enumerate(PAYLOADS)} <= written
    assert {column.title for column in columns} >= {"Kommentar", "Verkäufer"}
    for rows in tables:
        assert len(rows) >= len(PAYLOADS)
        assert [
            cell for row in rows for cell in row if str(cell).lstrip(" \u00a0").startswith(starts)
        ] == []
    for book in (file.getvalue(), offers.xlsx, customers.xlsx):
        cells = [cell for row in openpyxl.load_workbook(io.BytesIO(book)).active for cell in row]
        assert len(cells) > 3 * len(PAYLOADS)
        assert [cell.value for cell in cells if cell.data_type == "f"] == []


def test_amounts_below_zero_stay_numbers_in_the_list_of_the_office() -> None:
    make_offer(number="A-1", amount=Decimal("-12.50"))
    (row,) = OfferExportResource().export().dict
    assert str(row["amount"]).replace(",", ".") == "-12.50"


def test_a_thousand_real_rows_read_back_equal() -> None:
    texts = [
        "Ünïcödé; Straße",
        'Zitat "so"',
        "zwei\nZeilen",
        "Wagen\r\nRücklauf",
        "1,5; 2,5",
        "",
        "Ende ",
    ]
    for number, text in enumerate(texts * 143):
        make_offer(number=f"N{number}", subject=text, amount=Decimal(number) / 4 - 3)
    head, *rows = read_back()
    subject, amount, number = (
        head.index(str(name)) for name in ("Betreff", "Betrag", "Angebotsnummer")
    )
    by_number = {offer.number: offer for offer in Offer.objects.all()}
    assert len(rows) == len(by_number)
    for row in rows:
        offer = by_number[row[number]]
        assert row[subject] == offer.subject
        assert Decimal(row[amount].replace(",", ".")) == offer.amount


def test_the_file_begins_with_a_mark_and_no_separator_line() -> None:
    columns = exports.build_columns(with_salesperson=False)
    assert next(exports.write_csv(columns, [])).startswith("\ufeff".encode() + b"Angebotsnummer;")


def test_the_workbook_holds_numbers_times_and_harmless_text() -> None:
    make_offer(number="=1+1", subject="NUL\x01 weg", amount=Decimal("12.50"))
    columns = exports.build_columns(with_salesperson=False)
    file = io.BytesIO()
    exports.write_xlsx(columns, exports.read_rows(counted_offers(), columns), file)
    cells = {cell.value: cell for cell in openpyxl.load_workbook(file).active[2]}
    assert cells["=1+1"].data_type == "s"
    assert 12.5 in {float(value) for value in cells if isinstance(value, (int, float, Decimal))}
    assert "NUL weg" in cells


def test_more_rows_than_a_sheet_holds_get_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "ROWS_PER_SHEET", 3)
    make_year(8, now=timezone.now())
    columns = exports.build_columns(with_salesperson=False)
    file = io.BytesIO()
    exports.write_xlsx(columns, exports.read_rows(Offer.objects.all(), columns), file)
    assert [sheet.max_row for sheet in openpyxl.load_workbook(file).worksheets] == [4, 4, 3]
