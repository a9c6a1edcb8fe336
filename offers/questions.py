"""The questions about mails: for each reason to ask, the likely answers and what each does.

A question is a SourceFile in state `review`; its sentence is that of its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from offers import answering
from offers.answering import Act
from offers.mail_import.sender_rules import fold_wording
from offers.models import Customer, MailFolder, Offer, SenderRule, SourceFile, number_key
from offers.ours import load_ours
from offers.parsing.mail import Address
from offers.parsing.mail_providers import MAIL_PROVIDERS
from offers.parsing.prefixes import split_prefixes
from offers.services import find_people

Reason, Kind = SourceFile.Reason, SenderRule.Kind

NUMBER, EMAIL, OFFER, UNTIL = "number", "email", "offer", "until"


@dataclass(frozen=True)
class Choice:
    """A likely answer: a button, and the line beside it on what it does."""

    code: str
    label: Any
    effect: Any
    act: Act
    # What the person fills in, as fields of `Given`.
    asks: tuple[str, ...] = ()
    # The rule that is made when the person says "always".
    rule: SenderRule.Kind | None = None


_IT_IS_AN_OFFER = Choice(
    "offer",
    _("It is an offer"),
    _("It gets reminders by the plan."),
    answering.make_offer,
    (NUMBER, EMAIL),
)
_IT_IS_ONE_OF_OURS = replace(
    _IT_IS_AN_OFFER,
    code="ours",
    label=_("It is an offer, and the sender is one of us"),
    rule=Kind.OURS,
)
_IT_IS_FOR_THEM_TOO = replace(
    _IT_IS_AN_OFFER,
    code="offer_too",
    label=_("It is an offer to them too"),
    effect=_("Both get reminders, each for their own offer."),
)
_NEWER_VERSION = Choice(
    "revision",
    _("It offers anew"),
    _("The days of the plan count from this mail."),
    answering.make_revision,
    (OFFER,),
)
_FURTHER_MAIL = Choice(
    "belongs",
    _("It belongs to an offer"),
    _("It counts as a further mail about it; the next reminder waits for the quiet days."),
    answering.attach,
    (OFFER,),
)
_GO_ON = Choice(
    "go_on",
    _("Nothing is settled, go on"),
    _("It counts as a further mail about the offer; reminders go on after the quiet days."),
    answering.attach,
    (OFFER,),
)
_ORDERED = Choice(
    "ordered",
    _("Ordered"),
    _("The offer is won. No more reminders."),
    answering.set_ordered,
    (OFFER,),
)
_WITHDRAWN = Choice(
    "withdrawn",
    _("Withdrawn"),
    _("The offer is no longer valid. No more reminders."),
    answering.set_withdrawn,
    (OFFER,),
)
_OTHER_PERSON = Choice(
    "other_person",
    _("This person is the customer now"),
    _("Reminders go to this person alone."),
    answering.move_to_other_person,
    (EMAIL, OFFER),
)
_ONLY_A_COPY = Choice(
    "copy", _("Only a copy"), _("Reminders to the customer go on."), answering.dismiss
)
_NO_OFFER = Choice(
    "no_offer",
    _("It is no offer of ours"),
    _("Nobody is reminded because of it."),
    answering.dismiss,
)
_THEIR_OFFER = replace(
    _NO_OFFER, code="theirs", label=_("It is about their offer, not ours"), rule=Kind.NOT_OURS
)
_NO_PERSON = replace(
    _NO_OFFER, code="no_person", label=_("No person reads there"), rule=Kind.NO_PERSON
)
_REPLIED = Choice(
    "replied",
    _("It is a reply"),
    _("Reminders of the offer stop."),
    answering.attach,
    (OFFER,),
)
_AUTOMATIC = Choice(
    "automatic",
    _("It is an automatic mail"),
    _("Nobody has replied. Reminders go on."),
    answering.mark_automatic,
    rule=Kind.AUTOMATIC,
)
# Of the customer's own address a rule would make replies automatic.
_AUTOMATIC_THIS_TIME = replace(_AUTOMATIC, rule=None)
_AWAY = Choice(
    "away",
    _("The customer is away"),
    _("No reminder before that day."),
    answering.pause,
    (OFFER, UNTIL),
)
_GO_ON_AS_PLANNED = replace(
    _AUTOMATIC,
    code="as_planned",
    label=_("Do not wait"),
    effect=_("Reminders go on as planned."),
    rule=None,
)
_NO_REPLY = Choice(
    "no_reply", _("It is not about an offer"), _("Nothing changes."), answering.dismiss
)
_FORGED = replace(_NO_REPLY, code="forged", label=_("It is forged, or not about an offer"))
_NOT_DELIVERED = Choice(
    "not_delivered",
    _("It was not delivered"),
    _("The address counts as not reachable. No reminders go there."),
    answering.mark_bounced,
    (EMAIL,),
)
_DELIVERED = replace(_NO_REPLY, code="delivered", label=_("The address is right"))
_ARRIVED = replace(
    _DELIVERED,
    code="arrived",
    label=_("The customer got it another way"),
    effect=_("Reminders go on as planned."),
)
_SENT_AGAIN_LATER = replace(
    _AWAY,
    code="later",
    label=_("It will be sent again"),
    effect=_("Until then nobody is reminded."),
)

_MAYBE_AN_OFFER = (_IT_IS_AN_OFFER, _FURTHER_MAIL, _NO_OFFER)
_MAYBE_A_REPLY = (_REPLIED, _AUTOMATIC_THIS_TIME, _NO_REPLY)
# Instead of the answers of its reason, when a mail speaks of an offer that is not known.
_ABOUT_AN_UNKNOWN_OFFER = (_THEIR_OFFER, _ORDERED, _WITHDRAWN, _FURTHER_MAIL)

QUESTIONS: dict[str, tuple[Choice, ...]] = {
    # Sent mails.
    Reason.NO_NUMBER: _MAYBE_AN_OFFER,
    Reason.NUMBER_IN_TEXT: _MAYBE_AN_OFFER,
    Reason.ONLY_PDF: _MAYBE_AN_OFFER,
    Reason.ATTACHMENT_LOOKS_LIKE_OFFER: _MAYBE_AN_OFFER,
    Reason.CLOSED_CONTENT: _MAYBE_AN_OFFER,
    Reason.HIDDEN_SUBJECT: _MAYBE_AN_OFFER,
    Reason.TOO_LARGE: _MAYBE_AN_OFFER,
    Reason.OTHER_NUMBER: _MAYBE_AN_OFFER,
    Reason.SEVERAL_COMPANIES: _MAYBE_AN_OFFER,
    Reason.FORWARDED: _MAYBE_AN_OFFER,
    Reason.NO_RECIPIENT: _MAYBE_AN_OFFER,
    Reason.APPOINTMENT: (_FURTHER_MAIL, _ORDERED, _IT_IS_AN_OFFER, _NO_REPLY),
    Reason.OTHER_DOCUMENT: (_ORDERED, _WITHDRAWN, _GO_ON, _NO_REPLY),
    Reason.LATER_MAIL: (_ORDERED, _WITHDRAWN, _GO_ON, _NEWER_VERSION),
    Reason.THIRD_PARTY: (_ONLY_A_COPY, _OTHER_PERSON, _IT_IS_FOR_THEM_TOO),
    Reason.FOREIGN_NUMBER: (_THEIR_OFFER, _IT_IS_AN_OFFER, _FURTHER_MAIL),
    Reason.FOREIGN_OFFER: (_THEIR_OFFER, _IT_IS_AN_OFFER, _FURTHER_MAIL),
    Reason.NO_PERSON: (_IT_IS_AN_OFFER, _NO_PERSON),
    Reason.NOT_OURS: (_NO_OFFER, _IT_IS_ONE_OF_OURS),
    # Received mails.
    Reason.SEVERAL_OPEN_OFFERS: _MAYBE_A_REPLY,
    Reason.SAME_COMPANY: _MAYBE_A_REPLY,
    Reason.UNKNOWN_SENDER: (_REPLIED, _AUTOMATIC, _NO_REPLY),
    Reason.MAYBE_AUTOMATIC: (_REPLIED, _AUTOMATIC, _AWAY, _NO_REPLY),
    Reason.LONG_ABSENCE: (_AWAY, _GO_ON_AS_PLANNED, _REPLIED),
    Reason.FORGED: (_FORGED, _REPLIED),
    Reason.MAYBE_BOUNCED: (_NOT_DELIVERED, _DELIVERED),
    Reason.MANY_BOUNCES: (_NOT_DELIVERED, _DELIVERED),
    Reason.MAIL_REFUSED: (_ARRIVED, _SENT_AGAIN_LATER, _WITHDRAWN, _NOT_DELIVERED),
}

# What `SourceFile.detail` says about a later mail.
_PURPOSES = {
    "thanks": _("It seems to thank for the order."),
    "confirms": _("It seems to confirm an order."),
    "cancels": _("It seems to cancel something."),
    "takes_back": _("It seems to take the offer back."),
    "invoices": _("It seems to be an invoice."),
    "appoints": _("It seems to make an appointment."),
}

_DETAIL_HELPS = (
    Reason.OTHER_NUMBER, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, Reason.ONLY_PDF, Reason.NUMBER_IN_TEXT,
    Reason.MAYBE_BOUNCED, Reason.MANY_BOUNCES, Reason.MAIL_REFUSED,
)  # fmt: skip
# The answer that is then the first one.
_LIKELY = {"cancels": "withdrawn", "takes_back": "withdrawn", "appoints": "go_on"}


def find_choices(file: SourceFile) -> tuple[Choice, ...]:
    """Return the likely answers to the question about a mail."""
    # Either direction may have a subject on which a pattern takes too long.
    is_received = file.folder.direction == MailFolder.Direction.INCOMING
    general = _MAYBE_A_REPLY if is_received else _MAYBE_AN_OFFER
    if _is_about_unknown_offer(file):
        return _ABOUT_AN_UNKNOWN_OFFER
    choices = QUESTIONS.get(file.reason, general)
    likely = _LIKELY.get(file.detail)
    return tuple(sorted(choices, key=lambda choice: choice.code != likely))


def build_rule(file: SourceFile, kind: SenderRule.Kind) -> SenderRule | None:
    """Return the rule, not stored, that "always" makes of an answer; None without an address."""
    if kind in (Kind.OURS, Kind.AUTOMATIC):
        address, wording = file.sender, ""
        if kind == Kind.AUTOMATIC:
            # A person may write from the same address, such as that of a ticket system.
            wording = fold_wording(file.subject)
            ours = fold_wording(file.offer.subject) if file.offer else ""
            # A subject of ours would make the customer's replies automatic.
            if not wording or wording in ours or split_prefixes(file.subject).is_reply:
                return None
    else:
        recipients = [Address(entry["email"]) for entry in file.recipients]
        external = load_ours().find_external(recipients)
        address, wording = external[0].email if external else "", ""
        if kind == Kind.NOT_OURS and external and external[0].domain not in MAIL_PROVIDERS:
            address = external[0].domain
    return SenderRule(kind=kind, address=address, wording=wording) if address else None


def find_answered_by(rule: SenderRule) -> list[SourceFile]:
    """Return the open questions that a rule answers, and the mails that rules decided about."""
    waiting = Q(state=SourceFile.State.REVIEW) | Q(reason=Reason.BY_RULE)
    if rule.kind in (Kind.OURS, Kind.AUTOMATIC):
        waiting &= Q(sender=rule.address)
    else:
        # As text, because SQLite cannot search JSON for a value at any place.
        waiting &= Q(recipients__icontains=rule.address)
    found = []
    for file in SourceFile.objects.filter(waiting).select_related("folder"):
        if not rule.wording or fold_wording(file.subject) == rule.wording:
            found.append(file)
    return found


def find_candidates(file: SourceFile) -> list[Offer]:
    """Return the offers that a mail may be about, likely ones first, at most six."""
    emails = [person.email for person in find_people(file)]
    if file.folder.direction == MailFolder.Direction.INCOMING:
        emails = [file.sender]
    domains = {email.rpartition("@")[2] for email in emails} - MAIL_PROVIDERS
    # First the people: with both conditions SQLite would scan all offers.
    people = Customer.objects.filter(Q(email__in=emails) | Q(email_domain__in=domains))
    likely = Q(customer__in=list(people), status__in=Offer.NOT_CLOSED) | Q(pk=file.offer_id)
    if file.number:
        likely |= Q(number_key=number_key(file.number))
    found = Offer.objects.filter(likely).select_related("customer").order_by("-sent_at")

    def is_unlikely(offer: Offer) -> tuple[bool, bool]:
        return offer.pk != file.offer_id, offer.customer.email not in emails

    return sorted(found[:50], key=is_unlikely)[:6]


def find_sentence(file: SourceFile) -> str:
    """Return what is unclear about a mail."""
    if _is_about_unknown_offer(file):
        return gettext("It speaks of an offer that is not known. Is it one of ours?")
    return str(file.get_reason_display())


def _is_about_unknown_offer(file: SourceFile) -> bool:
    return file.reason in (Reason.LATER_MAIL, Reason.OTHER_DOCUMENT) and file.offer is None


def explain(file: SourceFile) -> str:
    """Return what more the import found out about a question, or an empty text."""
    if file.reason == Reason.LATER_MAIL:
        return str(_PURPOSES.get(file.detail, ""))
    return file.detail if file.reason in _DETAIL_HELPS else ""
