"""The drill: the office is lost and restored from a backup. Nobody is reminded twice, no answer is
lost.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.utils import timezone

from crm.operations.backups import make_backup, restore_backup
from crm.operations.health import examine
from feedback.backoffice.models import Answer
from offers.models import Customer, Offer
from reminders.services import release_hold
from tests.operations.machine import Machine, drop_offer
from tests.public_service import PublicService
from tests.smtp_server import SmtpServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.openssl]

OFFERED_AT = datetime(2026, 11, 30, 8, 12, tzinfo=UTC)
DUE_AT = datetime(2026, 12, 3, 8, 30, tzinfo=UTC)  # three working days later, 09:30 in Zurich
NEXT_STEP_AT = datetime(2026, 12, 9, 8, 30, tzinfo=UTC)
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "Accept-Language": "de-CH,de;q=0.8",
}


@pytest.fixture
def start() -> datetime:
    return DUE_AT - timedelta(hours=3)


def mails_to(inbox: SmtpServer, number: int) -> int:
    return len(inbox.to(f"kunde{number}@kunde{number}.example"))


def answer(machine: Machine, service: PublicService) -> None:
    """The first customer opens the link ten minutes after the mail, and is interested a minute
    later.
    """
    mail = machine.inbox.to("kunde1@kunde1.example")[0].get_body(("plain",)).get_content()
    token = re.search(r"/feedback/([0-9a-f-]{36})", mail).group(1)
    url = f"{service.url}/feedback/{token}"
    machine.move_to(machine.now + timedelta(minutes=10))
    page = requests.get(url, headers=BROWSER, timeout=30)
    stamp = re.search(r'name="stamp" value="([^"]+)"', page.text).group(1)
    machine.move_to(machine.now + timedelta(minutes=1))
    form = {"stamp": stamp, "website": "", "answer": "interested"}
    assert requests.post(url, data=form, headers=BROWSER, timeout=30).status_code == 200


def test_loss_restore_replay_release(
    machine: Machine,
    mail_folder: Path,
    tmp_path: Path,
    moved_service: tuple[PublicService, Path],
) -> None:
    for number in (1, 2, 3):
        drop_offer(mail_folder, OFFERED_AT, number)
    call_command("import_offers")
    call_command("sync_feedback")
    backup = make_backup(tmp_path / "elsewhere", now=timezone.now(), keep=3)

    machine.move_to(DUE_AT)
    call_command("send_reminders")
    assert [mails_to(machine.inbox, number) for number in (1, 2, 3)] == [1, 1, 1]
    answer(machine, moved_service[0])
    call_command("sync_feedback")
    assert Answer.objects.count() == 1

    call_command("flush", interactive=False, verbosity=0)
    assert not Customer.objects.exists()
    restore_backup(backup)
    assert Answer.objects.get().offer.status == Offer.Status.INTERESTED, (
        "The answer came back from the public service."
    )
    call_command("send_reminders")
    assert any(
        finding.name == "der Versand ist angehalten" and not finding.is_ok
        for finding in examine(machine.now)
    )

    machine.move_to(machine.now + timedelta(minutes=5))
    call_command("import_offers")
    assert release_hold(by=None, now=machine.now)
    call_command("send_reminders")
    assert [mails_to(machine.inbox, number) for number in (1, 2, 3)] == [1, 1, 1], (
        "Nobody is reminded twice."
    )

    machine.move_to(NEXT_STEP_AT)
    call_command("send_reminders")
    assert [mails_to(machine.inbox, number) for number in (1, 2, 3)] == [1, 2, 2], (
        "Only who answered is left alone."
    )
