from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from django.core.management import call_command

from feedback.backoffice.models import Invitation
from offers.models import Customer, Offer, SourceFile
from reminders.models import FollowUp
from tests.make import make_user
from tests.offers.imports import import_folders
from tests.offers.mails import DAVID, make_folder, write_file, write_mail

pytestmark = pytest.mark.django_db
State = SourceFile.State


def test_the_mails_that_david_wrote_become_offers(tmp_path: Path) -> None:
    for file in DAVID.glob("*.eml"):
        write_file(tmp_path, file.name, file.read_bytes())
    salesperson = make_user(email="P.Vogt@muster-metallbau.example")
    folder = make_folder(tmp_path)
    import_folders([folder])
    states = dict(SourceFile.objects.values_list("name", "state"))
    assert states == {
        "offer_2000s_ut_date.eml": State.OFFER,
        "offer_2020s_8bit.eml": State.OFFER,
        "offer_2020s_two_recipients_pdf.eml": State.OFFER,
        "follow_up_counted_reply.eml": State.FOLLOW_UP,
    }
    offer = Offer.objects.get(number="AN-2026-0815")
    assert offer.customer.name == "Jürg Bühler"
    assert offer.salesperson == salesperson
    assert offer.contacted_at is not None
    assert Invitation.objects.count() == FollowUp.objects.count() == Customer.objects.count() == 3


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
    write_mail(tmp_path, "a.eml", subject="Angebot 4711")
    import_folders([folder])
    before = list(SourceFile.objects.values()), list(Offer.objects.values())
    assert import_folders([folder]).stored == 0
    assert (list(SourceFile.objects.values()), list(Offer.objects.values())) == before


def test_an_import_each_minute_keeps_no_garbage_of_a_long_lived_worker(tmp_path: Path) -> None:
    class Knot:
        """Garbage that only the collector finds."""

        def __init__(self) -> None:
            self.itself = self

    folder = make_folder(tmp_path)
    write_mail(tmp_path, "a.eml", subject="Angebot 4711")
    gc.collect(1)
    gone = weakref.ref(Knot())
    import_folders([folder])
    gc.collect(1)  # as it runs by itself all the time; a full collection is rare
    assert gone() is None


def test_the_command_adds_an_unknown_folder_and_sums_up(tmp_path: Path) -> None:
    write_mail(tmp_path, "a.eml", subject="Angebot 4711")
    assert "1" in call_command("import_offers", folder=str(tmp_path))
    assert Offer.objects.get().number == "4711"
