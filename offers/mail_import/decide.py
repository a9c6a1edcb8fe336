"""What becomes of a mail file. Pure decisions over facts: no database, no files, no clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from offers.mail_import.message import Letter
from offers.models import Customer, Offer, Reason, SourceFile
from offers.parsing.mail import Address, Mail
from offers.parsing.mail_providers import MAIL_PROVIDERS

State = SourceFile.State


class Twin(NamedTuple):
    """A mail that was imported before and may be the same one."""

    file: SourceFile
    reason: Reason
    number: str


class Facts(NamedTuple):
    """What the database knows that matters to one mail.

    `same_number` are offers with its number, `in_thread` the offer of a mail that it answers,
    `of_sender` the open offers of its sender that were sent before it, `of_company` those of the
    sender's company. `own_offer` is the offer of a reminder of ours. `bounced` are the customers to
    whom the mail could not be delivered; of a bounce `of_sender` are their open offers.
    """

    own_domains: Collection[str] = ()
    is_own: bool = False
    own_offer: Offer | None = None
    twin: Twin | None = None
    same_number: Sequence[Offer] = ()
    in_thread: Offer | None = None
    of_sender: Sequence[Offer] = ()
    of_company: Sequence[Offer] = ()
    bounced: Sequence[Customer] = ()


class Decision(NamedTuple):
    """What becomes of a mail: its state, why, and the offer it belongs to or the customer of a new
    one.
    """

    state: SourceFile.State
    reason: Reason
    detail: str = ""
    offer: Offer | None = None
    customer: Address | None = None
    duplicate_of: SourceFile | None = None
    is_reply: bool = False


def decide_problem(letter: Letter) -> Decision:
    """Return what becomes of a file that could not be read."""
    reason = letter.problem or Reason.NO_MAIL
    broken = reason in (Reason.EMPTY, Reason.NO_MAIL, Reason.VANISHED)
    return Decision(State.BROKEN if broken else State.WAITING, reason, letter.detail)


def decide_outgoing(letter: Letter, facts: Facts) -> Decision:  # noqa: C901, PLR0911 - the order is the rule
    """Return what becomes of a sent mail, in the order of the design."""
    if letter.problem:
        return decide_problem(letter)
    recipients = letter.mail.recipients
    external = tuple(each for each in recipients if each.domain not in facts.own_domains)
    if letter.is_own or facts.is_own:
        return Decision(
            State.OWN_REMINDER, Reason.OWN_REMINDER, offer=facts.own_offer or facts.in_thread
        )
    if letter.automatic:
        return Decision(State.AUTOMATIC, Reason.AUTOMATIC, letter.automatic)
    if recipients and not external:
        return Decision(State.INTERNAL, Reason.OWN_DOMAINS_ONLY)
    if facts.twin:
        return _decide_twin(letter, facts.twin)
    if letter.pattern_timed_out:
        return Decision(State.REVIEW, Reason.PATTERN_TIMEOUT, offer=facts.in_thread)
    if letter.number:
        return _decide_number(letter, facts, external)
    if facts.in_thread:
        return Decision(State.FOLLOW_UP, Reason.IN_THREAD, offer=facts.in_thread, is_reply=True)
    if letter.offer_file and not letter.has_keyword:
        return Decision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, letter.offer_file)
    if letter.has_keyword or (letter.is_too_large and not letter.mail.subject):
        return Decision(State.REVIEW, Reason.TOO_LARGE if letter.is_too_large else Reason.NO_NUMBER)
    if letter.hides_subject and external:
        return Decision(State.REVIEW, Reason.HIDDEN_SUBJECT)
    return Decision(State.NOT_AN_OFFER, Reason.NO_OFFER)


def _decide_twin(letter: Letter, twin: Twin) -> Decision:
    if (
        twin.reason == Reason.SAME_MESSAGE_ID
        and letter.number
        and twin.number
        and letter.number != twin.number
    ):
        return Decision(State.REVIEW, Reason.OTHER_NUMBER, twin.number)
    return _duplicate(twin)


def _duplicate(twin: Twin) -> Decision:
    return Decision(
        State.DUPLICATE, twin.reason, twin.file.name[:500], twin.file.offer, duplicate_of=twin.file
    )


def _decide_number(  # noqa: PLR0911 - the order is the rule
    letter: Letter, facts: Facts, external: Sequence[Address]
) -> Decision:
    prefixes = letter.prefixes
    known = find_known(facts.same_number, external, facts.in_thread)
    is_reply = prefixes.is_reply or (known is not None and known is facts.in_thread)
    if letter.is_other_document:
        return Decision(State.REVIEW, Reason.OTHER_DOCUMENT, offer=known)
    if letter.is_appointment and not known:
        return Decision(State.REVIEW, Reason.APPOINTMENT)
    if known and (is_reply or prefixes.is_forward or letter.is_appointment):
        reason = Reason.IN_THREAD if known is facts.in_thread else Reason.REPLY_PREFIX
        return Decision(State.FOLLOW_UP, reason, offer=known, is_reply=True)
    if known and not letter.number_in_attachment:
        return Decision(State.REVISION, Reason.NEWER_MAIL, offer=known)
    if not external:
        return Decision(State.REVIEW, Reason.NO_RECIPIENT)
    if prefixes.is_forward or (is_reply and facts.same_number):
        return Decision(State.REVIEW, Reason.FORWARDED)
    if letter.number_in_attachment and not letter.has_keyword:
        return Decision(State.REVIEW, Reason.ATTACHMENT_LOOKS_LIKE_OFFER, letter.number)
    if known:
        return Decision(State.REVISION, Reason.NEWER_MAIL, offer=known)
    if is_several_companies(letter.mail, facts.own_domains):
        return Decision(State.REVIEW, Reason.SEVERAL_COMPANIES)
    reason = Reason.NUMBER_IN_ATTACHMENT if letter.number_in_attachment else Reason.NEW_NUMBER
    return Decision(State.OFFER, reason, customer=external[0], is_reply=is_reply)


def find_known(
    offers: Sequence[Offer], external: Sequence[Address], in_thread: Offer | None
) -> Offer | None:
    """Return the offer among those of one number that a mail to these recipients is about.

    The one it answers, else the one of a recipient, else the one of a recipient's company: a number
    that goes to a colleague of the customer is no second offer, or two people of one company would
    be reminded of it.
    """
    if in_thread is not None and in_thread in offers:
        return in_thread
    emails = {each.email for each in external}
    for offer in offers:
        if offer.customer.email in emails:
            return offer
    domains = {each.domain for each in external} - MAIL_PROVIDERS
    return next((offer for offer in offers if offer.customer.domain in domains), None)


def is_several_companies(mail: Mail, own_domains: Collection[str]) -> bool:
    """Tell whether a mail went to people of more than one company; private mailboxes count each for
    itself.

    Copies to others are usual; but where To names nobody outside, Cc and Bcc are those it went to.
    """
    outside = [each for each in mail.to if each.domain not in own_domains]
    outside = outside or [each for each in mail.recipients if each.domain not in own_domains]
    return (
        len({each.email if each.domain in MAIL_PROVIDERS else each.domain for each in outside}) > 1
    )


def decide_incoming(letter: Letter, facts: Facts) -> Decision:  # noqa: C901, PLR0911 - the order is the rule
    """Return what becomes of a received mail. A reply of a person stops the reminders of its
    offer.
    """
    if letter.problem:
        return decide_problem(letter)
    if letter.is_own or facts.is_own:
        return Decision(
            State.OWN_REMINDER, Reason.OWN_REMINDER, offer=facts.own_offer or facts.in_thread
        )
    if facts.twin:
        return _duplicate(facts.twin)
    if letter.bounce:
        return _decide_bounce(letter, facts)
    if letter.automatic:
        reason = (
            Reason.RETURN_DATE if letter.returns_on and facts.of_sender else Reason.OUT_OF_OFFICE
        )
        detail = letter.returns_on.isoformat() if letter.returns_on else letter.automatic
        return Decision(
            State.AUTOMATIC, reason, detail, _find_meant(letter, facts) or _only(facts.of_sender)
        )
    sender = letter.mail.sender
    if sender is not None and sender.domain in facts.own_domains:
        return Decision(State.INTERNAL, Reason.FROM_COLLEAGUE)
    if facts.in_thread:
        return Decision(State.FOLLOW_UP, Reason.REPLY, offer=facts.in_thread, is_reply=True)
    if by_number := _find_meant(letter, facts):
        return Decision(State.FOLLOW_UP, Reason.REPLY_BY_NUMBER, offer=by_number, is_reply=True)
    if len(facts.of_sender) == 1:
        return Decision(
            State.FOLLOW_UP, Reason.REPLY_BY_SENDER, offer=facts.of_sender[0], is_reply=True
        )
    if facts.of_sender:
        return Decision(State.REVIEW, Reason.SEVERAL_OPEN_OFFERS, _numbers(facts.of_sender))
    if facts.of_company:
        return Decision(State.REVIEW, Reason.SAME_COMPANY, _numbers(facts.of_company))
    if letter.pattern_timed_out:
        return Decision(State.REVIEW, Reason.PATTERN_TIMEOUT)
    return Decision(State.NOT_AN_OFFER, Reason.NO_REPLY)


def _decide_bounce(letter: Letter, facts: Facts) -> Decision:
    bounce = letter.bounce
    if bounce is None or not facts.bounced:
        return Decision(State.AUTOMATIC, Reason.BOUNCE_OF_OTHERS, offer=facts.in_thread)
    reason = Reason.BOUNCED if bounce.is_permanent else Reason.DELAYED
    detail = f"{bounce.status} {bounce.diagnostic}".strip()[:500]
    return Decision(State.AUTOMATIC, reason, detail, facts.in_thread or _only(facts.of_sender))


def _find_meant(letter: Letter, facts: Facts) -> Offer | None:
    """Return the offer that an incoming mail answers, or whose number it names and whose customer
    sent it.
    """
    if facts.in_thread:
        return facts.in_thread
    email = letter.mail.sender.email if letter.mail.sender else ""
    return next((offer for offer in facts.same_number if offer.customer.email == email), None)


def _only(offers: Sequence[Offer]) -> Offer | None:
    return offers[0] if len(offers) == 1 else None


def _numbers(offers: Sequence[Offer]) -> str:
    return ", ".join(offer.number for offer in offers[:10])[:500]


@dataclass(frozen=True, slots=True)
class ChainMail:
    """A mail of one offer, as far as its place among the others matters. `is_fixed`: a person
    decided.
    """

    file: SourceFile
    sent_at: datetime
    state: SourceFile.State
    is_reply: bool
    has_number: bool
    is_fixed: bool = False


def order_chain(mails: Sequence[ChainMail], *, has_founder: bool) -> list[SourceFile.State]:
    """Return the state of each mail of one offer, in the given order.

    The oldest with a number founds the offer, also behind a reply prefix; later ones are follow-ups
    behind a reply prefix or in a thread, else revisions. So the result does not depend on the order
    in which files turned up. With `has_founder` a person entered the offer and no mail founds it.
    """
    states: dict[int, SourceFile.State] = {}
    for mail in sorted(mails, key=lambda each: (each.sent_at, each.file.mtime_ns, each.file.name)):
        if mail.is_fixed:
            state = mail.state
        elif not has_founder and mail.has_number:
            state = State.OFFER
        else:
            state = State.FOLLOW_UP if mail.is_reply or not mail.has_number else State.REVISION
        has_founder = has_founder or state in (State.OFFER, State.REVISION)
        states[id(mail)] = state
    return [states[id(mail)] for mail in mails]
