"""Import lists of customers and offers from CSV or XLSX with a preview, and export them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from itertools import compress
from typing import Any

import tablib
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.formats.base_formats import XLSX, TablibFormat
from import_export.resources import ModelResource
from import_export.widgets import DecimalWidget, ForeignKeyWidget, NumberWidget, Widget
from tablib import Dataset

from crm.accounts.models import User
from crm.core.csv_safety import guard
from offers import new_offers
from offers.models import Customer, Language, Offer, number_key
from offers.services import take_up_mails

# The names that lists have for the columns, in lower case.
_NAMES = {
    "angebotsnummer": "number", "nummer": "number", "angebot": "number", "offer number": "number", "nr": "number",
    "e-mail": "email", "mail": "email", "e-mail-adresse": "email", "kunde": "name", "kundenname": "name",
    "ansprechpartner": "name", "firma": "company", "datum": "sent_at", "angebotsdatum": "sent_at", "date": "sent_at",
    "gesendet": "sent_at", "sent": "sent_at", "betreff": "subject", "betrag": "amount", "summe": "amount",
    "wert": "amount", "währung": "currency", "sprache": "language", "verkäufer": "salesperson", "notiz": "note",
    "nicht kontaktieren": "do_not_contact", "do not contact": "do_not_contact",
    "kontaktgrundlage": "contact_basis", "basis of contact": "contact_basis",
}  # fmt: skip


def text_of(value: Any) -> str:
    """Return a cell as text without blanks around it; an empty cell is an empty text."""
    return "" if value is None else str(value).strip()


class GuardedResource(ModelResource):
    """A list whose exported texts cannot become formulas in a spreadsheet."""

    def export_field(self, field: Field, instance: Any, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, **kwargs)
        # Numbers are written as texts too; a guard would make -5 a word.
        if isinstance(value, str) and not isinstance(field.widget, NumberWidget):
            return guard(value)
        return value


_LANGUAGES = {
    "deutsch": "de", "german": "de", "englisch": "en", "english": "en",
    "französisch": "fr", "français": "fr", "french": "fr",
    "italienisch": "it", "italiano": "it", "italian": "it",
}  # fmt: skip
_DELIMITERS = ";,\t"
_GERMAN_MOMENT = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,]+(\d{1,2}):(\d\d))?")


class AmountWidget(DecimalWidget):
    """Reads amounts as people write them: 1.234,50 or 1'234.50 or 1234.5."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        text = re.sub(r"[\s'’]|EUR|CHF|€", "", text_of(value))
        if not text:
            return None
        # The last separator is the decimal one; a comma without points is one too.
        if "," in text and ("." not in text or text.rfind(",") > text.rfind(".")):
            text = text.replace(".", "").replace(",", ".")
        else:
            text = text.replace(",", "")
        try:
            return Decimal(text)
        except InvalidOperation as error:
            raise ValueError(_("“%s” is no amount.") % value) from error


