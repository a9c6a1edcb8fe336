"""A backup that is a week old comes back: nobody gets a mail twice, nobody who answered since gets
one at all.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.translation import override

from crm.backoffice.changes import follow_changes
from crm.core.models import JobRun
from crm.operations.backups import make_backup, restore_backup
from feedback.backoffice.models import Answer, Invitation
from feedback.backoffice.sync import sync
from offers.models import Customer, MailFolder, Offer
from reminders.models import FollowUp, Reminder
from reminders.rules import Because
from reminders.services import release_hold
from tests.make import NOW, make_customer, make_due
from tests.public_service import PublicService, public_service
from tests.reminders.send import send
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(days=7)


@pytest.fixture(scope="module")
def running_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublicService]:
    with public_service(tmp_path_factory.mktemp("public")) as public:
        yield public


@pytest.fixture
def vps(running_service: PublicService, settings: Any) -> PublicService:
    settings.FEEDBACK_API_URL = running_service.url
    settings.REMINDERS_MAX_PER_RUN = 5000
    return running_service


def make_due_and_known(count: int) -> list[Offer]:
    """Offers with a due reminder, whose links the VPS knows."""
    offers = [make_due(customer=make_customer(name=f"Kunde {number}")) for number in range(count)]
    # The VPS lives in the present.
    Invitation.objects.update(expires_at=timezone.now() + timedelta(days=60), registered_at=None)
    sync(after_store=follow_changes)
    return offers


def answer(public: PublicService, offers: list[Offer], kind: str) -> None:
    digests = Invitation.objects.filter(offer__in=offers).values_list("digest", flat=True)
    choice = (
        {}
        if kind == "opted_out"
        else {"reason": "", "sealed_comment": "", "ask_again_on": None, "suspect": False}
    )
    public.give_answers({"digest": digest, "kind": kind, **choice} for digest in digests)


def read_contents(receiver: SmtpServer) -> Counter[tuple[str, str]]:
    """Who got which text how often. The texts of the steps differ, and each names its offer."""
    counter: Counter[tuple[str, str]] = Counter()
    for [recipient], mail in zip(receiver.recipients, receiver.mails, strict=True):
        counter[recipient, mail.get_body(("plain",)).get_content()] += 1
    return counter


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=pytest.mark.torture)])
def test_after_a_restore_nothing_goes_out_twice_and_who_answered_is_left_alone(
    vps: PublicService, receiver: SmtpServer, tmp_path: Path, count: int
):
    offers = make_due_and_known(count)
    path = make_backup(tmp_path / "backups", now=NOW, keep=3)
    for days in (0, 3, 6):
        send(NOW + timedelta(days=days))
    # Since the backup: two steps each, some answered and some opted out; the office knew and had
    # acknowledged it.
    answer(vps, offers[:3], "interested")
    answer(vps, offers[3:6], "opted_out")
    sync(after_store=follow_changes)
    before = read_contents(receiver)
    assert len(before) == 2 * count

    with time_machine.travel(LATER, tick=False):
        restore_backup(path)
        assert FollowUp.objects.due(LATER).count() == count - 6
        assert Answer.objects.filter(kind="interested").count() == 3
        assert Customer.objects.filter(opted_out_at__isnull=False).count() == 3
        assert send(LATER).because == Because.HELD
        assert release_hold(by=None, now=LATER)
    for days in (0, 1, 2, 7, 14, 28):
        send(LATER + timedelta(days=days))
    after = read_contents(receiver)
    assert max(after.values()) == 1
    late = {recipient for recipient, _text in after - before}
    assert late == {offer.customer.email for offer in offers[6:]}
    assert Reminder.objects.filter(step=3, state="sent").count() == count - 6


def test_the_register_of_the_vps_speaks_for_answers_that_are_gone(
    vps: PublicService, tmp_path: Path
):
    offers = make_due_and_known(3)
    path = make_backup(tmp_path / "backups", now=NOW, keep=3)
    with closing(sqlite3.connect(vps.env["DATABASE_URL"].removeprefix("sqlite:///"))) as database:
        digest = offers[0].invitations.get().digest
        changed = database.execute(
            "UPDATE feedback_public_registeredlink SET answered_at = '2026-09-16 08:00:00' WHERE digest = ?",
            [digest],
        )
        assert changed.rowcount == 1
        database.commit()
    restore_backup(path)
    assert FollowUp.objects.get(offer=offers[0]).because == Because.IN_REVIEW
    assert not FollowUp.objects.filter(offer__in=offers[1:], because=Because.IN_REVIEW).exists()


def test_sending_is_released_only_when_the_mails_since_the_backup_were_imported(
    vps: PublicService, tmp_path: Path
):
    make_due_and_known(1)
    MailFolder.objects.create(name="David", path="/export")
    restore_backup(make_backup(tmp_path / "backups", now=NOW, keep=3))
    with override("en"), pytest.raises(CommandError, match="imported first"):
        call_command("send_reminders", release=True)
    JobRun.objects.create(
        name="import_offers", started_at=timezone.now(), succeeded_at=timezone.now()
    )
    assert release_hold(by=None, now=timezone.now())
