from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from random import Random

import pytest
from django.conf import settings as live_settings

from crm.demo.load import LoadError, load
from crm.demo.mail_files import MailFile, Person, message_id
from crm.demo.planned_offers import draw_year
from crm.operations.secrets import env_lines, make_secrets
from feedback.backoffice.models import Answer, Invitation
from offers.models import Offer, SourceFile
from reminders.models import Reminder
from tests.make import make_offer
from tests.servers import free_port

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def demo_folder(tmp_path: Path, settings) -> Path:
    """A folder with the public service's env file and database, and an office that knows where it
    is.
    """
    secrets, port = make_secrets(), free_port()
    url = f"http://localhost:{port}"
    public = {
        **secrets.public,
        "DJANGO_SETTINGS_MODULE": "crm.settings.public",
        "DATABASE_URL": f"sqlite:///{tmp_path}/public.sqlite3",
        "STATIC_ROOT": str(tmp_path / "static"),
        "FEEDBACK_BASE_URL": url,
        "ALLOWED_HOSTS": "localhost",
        "SECURE_SSL_REDIRECT": "false",
        # What the tests set for the office must not reach the public service.
        "FEEDBACK_API_KEY": "",
    }
    (tmp_path / "public.env").write_text(env_lines(public), encoding="utf-8")
    (tmp_path / "office.env").write_text(
        env_lines(dict.fromkeys([*secrets.office, "DATABASE_URL"], "")), "utf-8"
    )
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(tmp_path / "public.env")}
    for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"]):
        manage = [sys.executable, "manage.py", *command]
        subprocess.run(manage, cwd=live_settings.BASE_DIR, env=environment, check=True)
    settings.FEEDBACK_BASE_URL = settings.FEEDBACK_API_URL = url
    settings.FEEDBACK_API_KEY = secrets.office["FEEDBACK_API_KEY"]
    settings.FEEDBACK_SEALING_PRIVATE_KEY = secrets.office["FEEDBACK_SEALING_PRIVATE_KEY"]
    settings.EMAIL_BACKEND = "crm.core.mail_backend.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "localhost", free_port()
    settings.REMINDERS_PER_MINUTE = 6000
    return tmp_path


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_year_goes_through_the_real_parts(demo_folder: Path):
    summary = load(demo_folder, offers=25, seed=7)
    assert summary.startswith(f"Done, {Offer.objects.count()} offers")
    assert (
        SourceFile.objects.filter(state=SourceFile.State.OFFER).count()
        == Offer.objects.count()
        >= 20
    )
    assert not SourceFile.objects.filter(
        state__in=[SourceFile.State.BROKEN, SourceFile.State.WAITING]
    ).exists()
    sent = [message_from_bytes(path.read_bytes()) for path in (demo_folder / "sent").glob("*.eml")]
    reminders = {mail["Message-ID"] for mail in sent if "X-Nachfass-Reminder" in mail}
    assert reminders == set(Reminder.objects.values_list("message_id", flat=True))
    assert set(Reminder.objects.values_list("state", flat=True)) == {Reminder.State.SENT}
    by_link = Answer.objects.filter(channel=Offer.Channel.LINK)
    assert by_link.filter(is_suspect=False).count() == by_link.count() > 5
    assert Offer.objects.exclude(amount=None).exists()
    assert not Invitation.objects.filter(registered_at=None).exists()


@pytest.mark.django_db
def test_it_is_never_loaded_into_an_office_in_use(tmp_path: Path):
    make_offer()
    with pytest.raises(LoadError, match="already holds offers"):
        load(tmp_path, offers=5, seed=1)


def test_the_same_seed_draws_the_same_year():
    assert draw_year(Random(3), now=NOW, offers=50) == draw_year(Random(3), now=NOW, offers=50)


def test_no_offer_is_sent_in_the_future_or_twice():
    year = draw_year(Random(3), now=NOW, offers=200)
    assert max(planned.at for planned in year) < NOW
    assert len({planned.number for planned in year}) == len(year)
    assert all(planned.customer.email.isascii() for planned in year)


def test_its_mails_have_davids_form():
    mail = MailFile(
        sender=Person("Petra Vogt", "p.vogt@muster-metallbau.example"),
        recipients=[Person("Jörg Bühler", "j@kunde.example")],
        subject="Angebot 4711 für Türen",
        sent_at=NOW,
        message_id=message_id(1, NOW),
        text="Grüße",
    ).content()
    assert b"\nX-David-Sym: 0\r\n" in mail
    assert b"J\xf6rg B\xfchler" in mail
    assert message_from_bytes(mail)["Date"].strip() == "Fri, 20 Nov 2026 12:00:00 +0000"


def test_a_port_that_is_taken_is_named_in_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "DEMO_PORT": str(port)}
        command = [sys.executable, "-m", "crm.demo.start"]
        result = subprocess.run(
            command,
            cwd=live_settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.startswith(f"Port {port} is taken by another program. Choose others")
    assert result.stderr.count("\n") == 1