class MomentWidget(Widget):
    """Reads days and times: 14.09.2026, 14.09.2026 08:30, ISO 8601. A day alone means noon."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else _parse_moment(text_of(value))
        except ValueError as error:
            raise ValueError(_("“%s” is no day. Write it as 14.09.2026.") % value) from error
        if timezone.is_naive(moment):
            moment = timezone.make_aware(moment)
        if moment > timezone.now():
            raise ValueError(_("“%s” has not come yet.") % value)
        return moment.astimezone(UTC)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        if not value:
            return ""
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")


def _parse_moment(text: str) -> datetime:
    if german := _GERMAN_MOMENT.fullmatch(text):
        day, month, year, hour, minute = german.groups(default="")
        return datetime(int(year), int(month), int(day), int(hour or 12), int(minute or 0))  # noqa: DTZ001
    if day_alone := parse_date(text):
        return datetime.combine(day_alone, time(12))
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return moment


class ContactBasisWidget(Widget):
    """Reads a basis of contact by its code or as German lists name it."""

    _words = {
        "anfrage": "request",
        "bestandskunde": "customer",
        "einwilligung": "consent",
        "keine": "none",
    }

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        text = text_of(value).lower()
        code = self._words.get(text, text)
        if code and code not in Offer.ContactBasis.values:
            words = map(str.capitalize, self._words)
            known = ", ".join((*Offer.ContactBasis.values, *words))
            sentence = _("“%(value)s” is no basis of contact. Known are: %(known)s.")
            raise ValueError(sentence % {"value": value, "known": known})
        return code


class SalespersonWidget(ForeignKeyWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> User | None:
        try:
            found: User | None = super().clean(text_of(value), row, **kwargs)
        except User.DoesNotExist as error:
            sentence = _("Nobody here has the address “%s”. Add the person first.")
            raise ValueError(sentence % value) from error
        return found


class SpreadsheetCsv(TablibFormat):
    """CSV as Excel writes it: semicolon, comma or tab; UTF-8, UTF-16 or windows-1252."""

    TABLIB_MODULE = "tablib.formats._csv"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Dataset:
        text = _decode(in_stream).lstrip()
        first, _newline, rest = text.partition("\n")
        # Excel's own mark of the delimiter, which is no row.
        if first.startswith("sep="):
            text, first = rest, rest.partition("\n")[0]
        delimiter = max(_DELIMITERS, key=first.count)
        return tablib.import_set(text, format="csv", delimiter=delimiter)


IMPORT_FORMATS = [SpreadsheetCsv, XLSX]


def _decode(data: bytes) -> str:
    # Excel saves "Unicode text" as UTF-16 and "CSV" as windows-1252.
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


class UploadResource(GuardedResource):
    """A list that people upload; its preview names the columns as the pages do."""

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        headers = []
        for header in dataset.headers or []:
            name = text_of(header).lower().rstrip(":*")
            headers.append(_NAMES.get(name, name))
        dataset.headers = headers

    def get_user_visible_fields(self) -> list[Field]:
        fields = filter(_is_shown, self.get_import_fields())
        return [Field(column_name=self._label(field)) for field in fields]

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        fields = self.get_import_fields()
        # The preview leaves out columns that the list lacks, and those by which rows are found.
        shown = [_is_shown(field) and field.column_name in dataset.headers for field in fields]
        labels = {field.column_name: self._label(field) for field in compress(fields, shown)}
        result.diff_headers = list(labels.values())
        for row in result.rows:
            if row.diff:
                row.diff = list(compress(row.diff, shown))
        for invalid in result.invalid_rows:
            invalid.values = tuple(compress(invalid.values, shown))
            errors = invalid.error_dict.items()
            invalid.error_dict = {labels.get(name, name): texts for name, texts in errors}

    def _label(self, field: Field) -> str:
        model = self._meta.model
        if field.column_name in ("email", "name", "company"):
            model = Customer
        return capfirst(str(label_for_field(field.column_name, model)))


def _is_shown(field: Field) -> bool:
    return bool(field.column_name != "number_key")


class CustomerResource(UploadResource):
    """Customers, found by their address. Empty cells leave the stored value unchanged."""

    class Meta:
        model = Customer
        fields = ("email", "name", "company", "language", "do_not_contact", "note")
        import_id_fields = ("email",)
        skip_unchanged = True
        clean_model_instances = True

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        row["email"] = text_of(row.get("email")).lower()
        if "language" in row:
            row["language"] = _language(row["language"])

    def import_field(
        self, field: Field, instance: Any, row: dict[str, Any], is_m2m: bool = False, **kwargs: Any
    ) -> None:
        if row.get(field.column_name) not in (None, ""):
            super().import_field(field, instance, row, is_m2m, **kwargs)


class OfferImportResource(UploadResource):
    """Offers from a list. New ones get their customer; known ones get only missing values."""

    def __init__(self, after_store: new_offers.AfterStore, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._after_store = after_store

    number_key = Field(attribute="number_key")
    customer = Field(
        attribute="customer", column_name="email", widget=ForeignKeyWidget(Customer, "email")
    )
    # Shown; a new customer gets them before the offer is read.
    name = Field(attribute="customer__name", readonly=True)
    company = Field(attribute="customer__company", readonly=True)
    salesperson = Field(attribute="salesperson", widget=SalespersonWidget(User, "email__iexact"))
    sent_at = Field(attribute="sent_at", widget=MomentWidget())
    amount = Field(attribute="amount", widget=AmountWidget())
    contact_basis = Field(attribute="contact_basis", widget=ContactBasisWidget())

    class Meta:
        model = Offer
        fields = (
            "number_key", "customer", "name", "company", "number", "subject", "sent_at", "amount", "currency",
            "language", "salesperson", "contact_basis", "note",
        )  # fmt: skip
        import_id_fields = ("number_key", "customer")
        skip_unchanged = True
        clean_model_instances = True

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        self._stored: list[Offer] = []
        # Known customers are loaded once for all rows; rows are found by the key of the number.
        emails, keys = [], []
        for row in dataset.dict:
            emails.append(text_of(row.get("email")).lower())
            keys.append(number_key(text_of(row.get("number"))))
        self._people = new_offers.load_people(emails)
        dataset.append_col(keys, header="number_key")

    def before_import_row(self, row: dict[str, Any], **kwargs: Any) -> None:
        number, email = text_of(row.get("number")), text_of(row.get("email")).lower()
        if not number:
            raise ValidationError({"number": _("The offer number is missing.")})
        try:
            validate_email(email)
        except ValidationError as error:
            sentence = _("“%s” is no e-mail address of a customer.")
            raise ValidationError({"email": sentence % email}) from error
        row["number"], row["email"] = number, email
        row["language"] = _language(row.get("language"))
        customer = new_offers.find_or_build_customer(
            self._people,
            email=email,
            name=text_of(row.get("name")),
            company=text_of(row.get("company")),
            language=row["language"] or new_offers.find_language(text_of(row.get("subject"))),
        )
        if not customer.pk:
            customer.full_clean()
            customer.save()

    def import_field(
        self, field: Field, instance: Any, row: dict[str, Any], is_m2m: bool = False, **kwargs: Any
    ) -> None:
        is_empty = row.get(field.column_name) in (None, "")
        # An empty time of a new offer is read all the same, so that the row is refused.
        if is_empty and not (field.attribute == "sent_at" and not instance.pk):
            return
        # What the mails of a known offer said stays.
        if not (instance.pk and field.attribute in ("number", "subject", "sent_at", "language")):
            super().import_field(field, instance, row, is_m2m, **kwargs)

    def after_init_instance(
        self, instance: Offer, new: bool, row: dict[str, Any], **kwargs: Any
    ) -> None:
        if new:
            # Only so that the check of the row passes: the offer that is stored gets its own.
            instance.first_sent_at = timezone.now()

    def save_instance(
        self, instance: Offer, is_create: bool, row: dict[str, Any], **kwargs: Any
    ) -> None:
        if not is_create:
            super().save_instance(instance, is_create, row, **kwargs)
            Offer.objects.raise_version([instance])
            self._stored.append(instance)
            return
        offer = new_offers.build_offer(
            self._people,
            number=instance.number,
            email=instance.customer.email,
            sent_at=instance.sent_at,
            source=Offer.Source.UPLOAD,
            subject=instance.subject,
            salesperson=instance.salesperson,
            language=row["language"],
            amount=instance.amount,
            currency=instance.currency,
            contact_basis=instance.contact_basis,
            note=instance.note,
        )
        new_offers.store_offers([offer])
        instance.pk = offer.pk
        self._stored.append(offer)

    def after_import(self, dataset: Dataset, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        # Still in the transaction of the import, so that no offer is left without a plan.
        take_up_mails(self._stored, at=timezone.now())
        self._after_store(self._stored)


class OfferExportResource(GuardedResource):
    email = Field(attribute="customer__email")
    name = Field(attribute="customer__name")
    company = Field(attribute="customer__company")
    salesperson = Field(attribute="salesperson__email")
    sent_at = Field(attribute="sent_at", widget=MomentWidget())

    class Meta:
        model = Offer
        fields = (
            "number", "email", "name", "company", "subject", "sent_at", "amount", "currency", "language", "status",
            "salesperson", "contact_basis", "note",
        )  # fmt: skip
        export_order = fields


def _language(value: Any) -> str:
    text = text_of(value).lower()
    if text in Language.values:
        return text
    return _LANGUAGES.get(text, "")
