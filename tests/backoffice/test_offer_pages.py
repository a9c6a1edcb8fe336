from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from openpyxl import Workbook
from pytest_django import DjangoAssertNumQueries

from crm.accounts.models import User
from crm.backoffice.timeline import build_timeline
from feedback.backoffice.models import Invitation
from offers.models import Contact, Customer, MailFolder, Offer, SourceFile
from offers.status import note_contact
from tests.make import make_customer, make_offer, make_user
from tests.offers.imports import import_folder
from tests.offers.mails import make_folder, write_mail

State = SourceFile.State


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(make_user(is_superuser=True, language="en"))
    return client


@pytest.fixture
def folder(tmp_path: Path, db: None) -> MailFolder:
    return make_folder(tmp_path)


def import_mail(folder: MailFolder, name: str = "x.eml", **fields: object) -> SourceFile:
    write_mail(Path(folder.path), name, **fields)
    import_folder(folder)
    return SourceFile.objects.get(name=name)


def page(client: Client, path: str) -> str:
    response = client.get(f"/admin/offers/{path}")
    assert response.status_code == 200
    return response.content.decode()


def act(client: Client, file: SourceFile, name: str, **data: str) -> None:
    """Press an action on the page of a file and confirm its dialog."""
    response = client.post(
        f"/admin/offers/sourcefile/{file.pk}/{name}/", {**data, "_form_submitted": "True"}
    )
    assert "HX-Redirect" in response.headers, response.content.decode()
    file.refresh_from_db()


