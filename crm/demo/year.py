"""Play a year of the demo's company on a moved clock, through the product's own commands, pages and
services.

Nothing is written past them: mail files go into the watched folders and `import_offers` reads them;
`sync_feedback` registers the links with a running public service; `send_reminders` sends over SMTP;
customers open the link of the mail they got and send the form; staff records phone calls as the
admin does.
"""

from __future__ import annotations

import heapq
import logging
import re
from collections.abc import Callable
from datetime import datetime, time, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default as default_policy
from functools import partial
from io import StringIO
from itertools import count
from os import utime
from pathlib import Path
from random import Random

import requests
import time_machine
from django.core.management import call_command

from crm.demo import public_form, salespeople
from crm.demo.mail_files import MailFile, Person, delivery_failure, message_id
from crm.demo.planned_offers import ZONE, PlannedOffer, draw_answer, draw_year
from crm.demo.sample_data import REPLIES
from feedback.backoffice.models import Answer
from offers.models import Offer
from reminders.models import FollowUp, Reminder

logger = logging.getLogger(__name__)

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NUMBER = re.compile(r"AN-\d{4}-\d{4,}")
# The office works through its mails once a working day here, in the send window: a year has to pass
# in a minute.
ROUND = time(9, 5)


class Year:
    """Plays the events in the order of their time; an event may plan others.

    `folder` holds outgoing/, incoming/ and sent/. `decided` are the numbers of offers that a
    customer has answered, `seen` the names of the sent mails that customers have read.
    """

    def __init__(
        self, folder: Path, clock_file: Path, *, now: datetime, offers: int, seed: int
    ) -> None:
        self.folder, self.clock_file, self.now = folder, clock_file, now
        self.random = Random(seed)
        self.planned = draw_year(self.random, now=now, offers=offers)
        self.by_number = {planned.number: planned for planned in self.planned}
        self.message_ids: dict[str, str] = {}
        self.decided: set[str] = set()
        self.seen: set[str] = set()
        self.has_files = self.has_answers = False
        self.counter = count(0x000232C3)
        self.order = count()
        self.events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self.session = requests.Session()
        # A client that names neither itself nor its languages counts as a robot, and its answers as
        # suspect.
        self.session.headers.update({"User-Agent": BROWSER, "Accept-Language": "de-CH,de;q=0.9"})

    def play(self) -> str:
        """Play the whole year and return one sentence of sums."""
        for planned in self.planned:
            self.at(planned.at, partial(self.send_offer, planned))
        self.plan_rounds(self.planned[0].at)
        while self.events:
            moment, _order, act = heapq.heappop(self.events)
            self.set_clock(moment)
            with time_machine.travel(moment, tick=True):
                act(moment)
        self.set_clock(self.now)
        for job in ("import_offers", "sync_feedback", "plan_reminders", "send_reminders"):
            run_quietly(job)
        offers, answers = Offer.objects.count(), Answer.objects.count()
        reminders = Reminder.objects.filter(state=Reminder.State.SENT).count()
        return f"Done, {offers} offers, {reminders} reminders sent, {answers} answers."

    def set_clock(self, moment: datetime) -> None:
        """Tell the public service what time it is."""
        self.clock_file.write_text(str(moment.timestamp()), encoding="ascii")

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Plan an event; what would come after today is left to the person who tries the demo."""
        if moment < self.now:
            heapq.heappush(self.events, (moment, next(self.order), act))

    def plan_rounds(self, first: datetime) -> None:
        day = first.astimezone(ZONE).date()
        while day <= self.now.astimezone(ZONE).date():
            if day.weekday() < 5:
                self.at(datetime.combine(day, ROUND, ZONE), self.do_round)
            day += timedelta(days=1)

    def do_round(self, at: datetime) -> None:
        """Do what the schedules do where there is something to do, and let the customers read what
        was sent.
        """
        if at.weekday() == 0:
            run_quietly("plan_reminders")
            salespeople.finish_old_work(at)
        if self.has_files:
            run_quietly("import_offers")
        if self.has_files or self.has_answers:
            run_quietly("sync_feedback")
        self.has_files = self.has_answers = False
        if FollowUp.objects.filter(next_at__lte=at).exists():
            run_quietly("send_reminders")
        for path in sorted((self.folder / "sent").glob("*.eml")):
            if path.name not in self.seen:
                self.seen.add(path.name)
                self.receive(path, at)

    def send_offer(self, planned: PlannedOffer, at: datetime, *, suffix: str = "") -> None:
        """A salesperson sends an offer; David writes the mail into the outgoing folder."""
        salesperson = Person(planned.salesperson.name, planned.salesperson.email)
        identifier = message_id(next(self.counter), at)
        recipients = [planned.customer]
        if self.random.random() < 0.06:
            recipients.append(Person("Einkauf", f"einkauf@{planned.firm.domain}"))
        text = "Guten Tag\n\nanbei erhalten Sie unser Angebot. Für Fragen bin ich gerne für Sie da."
        self.write(
            "outgoing",
            MailFile(
                sender=salesperson,
                recipients=recipients,
                subject=planned.subject + suffix,
                sent_at=at,
                message_id=identifier,
                text=f"{text}\n\nFreundliche Grüsse\n{salesperson.name}",
                attachment=f"Angebot_{planned.number}.pdf",
            ),
        )
        self.message_ids[planned.number] = identifier
        if not suffix:
            self.plan_side_events(planned, at)
            if self.random.random() < 0.8:
                self.at(at + timedelta(days=4), partial(salespeople.enter_details, planned))

    def plan_side_events(self, planned: PlannedOffer, at: datetime) -> None:
        """Draw what else happens to an offer beside the reminders: a third of them is revised,
        followed up, answered by mail or decided on the phone.
        """
        fate = self.random.random()
        later = at + timedelta(days=self.random.randint(2, 9), minutes=self.random.randint(1, 90))
        if fate < 0.07:
            self.at(later, partial(self.send_offer, planned, suffix=" Rev. B"))
        elif fate < 0.13:
            self.at(later, partial(self.follow_up, planned))
        elif fate < 0.19:
            self.at(later, partial(self.reply, planned))
        elif fate < 0.33:
            self.at(later, partial(self.note_answer, planned, Offer.Channel.PHONE))
        if self.random.random() < 0.25:
            self.write_other_mail(planned, at + timedelta(minutes=self.random.randint(1, 50)))

    def write_other_mail(self, planned: PlannedOffer, at: datetime) -> None:
        """Other mails that a company sends: none of them may become an offer."""
        salesperson = Person(planned.salesperson.name, planned.salesperson.email)
        colleague = Person("Innendienst", "innendienst@muster-metallbau.example")
        number = self.random.randint(1000, 9999)
        subject, recipient = self.random.choice([
            (f"Rechnung RE-{at.year}-{number}", planned.customer),
            (f"Auftragsbestätigung AB-{at.year}-{number}", planned.customer),
            ("Terminvorschlag Aufmass", planned.customer),
            (f"Kalkulation zu Angebot {planned.number}", colleague),
            ("Unser Angebot", planned.customer),
        ])  # fmt: skip
        mail = MailFile(
            sender=salesperson,
            recipients=[recipient],
            subject=subject,
            sent_at=at,
            message_id=message_id(next(self.counter), at),
            text="Siehe Anhang.",
        )
        self.write("outgoing", mail)

    def follow_up(self, planned: PlannedOffer, at: datetime) -> None:
        """The salesperson writes again in the same thread."""
        original = self.message_ids[planned.number]
        mail = MailFile(
            sender=Person(planned.salesperson.name, planned.salesperson.email),
            recipients=[planned.customer],
            subject=f"Re-2: {planned.subject}",
            sent_at=at,
            message_id=message_id(next(self.counter), at),
            text="Guten Tag\n\nkonnten Sie das Angebot schon ansehen?",
            in_reply_to=original,
        )
        self.write("outgoing", mail)

    def reply(self, planned: PlannedOffer, at: datetime, *, to: str = "") -> None:
        """The customer answers by mail instead of the form."""
        self.write_incoming(
            planned, at, f"AW: {planned.subject}", self.random.choice(REPLIES), to=to
        )
        if self.random.random() < 0.85:
            spoken_at = at + timedelta(days=self.random.randint(2, 12))
            self.at(spoken_at, partial(self.note_answer, planned, Offer.Channel.MAIL))

    def write_incoming(
        self,
        planned: PlannedOffer,
        at: datetime,
        subject: str,
        text: str,
        *,
        to: str = "",
        extra: tuple[str, ...] = (),
    ) -> None:
        mail = MailFile(
            sender=planned.customer,
            recipients=[Person(planned.salesperson.name, planned.salesperson.email)],
            subject=subject,
            sent_at=at,
            message_id=message_id(next(self.counter), at, f"mx.{planned.firm.domain}"),
            text=text,
            in_reply_to=to or self.message_ids[planned.number],
            extra=extra,
        )
        self.write("incoming", mail)

    def note_answer(self, planned: PlannedOffer, channel: Offer.Channel, at: datetime) -> None:
        """A customer decides without the form."""
        drawn = draw_answer(self.random, at.date())
        if planned.number not in self.decided and salespeople.note_answer(
            planned, drawn, channel, at
        ):
            self.decided.add(planned.number)

    def receive(self, path: Path, at: datetime) -> None:
        """A customer gets a reminder, and reacts or not."""
        mail = message_from_bytes(path.read_bytes(), policy=default_policy)
        if "X-Nachfass-Reminder" not in mail:
            return
        text = _text_of(mail)
        link = public_form.find_link(text)
        planned = self.find_planned(f"{mail['Subject']} {text}")
        if link is None or planned is None or planned.number in self.decided:
            return
        reminder_id = str(mail["Message-ID"])
        fate = self.random.random()
        later = at + timedelta(minutes=self.random.choice([7, 25, 60, 180, 400, 1500, 2900]))
        if fate < 0.30:
            self.decided.add(planned.number)
            self.at(later, partial(self.fill_in_form, planned, link))
        elif fate < 0.33:
            self.at(later, partial(self.reply, planned, to=reminder_id))
        elif fate < 0.37:
            self.be_away(planned, at + timedelta(minutes=1), f"{mail['Subject']}", reminder_id)
        elif fate < 0.374:
            self.at(later, partial(self.opt_out, link))
        elif fate < 0.380:
            self.bounce(planned, at, reminder_id)

    def bounce(self, planned: PlannedOffer, at: datetime, reminder_id: str) -> None:
        """The customer's mail server does not know the address any more."""
        salesperson = Person(planned.salesperson.name, planned.salesperson.email)
        report = delivery_failure(
            reminder_id, planned.customer.email, salesperson, counter=next(self.counter), at=at
        )
        self.write("incoming", report)

    def opt_out(self, link: str, at: datetime) -> None:
        """The customer wants no more reminders."""
        public_form.opt_out(self.session, link)
        self.has_answers = True

    def find_planned(self, text: str) -> PlannedOffer | None:
        """Return the offer that a mail names."""
        for number in NUMBER.findall(text):
            if number in self.by_number:
                return self.by_number[number]
        return None

    def be_away(self, planned: PlannedOffer, at: datetime, subject: str, reminder_id: str) -> None:
        """The customer's mail program says when its owner is back."""
        back = (at + timedelta(days=self.random.randint(5, 16))).strftime("%d.%m.%Y")
        text = f"Guten Tag\n\nich bin ab dem {back} zurück."
        extra = ("Auto-Submitted: auto-replied",)
        self.write_incoming(
            planned, at, f"Automatische Antwort: {subject}", text, to=reminder_id, extra=extra
        )

    def fill_in_form(self, planned: PlannedOffer, link: str, at: datetime) -> None:
        """A customer answers through the link; what became of an interest is known some weeks
        later.
        """
        answer = draw_answer(self.random, at.date())
        try:
            hidden = public_form.open_form(self.session, link)
            self.set_clock(at + timedelta(seconds=self.random.randint(15, 200)))
            public_form.send_form(self.session, link, hidden, answer)
            self.has_answers = True
        except public_form.FormError as error:
            # Between reading and answering the offer may have been answered on the phone: real
            # customers see that too.
            logger.info("%s: %s", planned.number, error)
        if answer["answer"] == "interested" and self.random.random() < 0.6:
            ordered_at = at + timedelta(days=self.random.randint(2, 25))
            self.at(ordered_at, partial(salespeople.record_order, planned))
        elif answer["answer"] == "undecided":
            self.decided.discard(planned.number)

    def write(self, folder: str, mail: MailFile) -> None:
        """Write a mail file as David's export does; its time is that of the mail."""
        if mail.sent_at >= self.now:
            return
        path = self.folder / folder / mail.file_name
        path.write_bytes(mail.content())
        self.has_files = True
        utime(path, (mail.sent_at.timestamp(), mail.sent_at.timestamp()))


def run_quietly(job: str) -> None:
    """Run a command of the product; what it prints each time would hide what matters."""
    call_command(job, stdout=StringIO())


def _text_of(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return "\n".join(str(part.get_content()) for part in parts)  # type: ignore[attr-defined]  # of EmailMessage
