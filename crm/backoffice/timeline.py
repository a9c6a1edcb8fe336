"""The timeline of an offer: mails, reminders, answers, links, contacts, actions of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.contrib.admin.models import LogEntry
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from crm.core.admin_base import change_url, find_acts
from feedback.backoffice.models import Answer, Invitation
from offers.models import Contact, MailFolder, Offer, SourceFile
from reminders.models import Reminder


class Kind(StrEnum):
    """The kinds of events. Each value is the name of an icon in Unfold's font."""

    MAIL = "mail"
    FOLLOW_UP = "forward_to_inbox"
    REPLY = "reply"
    AUTOMATIC = "autorenew"
    BOUNCE = "block"
    REMINDER = "send"
    ANSWER = "forum"
    NOTE = "edit_note"
    ACT = "person"


@dataclass(frozen=True)
class Event:
    """One thing that happened to an offer."""

    at: datetime
    title: str
    detail: str = ""
    kind: Kind = Kind.MAIL
    url: str = ""


def build_timeline(offer: Offer) -> list[Event]:
    """Return the events of an offer, newest first."""
    events: list[Event] = []
    events += map(_mail_event, offer.files.select_related("folder"))
    events += map(_contact_event, offer.contacts.select_related("by"))
    events += map(_act_event, find_acts(offer))
    events += map(_answer_event, offer.answers.select_related("reason", "recorded_by"))
    events += map(_link_event, offer.invitations.all())
    events += map(_reminder_event, offer.reminders.select_related("resolved_by"))
    if offer.source != Offer.Source.MAIL:
        events.append(Event(offer.first_sent_at, _("Offer sent"), offer.get_source_display()))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _mail_event(file: SourceFile) -> Event:
    is_incoming = file.folder.direction == MailFolder.Direction.INCOMING
    title = file.get_state_display()
    kind = Kind.MAIL
    if file.state == SourceFile.State.FOLLOW_UP and is_incoming:
        title, kind = _("Reply of the customer"), Kind.REPLY
    elif file.reason in ("bounced", "delayed"):
        title, kind = _("Not delivered"), Kind.BOUNCE
    elif file.state == SourceFile.State.FOLLOW_UP:
        kind = Kind.FOLLOW_UP
    elif file.state == SourceFile.State.AUTOMATIC:
        kind = Kind.AUTOMATIC
    detail = _lines(file.subject, file.get_reason_display(), file.detail)
    return Event(file.sent_at or file.first_seen_at, title, detail, kind, change_url(file))


def _contact_event(contact: Contact) -> Event:
    detail = f"{contact.note}\n{contact.by or ''}".strip()
    return Event(contact.at, _("Contact with the customer"), detail, Kind.NOTE)


def _act_event(entry: LogEntry) -> Event:
    words = entry.get_change_message()
    # django-import-export stores this sentence in English, whatever the language.
    if words.endswith("through import_export"):
        words = _("Changed by an uploaded list.")
    return Event(entry.action_time, words, str(entry.user), Kind.ACT)


def _answer_event(answer: Answer) -> Event:
    details = [str(answer.reason or ""), answer.comment, answer.phone, answer.note]
    if answer.ask_again_on:
        day = date_format(answer.ask_again_on, "SHORT_DATE_FORMAT")
        details.append(_("Ask again on %s") % day)
    if answer.recorded_by:
        details.append(_("recorded by %s") % answer.recorded_by)
    title = f"{answer.get_kind_display()} ({answer.get_channel_display()})"
    return Event(answer.answered_at, title, _lines(*details), Kind.ANSWER, change_url(answer))


def _link_event(invitation: Invitation) -> Event:
    title, state = _("Feedback link issued"), invitation.get_state_display()
    return Event(invitation.created_at, title, state, Kind.NOTE, change_url(invitation))


def _reminder_event(row: Reminder) -> Event:
    at = row.sent_at or row.claimed_at or row.mail_date
    words = {"step": row.step, "state": row.get_state_display()}
    title = _("Reminder %(step)d: %(state)s") % words
    # The mail server's reply matters only if it did not accept the mail.
    reply = "" if row.state == Reminder.State.SENT else row.server_reply
    decided = _("decided by %s") % row.resolved_by if row.resolved_by else ""
    detail = _lines(row.recipient, reply, decided)
    return Event(at, title, detail, Kind.REMINDER, change_url(row))


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
