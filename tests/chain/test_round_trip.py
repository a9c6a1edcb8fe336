"""The whole chain on real input: a mail file that David exported ends as a number on the
dashboard.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests

from tests.chain.office import Office, set_up_office, sign_in
from tests.public_service import PublicService, public_service
from tests.smtp_server import SmtpServer, smtp_server

ZURICH = ZoneInfo("Europe/Zurich")
# A Monday in the plan's year, three working days before the Thursday on which the reminder is due.
OFFERED_AT = datetime(2026, 9, 14, 9, 12, 40, tzinfo=ZURICH)
DUE_AT = datetime(2026, 9, 17, 9, 30, tzinfo=ZURICH)
NEXT_STEP_AT = datetime(2026, 9, 23, 9, 30, tzinfo=ZURICH)
DAVID = Path(__file__).parent.parent / "data" / "david"
OFFER = "offer_2020s_8bit.eml"
CUSTOMER, OTHER = "buehler@kunde-eins.example", "einkauf@kunde-zwei.example"
NUMBER = "AN-2026-0815"
SALESPERSON = "p.vogt@muster-metallbau.example"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "Accept-Language": "de-CH,de;q=0.8",
}


@pytest.fixture
def mail_server() -> Iterator[SmtpServer]:
    with smtp_server() as running:
        yield running


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    """The file that the public service has its time from."""
    return tmp_path / "clock"


@pytest.fixture
def public(tmp_path: Path, clock: Path) -> Iterator[PublicService]:
    # Hours later than the office: whoever answers within minutes of the mail is taken for a robot.
    clock.write_text(str(DUE_AT.timestamp() + 4 * 3600))
    settings = {"DJANGO_SETTINGS_MODULE": "crm.settings.test_public", "DEMO_CLOCK_FILE": str(clock)}
    with public_service(tmp_path, application="crm.demo.public_clock", **settings) as service:
        yield service


@pytest.fixture
def office(tmp_path: Path, public: PublicService, mail_server: SmtpServer) -> Office:
    return set_up_office(tmp_path, public, mail_server.port)


def answer(link: str, clock: Path, **choice: str) -> int:
    """Do what a customer does: open the form, read it, choose, send; return the status of the last
    page.
    """
    with requests.Session() as browser:
        browser.headers.update(BROWSER)
        page = browser.get(link, timeout=30)
        assert page.status_code == 200
        assert NUMBER in page.text
        stamp = re.search(r'name="stamp" value="([^"]+)"', page.text)
        assert stamp is not None
        # Whoever needs less than four seconds is taken for a robot too.
        clock.write_text(str(float(clock.read_text()) + 60))
        form = {"stamp": stamp.group(1), "website": "", **choice}
        assert browser.post(link, data=form, timeout=30).status_code == 200
        # A change of mind is shown what is on record.
        return browser.post(link, data=form | {"answer": "interested"}, timeout=30).status_code


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def find_link(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+/feedback/[0-9a-f-]{36}", text)
    assert found is not None, text
    return found.group()


def test_a_mail_file_ends_as_a_number_on_the_dashboard(
    office: Office, public: PublicService, mail_server: SmtpServer, clock: Path
) -> None:
    office.now = DUE_AT
    drop_two_offers(office)
    office.run("import_offers", "--folder", str(office.folder))
    assert "2 Links angemeldet" in office.run("sync_feedback")

    nothing_is_sent_while_the_public_service_is_down(office, public, mail_server)
    office.run("send_reminders")
    office.run("send_reminders")
    (reminder,), (other,) = mail_server.to(CUSTOMER), mail_server.to(OTHER)
    assert NUMBER in reminder["Subject"]

    office.now = NEXT_STEP_AT - timedelta(minutes=1)
    office.run("sync_feedback")
    link = find_link(text_of(reminder))
    assert (
        answer(
            link,
            clock,
            answer="declined",
            reason="price",
            comment="Wir haben 12 % günstiger gekauft.",
        )
        == 409
    )
    one_click = str(other["List-Unsubscribe"]).split("<")[-1].split(">")[0]
    assert (
        requests.post(one_click, data={"List-Unsubscribe": "One-Click"}, timeout=30).status_code
        == 200
    )

    office.now = NEXT_STEP_AT
    office.run("send_reminders")
    assert (len(mail_server.to(CUSTOMER)), len(mail_server.to(OTHER))) == (1, 1), (
        "Nobody may be reminded a minute after answering."
    )

    office.run("sync_feedback")
    (notice,) = mail_server.to(SALESPERSON)
    assert "Wir haben 12 % günstiger gekauft." in text_of(notice)
    assert "http://nachfass.test/admin/offers/offer/" in text_of(notice)

    the_dashboard_shows_it(office)
    the_vps_knows_nobody(public)
    the_log_names_nobody(office)


def drop_two_offers(office: Office) -> None:
    mail = (DAVID / OFFER).read_bytes()
    office.drop_mail(OFFER, mail, OFFERED_AT)
    other = mail.replace(NUMBER.encode(), b"AN-2026-0816").replace(
        CUSTOMER.encode(), OTHER.encode()
    )
    office.drop_mail("second.eml", other.replace(b"000232C3", b"000232C4"), OFFERED_AT)


def nothing_is_sent_while_the_public_service_is_down(
    office: Office, public: PublicService, inbox: SmtpServer
) -> None:
    public.stop()
    failed = office.attempt("sync_feedback")
    assert failed.returncode == 1
    assert public.url in failed.stderr
    assert "Traceback" not in failed.stderr
    office.now = DUE_AT + timedelta(hours=1)
    office.attempt("send_reminders")
    assert inbox.to(CUSTOMER) == []
    public.start()


def the_dashboard_shows_it(office: Office) -> None:
    with office.web() as url, requests.Session() as session:
        session.headers.update({"Accept-Language": "de"})
        sign_in(session, url)
        page = session.get(f"{url}/stats/?period=all", timeout=30)
        assert page.status_code == 200
        assert "Der Preis ist zu hoch" in page.text
        export = session.get(f"{url}/stats/export.csv?period=all", timeout=30)
    rows = list(csv.reader(io.StringIO(export.content.decode("utf-8-sig")), delimiter=";"))
    (row,) = [row for row in rows if NUMBER in row]
    assert len(rows) == 3
    assert {
        CUSTOMER,
        "abgesagt",
        "Der Preis ist zu hoch",
        "Wir haben 12 % günstiger gekauft.",
    } <= set(row), row


def the_vps_knows_nobody(public: PublicService) -> None:
    """The database of the VPS holds no name, address, subject or word of anybody."""
    path = public.env["DATABASE_URL"].removeprefix("sqlite:///")
    with sqlite3.connect(path) as database:
        dump = "\n".join(database.iterdump())
    database.close()
    for secret in (
        CUSTOMER,
        OTHER,
        "hler",
        NUMBER,
        "Stahltreppe",
        "Musterstrasse",
        "günstiger",
        "vogt",
    ):
        assert secret not in dump


def the_log_names_nobody(office: Office) -> None:
    """Each line is one item for a program, and none has a name, address, subject or word of
    anybody.
    """
    lines = [json.loads(line) for line in office.log]
    assert {"crm.core.jobs", "reminders.sending.run", "feedback.backoffice.receive"} <= {
        line["logger"] for line in lines
    }
    text = "\n".join(office.log)
    for secret in (CUSTOMER, OTHER, "hler", "Stahltreppe", "günstiger", SALESPERSON, "feedback/"):
        assert secret not in text
