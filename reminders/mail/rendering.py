"""Write subject, text and HTML of a reminder: the mail text and the fixed sentences around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.template.loader import render_to_string

from offers.parsing.prefixes import split_prefixes
from reminders.mail.phrases import Phrases, get_phrases, write_date
from reminders.mail.templating import render

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True)
class MailSender:
    """Who the reminder comes from: the company's address and, for replies, the salesperson."""

    from_email: str
    company: str
    legal_notice: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    salesperson_name: str = ""
    salesperson_email: str = ""
    salesperson_phone: str = ""


@dataclass(frozen=True)
class OfferInMail:
    """One offer in the mail, with its own link."""

    number: str
    offered_on: date
    subject: str
    form_url: str
    opt_out_url: str
    # That of the offer mail, so that mail programs show one conversation.
    message_id: str = ""
    is_last_step: bool = False


@dataclass(frozen=True)
class ReminderMail:
    """The data of one reminder mail."""

    message_id: str
    mail_date: datetime
    # May be the test address of a trial.
    recipient: str
    customer_email: str
    customer_name: str
    customer_company: str
    language: str
    sender: MailSender
    # At least one.
    offers: tuple[OfferInMail, ...]
    # These two are mail texts with placeholders.
    subject_text: str
    body_text: str


@dataclass(frozen=True)
class MailParts:
    """The two parts of a mail and its subject, decoded, as the preview shows them."""

    subject: str
    text: str
    html: str


def clean_line(text: str) -> str:
    """Return the text as one line without control characters and halves of surrogates."""
    return _CONTROLS.sub(" ", text).strip()


def reply_subject(subject: str) -> str:
    """Return the offer mail's subject with one `AW:` before it."""
    return f"AW: {split_prefixes(clean_line(subject)).rest}"


def placeholders(mail: ReminderMail) -> dict[str, object]:
    """Return the values of `reminders.mail.templating.PLACEHOLDERS`."""
    first, phrases = mail.offers[0], get_phrases(mail.language)
    name = clean_line(mail.customer_name)
    greeting = phrases.greeting
    if name:
        greeting = phrases.greeting_with_name.format(name=name)
    return {
        "greeting": greeting,
        "name": name,
        "company": clean_line(mail.customer_company),
        "offer_number": clean_line(first.number),
        "offer_date": write_date(first.offered_on, mail.language),
        "offer_subject": clean_line(first.subject),
        "several": len(mail.offers) > 1,
        "count": len(mail.offers),
        "salesperson_name": clean_line(mail.sender.salesperson_name),
        "salesperson_email": clean_line(mail.sender.salesperson_email),
        "salesperson_phone": clean_line(mail.sender.salesperson_phone),
        "own_company": clean_line(mail.sender.company),
    }


def write_parts(mail: ReminderMail) -> MailParts:
    """Return subject, text and HTML. Raises MailTextError for a broken text."""
    values = placeholders(mail)
    body = render(mail.body_text, values).replace("\r\n", "\n").strip()
    return MailParts(_write_subject(mail, values), _write_text(mail, body), _write_html(mail, body))


def _write_subject(mail: ReminderMail, values: dict[str, object]) -> str:
    own = clean_line(render(mail.subject_text, values))
    # Without a subject text it is that of the offer mail, as in a reply.
    return (own or reply_subject(mail.offers[0].subject or mail.offers[0].number))[:400]


def _write_text(mail: ReminderMail, body: str) -> str:
    phrases = get_phrases(mail.language)
    lines = [body, ""]
    for offer in mail.offers:
        lines += [_describe(offer, mail.language)]
        if offer.is_last_step:
            lines += [phrases.last_of_offer]
        lines += ["", phrases.question]
        lines += [f"  {phrases.interested}\n  {offer.form_url}?a=interested"]
        lines += [f"  {phrases.declined}\n  {offer.form_url}?a=declined"]
        lines += [f"  {phrases.undecided}\n  {offer.form_url}", ""]
    lines += [phrases.contact, "", "-- ", *_signature(mail.sender), ""]
    lines += [_explain(mail, phrases)]
    lines += [phrases.opt_out.format(url=mail.offers[0].opt_out_url), ""]
    lines += [mail.sender.legal_notice.strip()]
    lines += [f"{label}: {url}" for label, url in _legal_links(mail.sender, phrases)]
    return "\n".join(lines)


def _write_html(mail: ReminderMail, body: str) -> str:
    phrases = get_phrases(mail.language)
    context = {
        "language": mail.language,
        "phrases": phrases,
        "paragraphs": [paragraph.split("\n") for paragraph in re.split(r"\n\s*\n", body)],
        "offers": [(_describe(offer, mail.language), offer) for offer in mail.offers],
        "signature": _signature(mail.sender),
        "why": _explain(mail, phrases),
        "opt_out_url": mail.offers[0].opt_out_url,
        "legal_lines": mail.sender.legal_notice.strip().splitlines(),
        "legal_links": _legal_links(mail.sender, phrases),
    }
    return render_to_string("reminders/mail.html", context)


def _describe(offer: OfferInMail, language: str) -> str:
    line = get_phrases(language).offer_line.format(
        number=clean_line(offer.number),
        date=write_date(offer.offered_on, language),
        subject=clean_line(offer.subject),
    )
    return line.rstrip(" :")


def _explain(mail: ReminderMail, phrases: Phrases) -> str:
    words = phrases.why_several if len(mail.offers) > 1 else phrases.why
    return words.format(company=mail.sender.company, recipient=mail.customer_email)


def _signature(sender: MailSender) -> list[str]:
    lines = (
        sender.salesperson_name,
        sender.company,
        sender.salesperson_phone,
        sender.salesperson_email,
    )
    return [line for line in lines if line]


def _legal_links(sender: MailSender, phrases: Phrases) -> list[tuple[str, str]]:
    links = ((phrases.imprint, sender.imprint_url), (phrases.privacy, sender.privacy_url))
    return [(label, url) for label, url in links if url]