@pytest.mark.parametrize("model", ["offer", "customer", "mailfolder", "sourcefile"])
def test_each_list_opens_with_a_bounded_number_of_queries(
    staff: Client,
    folder: MailFolder,
    model: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(30):
        write_mail(
            Path(folder.path),
            f"{number}.eml",
            subject=f"Angebot 47{number:02}",
            to=f"k{number}@k.example",
        )
    import_folder(folder)
    with django_assert_max_num_queries(25):
        page(staff, f"{model}/")


@pytest.mark.parametrize(
    "query", ["?to_do=replied", "?to_do=check", "?to_do=bounced", "?q=4711", "?q=kunde", "?q=%00"]
)
def test_the_list_of_offers_can_be_searched_and_filtered(staff: Client, query: str) -> None:
    make_offer()
    page(staff, f"offer/{query}")


def test_a_search_for_a_number_finds_what_begins_like_it(staff: Client) -> None:
    make_offer(number="AN-2026-0815")
    make_offer(number="B-1")
    found = page(staff, "offer/?q=an-2026")
    assert "AN-2026-0815" in found
    assert "B-1" not in found


def test_the_page_of_an_offer_shows_its_timeline_and_where_it_was_read(
    staff: Client, folder: MailFolder
) -> None:
    offer = import_mail(folder).offer
    assert offer is not None
    note_contact(offer, at=offer.sent_at, by=None, note="Rief an.\n<b>Zufrieden.</b>")
    found = page(staff, f"offer/{offer.pk}/change/")
    assert ">edit_note</span>" in found
    assert "Rief an.<br>&lt;b&gt;Zufrieden." in found
    assert "number: Subject" in found


def test_the_button_that_deletes_is_in_german_word_order_and_leads_back_to_the_filtered_list(
    staff: Client,
) -> None:
    User.objects.update(language="de")
    filters = "_changelist_filters=status__exact%3Dopen"
    found = page(staff, f"offer/{make_offer().pk}/change/?{filters}")
    [link] = re.findall(r'href="([^"]+)"[^>]*>\s*Angebot löschen\s*</a>', found)
    response = staff.post(link.replace("&amp;", "&"), {"post": "yes"})
    assert response.headers["Location"] == "/admin/offers/offer/?status__exact=open"
    assert not Offer.objects.exists()


@pytest.mark.django_db
def test_the_newest_event_comes_first() -> None:
    offer = make_offer()
    for day in (1, 2):
        offer.contacts.create(at=datetime(2026, 9, day, tzinfo=UTC), note=str(day))
    assert [event.detail for event in build_timeline(offer)][:2] == ["2", "1"]


def test_an_offer_added_by_hand_gets_a_link(staff: Client) -> None:
    customer = make_customer()
    data = {
        "number": "P-1",
        "customer": customer.pk,
        "sent_at_0": "2026-09-01",
        "sent_at_1": "09:00:00",
    }
    data |= {
        "currency": "CHF",
        "language": "de",
        "subject": "",
        "amount": "",
        "note": "",
        "salesperson": "",
    }
    response = staff.post("/admin/offers/offer/add/", with_empty_inlines(staff, data))
    assert response.status_code == 302, errors(response)
    offer = Offer.objects.get()
    assert (offer.source, offer.first_sent_at) == (Offer.Source.MANUAL, offer.sent_at)
    assert Invitation.objects.get().offer == offer


def with_empty_inlines(client: Client, data: dict[str, object]) -> dict[str, object]:
    formsets = client.get("/admin/offers/offer/add/").context["inline_admin_formsets"]
    for formset in formsets:
        prefix = formset.formset.prefix
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data


def errors(response: object) -> object:
    return response.context["errors"] if response.context else response  # type: ignore[attr-defined]


def test_a_number_that_the_customer_has_is_refused_beside_the_field(staff: Client) -> None:
    offer = make_offer(number="P-1")
    data = {
        "number": "p-1",
        "customer": offer.customer.pk,
        "sent_at_0": "2026-09-01",
        "sent_at_1": "09:00:00",
    }
    response = staff.post(
        "/admin/offers/offer/add/", with_empty_inlines(staff, {**data, "currency": "EUR"})
    )
    assert "already has an offer" in response.content.decode()


def test_a_contact_is_noted_and_shown(staff: Client) -> None:
    offer = make_offer()
    response = staff.post(
        f"/admin/offers/offer/{offer.pk}/note_contact/",
        {"note": "Ruft zurück", "_form_submitted": "True"},
    )
    assert "HX-Redirect" in response.headers
    offer.refresh_from_db()
    assert offer.contacted_at is not None
    assert Contact.objects.get().note == "Ruft zurück"
    assert "Ruft zurück" in page(staff, f"offer/{offer.pk}/change/")


def test_a_new_address_of_a_customer_has_not_bounced(staff: Client) -> None:
    customer = make_customer(bounced_at=timezone.now(), bounce_detail="5.1.1")
    bounced = timezone.localtime(customer.bounced_at)
    data = {
        "email": "neu@kunde.example",
        "name": "x",
        "company": "",
        "language": "de",
        "note": "",
        "paused_until": "",
    }
    data |= {"opted_out_at_0": "", "opted_out_at_1": "", "bounced_at_0": f"{bounced:%Y-%m-%d}"}
    data |= {"own_plan-TOTAL_FORMS": "0", "own_plan-INITIAL_FORMS": "0"}
    response = staff.post(
        f"/admin/offers/customer/{customer.pk}/change/",
        {**data, "bounced_at_1": f"{bounced:%H:%M:%S}"},
    )
    assert response.status_code == 302, errors(response)
    assert Customer.objects.get().bounced_at is None


def test_a_mail_is_shown_as_text_and_nothing_runs(staff: Client, folder: MailFolder) -> None:
    body = (
        '<p>Guten <b>Tag</b></p><script>alert(1)</script><img src="https://evil.example/pixel.png">'
    )
    file = import_mail(
        folder,
        headers="Content-Type: text/html",
        body=body,
        subject="Angebot 4711 <script>x</script>",
    )
    found = page(staff, f"sourcefile/{file.pk}/change/")
    assert "Guten" in found
    assert "alert(1)" not in found
    assert "evil.example" not in found
    assert "<script>x" not in found


def test_a_mail_whose_file_is_gone_says_so(staff: Client, folder: MailFolder) -> None:
    file = import_mail(folder)
    (Path(folder.path) / "x.eml").unlink()
    assert "cannot be read" in page(staff, f"sourcefile/{file.pk}/change/")


def test_a_pattern_is_tried_on_the_newest_subjects(staff: Client, folder: MailFolder) -> None:
    import_mail(folder, subject="Vorgang 99")
    found = page(staff, f"mailfolder/{folder.pk}/try-pattern/?pattern=Vorgang+(%5Cd%2B)")
    assert "<td>99</td>" in found
    assert "1 of the newest 1" in found


@pytest.mark.parametrize("pattern", ["((", "((?:a|aa){40})b", "no group"])
def test_a_pattern_that_cannot_be_used_is_refused(
    staff: Client, folder: MailFolder, pattern: str
) -> None:
    response = staff.get(f"/admin/offers/mailfolder/{folder.pk}/try-pattern/", {"pattern": pattern})
    assert "The pattern cannot be used" in response.content.decode()
    data = {"name": "x", "path": "/x", "direction": "outgoing", "number_pattern": pattern}
    assert (
        "The pattern cannot be used"
        in staff.post("/admin/offers/mailfolder/add/", data).content.decode()
    )


def test_a_mail_to_check_becomes_an_offer_with_what_a_person_enters(
    staff: Client, folder: MailFolder
) -> None:
    file = import_mail(folder, subject="Ihr Angebot")
    act(staff, file, "make_offer", number="4711")
    assert (file.state, file.reason, file.offer) == (
        State.OFFER,
        SourceFile.Reason.BY_PERSON,
        Offer.objects.get(),
    )
    assert Offer.objects.get().customer.email == "buehler@kunde-eins.example"
    assert Invitation.objects.exists()


def test_a_mail_without_certain_recipient_needs_a_person_to_name_one(
    staff: Client, folder: MailFolder
) -> None:
    file = import_mail(folder, to="a@eins.example, b@zwei.example")
    act(staff, file, "make_offer")
    assert file.state == State.REVIEW
    act(staff, file, "make_offer", email="b@zwei.example")
    assert Offer.objects.get().customer.email == "b@zwei.example"


def test_a_received_mail_can_be_given_to_an_offer(staff: Client, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, direction=MailFolder.Direction.INCOMING)
    file = import_mail(folder, sender="fremd@fremd.example", subject="Frage")
    offer = make_offer(number="AN-1")
    act(staff, file, "attach", number="an-1")
    offer.refresh_from_db()
    assert offer.replied_at == file.sent_at


def test_a_mail_to_check_can_be_ignored(staff: Client, folder: MailFolder) -> None:
    file = import_mail(folder, subject="Ihr Angebot")
    act(staff, file, "ignore_one")
    assert (file.state, file.reason) == (State.NOT_AN_OFFER, SourceFile.Reason.IGNORED)


def test_an_offer_cannot_be_ignored_by_mistake(staff: Client, folder: MailFolder) -> None:
    file = import_mail(folder)
    act(staff, file, "ignore_one")
    assert file.state == State.OFFER


@pytest.mark.parametrize("name", ["check_files_again", "make_offers", "ignore"])
def test_actions_on_the_list_count_what_they_did(
    staff: Client, folder: MailFolder, name: str
) -> None:
    file = import_mail(folder, subject="WG: Angebot 4711")
    data = {"action": name, "_selected_action": [file.pk]}
    response = staff.post("/admin/offers/sourcefile/", data)
    assert response.status_code == 302
    assert "1" in str(next(iter(get_messages(response.wsgi_request))))


def preview(client: Client, model: str, name: str, content: bytes, kind: int) -> object:
    upload = SimpleUploadedFile(name, content)
    return client.post(f"/admin/offers/{model}/import/", {"import_file": upload, "format": kind})


def confirm(client: Client, model: str, response: object) -> object:
    form = response.context["confirm_form"]  # type: ignore[attr-defined]
    return client.post(f"/admin/offers/{model}/process_import/", form.initial)


CSV = (
    "Angebotsnummer,E-Mail,Name,Firma,Datum,Betrag,Währung,Kontaktgrundlage\r\n"
    'A-1,Neu@Kunde.example,Jörg,Bühler AG,14.09.2026,"1.234,50",CHF,Bestandskunde\r\n'
    "A-2,neu@kunde.example,,,2026-09-15,,,\r\n"
)


@pytest.mark.parametrize(
    ("model", "content"),
    [
        ("offer", CSV),
        ("offer", CSV.replace("14.09.2026", "gestern")),
        ("customer", "E-Mail,Name,Nicht kontaktieren\r\nneu@kunde.example,Jörg,1\r\n"),
        ("customer", "E-Mail,Name\r\nkeine Adresse,Jörg\r\n"),
    ],
    ids=["offers", "offers with a mistake", "customers", "customers with a mistake"],
)
def test_form_and_preview_of_a_list_name_columns_as_the_pages_do(
    staff: Client, model: str, content: str
) -> None:
    pages = [
        staff.get(f"/admin/offers/{model}/import/"),
        preview(staff, model, "a.csv", content.encode(), 0),
    ]
    texts = [strip_tags(page.content.decode()) for page in pages]  # type: ignore[attr-defined]
    for text in texts:
        assert "E-mail" in text
        for column in ("number_key", "sent_at", "do_not_contact", "contact_basis", "salesperson"):
            assert column not in text


def test_offers_are_imported_from_csv_after_a_preview(staff: Client) -> None:
    response = preview(staff, "offer", "a.csv", CSV.encode(), 0)
    assert "A-1" in response.content.decode()  # type: ignore[attr-defined]
    assert not Offer.objects.exists()
    confirm(staff, "offer", response)
    offer = Offer.objects.get(number="A-1")
    assert (str(offer.amount), offer.currency, offer.source) == (
        "1234.50",
        "CHF",
        Offer.Source.UPLOAD,
    )
    assert (offer.first_sent_at, offer.contact_basis) == (
        offer.sent_at,
        Offer.ContactBasis.CUSTOMER,
    )
    assert (offer.customer.email, offer.customer.company) == ("neu@kunde.example", "Bühler AG")
    assert Invitation.objects.count() == Offer.objects.count() == 2


def test_a_list_adds_to_a_known_offer_and_leaves_the_rest(staff: Client) -> None:
    sent_at = timezone.now() - timedelta(days=3)
    offer = make_offer(
        number="A-1", customer=make_customer(email="neu@kunde.example"), sent_at=sent_at
    )
    confirm(staff, "offer", preview(staff, "offer", "a.csv", CSV.encode(), 0))
    offer.refresh_from_db()
    assert (str(offer.amount), offer.sent_at, offer.source) == (
        "1234.50",
        sent_at,
        Offer.Source.MAIL,
    )


def test_a_wrong_cell_is_named_and_nothing_is_stored(staff: Client) -> None:
    wrong = (
        CSV.replace("14.09.2026", "morgen")
        .replace("1.234,50", "viel")
        .replace("Bestandskunde", "keine Ahnung")
    )
    found = preview(staff, "offer", "a.csv", wrong.encode(), 0).content.decode()  # type: ignore[attr-defined]
    assert "morgen" in found
    assert "keine Ahnung" in found
    assert not Offer.objects.exists()


GERMAN = CSV.replace(",", ";").replace('"1.234;50"', "1.234,50")


@pytest.mark.parametrize(
    "content",
    [
        GERMAN.encode("cp1252"),
        GERMAN.encode("utf-8-sig"),
        GERMAN.encode("utf-16"),
        f"sep=;\r\n{GERMAN}".encode(),
    ],
    ids=["windows-1252", "utf-8 with BOM", "utf-16", "sep line"],
)
def test_a_list_comes_as_a_german_spreadsheet_writes_it(staff: Client, content: bytes) -> None:
    confirm(staff, "offer", preview(staff, "offer", "a.csv", content, 0))
    offer = Offer.objects.get(number="A-1")
    assert (str(offer.amount), offer.customer.company) == ("1234.50", "Bühler AG")
    assert timezone.localtime(offer.sent_at).date() == date(2026, 9, 14)


def test_every_bad_row_of_a_list_is_told_in_a_sentence(staff: Client) -> None:
    rows = [
        "Angebotsnummer;E-Mail;Datum;Betrag;Verkäufer",
        ";a@b.example;14.09.2026;1;",
        "A-1;keine-adresse;14.09.2026;1;",
        "A-2;c@d.example;32.13.2026;1;",
        "A-3;e@f.example;14.09.2026;viel;",
        "A-4;g@h.example;14.09.2199;1;",
        "A-5;i@j.example;14.09.2026;1;niemand@hier.example",
        "A-6;k@l.example;14.09.2026;1;",
    ]
    found = preview(staff, "offer", "a.csv", "\r\n".join(rows).encode("cp1252"), 0).content.decode()  # type: ignore[attr-defined]
    for sentence in (
        "The offer number is missing.",
        "“keine-adresse” is no e-mail address of a customer.",
        "“32.13.2026” is no day. Write it as 14.09.2026.",
        "“viel” is no amount.",
        "“14.09.2199” has not come yet.",
        "Nobody here has the address “niemand@hier.example”. Add the person first.",
    ):
        assert sentence in found, sentence
    assert not Offer.objects.exists()
    assert not Customer.objects.exists()


def test_a_file_that_is_no_list_is_refused_with_a_sentence(staff: Client) -> None:
    for content, kind in ((b"\x00\xff\xfe" * 50, 0), (b"no zip", 1), (b"", 0)):
        assert preview(staff, "offer", "a.csv", content, kind).status_code == 200  # type: ignore[attr-defined]


def test_customers_are_imported_from_xlsx(staff: Client) -> None:
    book, stream = Workbook(), BytesIO()
    for row in (
        ["E-Mail", "Name", "Firma", "Sprache"],
        ["A@B.example", "Anna", "B AG", "Französisch"],
    ):
        book.active.append(row)
    book.save(stream)
    confirm(staff, "customer", preview(staff, "customer", "a.xlsx", stream.getvalue(), 1))
    customer = Customer.objects.get()
    assert (customer.email, customer.name, customer.company, customer.language) == (
        "a@b.example",
        "Anna",
        "B AG",
        "fr",
    )


def test_an_export_has_no_cell_that_runs(staff: Client) -> None:
    make_offer(
        subject="=1+1", customer=make_customer(company="@SUM(A1)", name="+cmd|' /C calc'!A0")
    )
    response = staff.post(
        "/admin/offers/offer/export/", {"format": 0, "resource": 0, **all_fields()}
    )
    cells = response.content.decode()
    assert "'=1+1" in cells
    assert "'@SUM(A1)" in cells
    assert "'+cmd" in cells


def all_fields() -> dict[str, str]:
    from offers.resources import OfferExportResource

    return {
        f"offerexportresource_{name}": "on" for name in OfferExportResource().get_export_order()
    }
