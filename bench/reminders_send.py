"""Sending reminders beside a bare smtplib loop and django-post-office.

`python -m bench.reminders_send [mails] [--rounds 3]`. All send the same mails to the same mail
server (`tests.smtp_server` in a process of its own, which forgets them), one after the other in one
run. Ours checks every block, builds the mail, claims it and commits the mark to the disk before
each DATA. The bare loop has ready bytes. post_office has its rows ready and runs its own command
with its default threads. On SQLite in a throw-away folder, on PostgreSQL where DATABASE_URL names a
database.
"""

from __future__ import annotations

import argparse
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from tests.servers import free_port, stop, wait_for_port

COUNT = 1_000
NOW = datetime(2026, 9, 15, 7, 30, tzinfo=UTC)
OURS, BARE, POST_OFFICE = "ours", "bare smtplib loop", "django-post-office"
SENDER = "angebote@muster-metallbau.example"


def fill(count: int) -> None:
    """Empty the database, then `add_due`."""
    from django.core.management import call_command

    from feedback.backoffice.models import Invitation
    from offers.models import Customer, Offer
    from reminders.models import FollowUp, Reminder

    call_command("migrate", verbosity=0)
    for model in (Reminder, FollowUp, Invitation, Offer, Customer):
        model._default_manager.all().delete()
    add_due(count)


def add_due(count: int) -> None:
    """Store offers of as many customers, each with a link that works and a first reminder that is
    due.
    """
    from crm.accounts.models import OwnCompany
    from feedback import links
    from feedback.backoffice.models import Invitation, SyncState
    from offers.models import Customer, Offer
    from reminders.models import FollowUp

    OwnCompany.objects.get_or_create(
        pk=1, defaults={"name": "Muster Metallbau AG", "legal_notice": "CHE-123.456.789"}
    )
    SyncState.objects.update_or_create(pk=1, defaults={"pulled_at": NOW})
    numbers = range(count)
    customers = [
        Customer(email=f"kunde{n}@kunde.example", name=f"Jörg Bühler {n}") for n in numbers
    ]
    Customer.objects.bulk_create(customers, batch_size=2000)
    sent_at = NOW - timedelta(days=5)
    offers = [
        Offer(
            number=f"AN-{n}", number_key=f"AN-{n}", customer=customers[n], subject=f"Ihr Angebot AN-{n}",
            message_id=f"<an-{n}@x.example>", sent_at=sent_at, first_sent_at=sent_at, sender_name="Petra Vogt",
            sender_email="p.vogt@muster-metallbau.example",
        )
        for n in numbers
    ]  # fmt: skip
    Offer.objects.bulk_create(offers, batch_size=2000)
    invitations = []
    for offer in offers:
        token = links.new_token()
        expires_at = NOW + timedelta(days=50)
        invitations.append(
            Invitation(
                offer=offer,
                token=token,
                digest=links.digest(token),
                expires_at=expires_at,
                registered_at=sent_at,
            )
        )
    Invitation.objects.bulk_create(invitations, batch_size=2000)
    due = [FollowUp(offer=offer, next_at=NOW, next_step=1, because="step_due") for offer in offers]
    FollowUp.objects.bulk_create(due, batch_size=2000)


def send_ours() -> None:
    """One run of the product."""
    from offers.models import Offer
    from reminders.sending.run import send_due

    sums = send_due(lambda: NOW)
    assert sums.sent == Offer.objects.count(), str(sums)


def write_mails(folder: Path) -> None:
    """Write mails like those that ours will send, ready for the bare loop."""
    from offers.models import Offer
    from reminders.mail.compose import build_example
    from reminders.mail.message import build_message
    from reminders.models import MailText

    text = MailText.objects.get(language="de", step=1)
    for offer in Offer.objects.select_related("customer"):
        mail = build_example(text, offer, now=NOW)
        (folder / f"{mail.recipient}.eml").write_bytes(build_message(mail))


def send_bare(folder: Path, port: int) -> float:
    """Send the ready mails in a bare loop over one connection; return the seconds it took."""
    mails = [(path.stem, path.read_bytes()) for path in sorted(folder.glob("*.eml"))]
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost") as smtp:
        for recipient, message in mails:
            smtp.sendmail(SENDER, [recipient], message)
    return time.perf_counter() - start


def queue_post_office(folder: Path) -> None:
    """Put the same mails into post_office's table."""
    from email import message_from_bytes, policy

    from django.core.management import call_command
    from post_office import mail

    call_command("migrate", verbosity=0)
    rows = []
    for path in sorted(folder.glob("*.eml")):
        parsed = message_from_bytes(path.read_bytes(), policy=policy.default)
        rows.append(
            {
                "sender": SENDER, "recipients": [path.stem], "subject": str(parsed["Subject"]),
                "message": parsed.get_body(("plain",)).get_content(),
                "html_message": parsed.get_body(("html",)).get_content(),
                "headers": {name: str(parsed[name]) for name in ("Auto-Submitted", "References", "List-Unsubscribe")},
            }
        )  # fmt: skip
    for start in range(0, len(rows), 500):
        mail.send_many(rows[start : start + 500])


def send_post_office() -> None:
    from django.core.management import call_command

    call_command("send_queued_mail", log_level=0)


def run_child(step: str, *arguments: str, environment: dict[str, str]) -> float:
    """Run a step in a process of its own and return how many seconds it says that it took."""
    command = [sys.executable, "-m", "bench.reminders_send", f"--{step}", *arguments]
    output = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return float(output.split()[-1])


def run(count: int, rounds: int) -> None:
    port = free_port()
    sink = subprocess.Popen([sys.executable, "-m", "tests.smtp_server", str(port)])
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as temporary:
        folder = Path(temporary)
        (folder / "mails").mkdir()
        environment = {
            **os.environ, "DJANGO_SETTINGS_MODULE": "crm.settings.test", "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "REMINDERS_PER_MINUTE": "0", "REMINDERS_MAX_PER_RUN": "1000000", "LOG_LEVEL": "ERROR",
            "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3"),
        }  # fmt: skip
        try:
            wait_for_port(port, sink)
            seconds = [
                run_round(count, folder / "mails", port, environment) for _round in range(rounds)
            ]
        finally:
            stop(sink)
    for what in seconds[0]:
        rate = count / median(each[what] for each in seconds)
        shares = [
            median(each[yardstick] / each[what] for each in seconds)
            for yardstick in (BARE, POST_OFFICE)
        ]
        print(
            f"  {what:32} {rate:6.0f} mails/s  {shares[0]:5.0%} of the bare loop  {shares[1]:5.2f} × post_office"
        )


def run_round(count: int, mails: Path, port: int, environment: dict[str, str]) -> dict[str, float]:
    """Let each send all mails once, and return how many seconds it took."""
    theirs = {**environment, "DJANGO_SETTINGS_MODULE": "bench.post_office_settings"}
    run_child("fill", str(count), environment=environment)
    run_child("write", str(mails), environment=environment)
    seconds = {BARE: run_child("bare", str(mails), str(port), environment=theirs)}
    seconds[OURS] = run_child("ours", environment=environment)
    run_child("queue", str(mails), environment=theirs)
    seconds[POST_OFFICE] = run_child("post-office", environment=theirs)
    return seconds


STEPS = {
    "fill": lambda count: fill(int(count)),
    "write": lambda folder: write_mails(Path(folder)),
    "ours": send_ours,
    "queue": lambda folder: queue_post_office(Path(folder)),
    "post-office": send_post_office,
}


def main(arguments: list[str]) -> None:
    step = arguments[0].removeprefix("--") if arguments else ""
    if step == "bare":
        print(send_bare(Path(arguments[1]), int(arguments[2])))
    elif step in STEPS:
        import django

        django.setup()
        start = time.perf_counter()
        STEPS[step](*arguments[1:])
        print(time.perf_counter() - start)
    else:
        parser = argparse.ArgumentParser()
        parser.add_argument("mails", type=int, nargs="?", default=COUNT)
        parser.add_argument("--rounds", type=int, default=3)
        options = parser.parse_args(arguments)
        print(f"== {options.mails} reminders, medians of {options.rounds} rounds")
        run(options.mails, options.rounds)


if __name__ == "__main__":
    main(sys.argv[1:])
