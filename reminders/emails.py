"""The reminder as a mail: headers and bytes as RFC 5322 wants them, text and HTML written
separately.

The message is put together by hand, and what is the same in every mail only once, because building
it with the standard library's `EmailMessage` and a template each time takes longer than sending it.
tests/reminders/test_emails.py reads every mail back with that library.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from html import escape
from itertools import count
from uuid import uuid4

from django.template.loader import get_template

from offers.parsing.prefixes import split_prefixes
from reminders.phrases import Phrases, get_phrases, write_date
from reminders.texts import render

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_WORD_FRAME = len("=?utf-8?q??=")


@dataclass(frozen=True)
class Sender:
    """Who the reminder comes from: the company's address and, for replies, the salesperson."""

    from_email: str
    company: str
    legal_notice: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    seller_name: str = ""
    seller_email: str = ""
    seller_phone: str = ""


@dataclass(frozen=True)
class OfferLine:
    """One offer in the mail, with its own link."""

    number: str
    offered_on: date
    subject: str
    form_url: str
    opt_out_url: str
    message_id: str = ""
    is_last_step: bool = False


@dataclass(frozen=True)
class Letter:
    """All that one reminder mail says. `offers` is not empty; `recipient` may be the test address
    of the pilot mode.
    """

    message_id: str
    mail_date: datetime
    recipient: str
    customer_email: str
    customer_name: str
    customer_company: str
    language: str
    sender: Sender
    offers: tuple[OfferLine, ...]
    subject_text: str
    body_text: str


def new_message_id(from_email: str) -> str:
    """Return a fresh Message-ID in the sender's domain."""
    return f"<nachfass.{uuid4().hex}@{_find_address(from_email).rpartition('@')[2] or 'localhost'}>"


@lru_cache(maxsize=16)
def _find_address(mailbox: str) -> str:
    return parseaddr(mailbox)[1]


def clean_line(text: str) -> str:
    """Return the text as one line without control characters, line separators or halves of
    surrogates.
    """
    return (text if text.isprintable() else _CONTROLS.sub(" ", text)).strip()


def reply_subject(subject: str) -> str:
    """Return the offer mail's subject behind one `AW:`."""
    return f"AW: {split_prefixes(clean_line(subject)).rest}"


def placeholders(letter: Letter) -> dict[str, object]:
    """Return what the mail text may use; see `reminders.texts.PLACEHOLDERS`."""
    first, phrases = letter.offers[0], get_phrases(letter.language)
    name = clean_line(letter.customer_name)
    return {
        "greeting": phrases.greeting_with_name.format(name=name) if name else phrases.greeting,
        "name": name,
        "company": clean_line(letter.customer_company),
        "offer_number": clean_line(first.number),
        "offer_date": write_date(first.offered_on, letter.language),
        "offer_subject": clean_line(first.subject),
        "several": len(letter.offers) > 1,
        "count": len(letter.offers),
        "seller_name": clean_line(letter.sender.seller_name),
        "seller_email": clean_line(letter.sender.seller_email),
        "seller_phone": clean_line(letter.sender.seller_phone),
        "own_company": clean_line(letter.sender.company),
    }


def write_subject(letter: Letter) -> str:
    """Return the subject line, decoded. An empty subject text means: the offer mail's subject
    behind `AW:`.
    """
    own = (
        clean_line(render(letter.subject_text, placeholders(letter))) if letter.subject_text else ""
    )
    return (own or reply_subject(letter.offers[0].subject or letter.offers[0].number))[:400]


def build_message(letter: Letter, parts: Parts | None = None) -> bytes:
    """Return the mail, ready to send: ASCII, CRLF, no line over 998 octets. Raises MailTextError
    for a broken text.

    `parts` is what `write_parts` made of the letter, if that is known already.
    """
    boundary = f"=_{letter.message_id.strip('<>').partition('@')[0].rpartition('.')[2]}"
    parts = parts or write_parts(letter)
    lines = [*_write_headers(letter, boundary, parts.subject), ""]
    for subtype, content in (("plain", parts.text), ("html", parts.html)):
        lines += [f"--{boundary}", f'Content-Type: text/{subtype}; charset="utf-8"']
        lines += ["Content-Transfer-Encoding: quoted-printable", "", _quoted_printable(content)]
    lines += [f"--{boundary}--", ""]
    return "\r\n".join(lines).encode("ascii")


def _write_headers(letter: Letter, boundary: str, subject: str) -> list[str]:
    sender, first = letter.sender, letter.offers[0]
    from_name = " | ".join(name for name in (sender.seller_name, sender.company) if name)
    reply_to = (
        _mailbox("Reply-To", sender.seller_name, sender.seller_email) if sender.seller_email else ""
    )
    thread = [
        each.message_id
        for each in letter.offers
        if re.fullmatch(r"<[!-;=?-~]{1,900}>", each.message_id)
    ]
    headers = [
        f"Date: {format_datetime(letter.mail_date)}",
        _mailbox("From", from_name, _find_address(sender.from_email)),
        _mailbox(
            "To",
            letter.customer_name if letter.recipient == letter.customer_email else "",
            letter.recipient,
        ),
        reply_to,
        _header("Subject", subject),
        f"Message-ID: {letter.message_id}",
        f"In-Reply-To: {thread[0]}" if thread else "",
        "References: " + "\r\n ".join(thread) if thread else "",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        f"List-Unsubscribe: <{first.opt_out_url}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        f"X-Nachfass-Reminder: {letter.message_id.strip('<>').partition('@')[0]}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
    ]
    return [header for header in headers if header]


def _header(name: str, text: str) -> str:
    """Return a header line of free text, folded, and encoded by RFC 2047 where needed."""
    text = clean_line(text)
    if text.isascii() and "=?" not in text and len(name) + 2 + len(text) <= 76:
        return f"{name}: {text}"
    return f"{name}: {_encode_words(text, len(name) + 2)}"


def _encode_words(text: str, column: int) -> str:
    """Return the text as encoded words (RFC 2047, Q), folded; the first one begins at this column
    of its line.

    No word is longer than 75 characters, no line than 76, and no letter is parted between two
    words.
    """
    words, word, room = [], "", 74 - column
    for encoded in map(_encode_letter, text):
        if len(word) + len(encoded) > room - _WORD_FRAME:
            words.append(word)
            word, room = "", 74
        word += encoded
    return "\r\n ".join(f"=?utf-8?q?{each}?=" for each in (*words, word))


@lru_cache(maxsize=1024)
def _encode_letter(letter: str) -> str:
    if letter == " ":
        return "_"
    if letter.isascii() and letter.isalnum():
        return letter
    return "".join(f"={byte:02X}" for byte in letter.encode())


@lru_cache(maxsize=1024)
def _mailbox(name: str, display: str, email: str) -> str:
    """Return a header line with one address, its display name encoded where needed."""
    display, email = clean_line(display)[:200], _CONTROLS.sub("", email)
    if not display:
        return f"{name}: {email}"
    if display.isascii() and "=?" not in display and len(name) + len(display) + len(email) < 64:
        return f"{name}: {formataddr((display, email))}"
    return f"{name}: {_encode_words(display, len(name) + 2)}\r\n <{email}>"


def _quoted_printable(content: str) -> str:
    """Return the text in quoted-printable, without what no mail may carry: NUL and halves of
    surrogates.
    """
    lines = (
        content.replace("\0", "")
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .rstrip("\n")
        .replace("\n", "\r\n")
    )
    return binascii.b2a_qp(f"{lines}\r\n".encode(errors="ignore"), istext=True).decode("ascii")


@dataclass(frozen=True)
class Parts:
    """The two parts of a mail and its subject, decoded, as the preview shows them."""

    subject: str
    text: str
    html: str


def write_parts(letter: Letter) -> Parts:
    """Return what the customer will read. Raises MailTextError for a broken text."""
    body = render(letter.body_text, placeholders(letter)).replace("\r\n", "\n").strip()
    phrases = get_phrases(letter.language)
    return Parts(
        write_subject(letter),
        _write_text(letter, body, phrases),
        _write_html(letter, body, phrases),
    )


def _legal_links(sender: Sender, phrases: Phrases) -> list[tuple[str, str]]:
    links = ((phrases.imprint, sender.imprint_url), (phrases.privacy, sender.privacy_url))
    return [(label, url) for label, url in links if url]


def _offer_line(offer: OfferLine, language: str) -> str:
    line = get_phrases(language).offer_line.format(
        number=clean_line(offer.number),
        date=write_date(offer.offered_on, language),
        subject=clean_line(offer.subject),
    )
    return line.rstrip(" :")


def _write_text(letter: Letter, body: str, phrases: Phrases) -> str:
    lines = [body, ""]
    for offer in letter.offers:
        lines += [_offer_line(offer, letter.language)]
        if offer.is_last_step:
            lines += [phrases.last_of_offer]
        lines += ["", phrases.question]
        lines += [f"  {phrases.interested}\n  {offer.form_url}?a=interested"]
        lines += [f"  {phrases.declined}\n  {offer.form_url}?a=declined"]
        lines += [f"  {phrases.undecided}\n  {offer.form_url}", ""]
    lines += [phrases.contact, "", "-- ", *_signature(letter.sender), ""]
    lines += [_write_why(letter, phrases)]
    lines += [phrases.opt_out.format(url=letter.offers[0].opt_out_url), ""]
    lines += [letter.sender.legal_notice.strip()]
    lines += [f"{label}: {url}" for label, url in _legal_links(letter.sender, phrases)]
    return "\n".join(lines)


def _write_why(letter: Letter, phrases: Phrases) -> str:
    words = phrases.why_several if len(letter.offers) > 1 else phrases.why
    return words.format(company=letter.sender.company, recipient=letter.customer_email)


def _signature(sender: Sender) -> list[str]:
    return [
        line
        for line in (sender.seller_name, sender.company, sender.seller_phone, sender.seller_email)
        if line
    ]


def _write_html(letter: Letter, body: str, phrases: Phrases) -> str:
    paragraphs = [paragraph.split("\n") for paragraph in re.split(r"\n\s*\n", body)]
    last_steps = tuple(offer.is_last_step for offer in letter.offers)
    form = _build_html_form(letter.language, letter.sender, tuple(map(len, paragraphs)), last_steps)
    values = [line for paragraph in paragraphs for line in paragraph]
    for offer in letter.offers:
        values += [_offer_line(offer, letter.language), offer.form_url]
    values += [_write_why(letter, phrases)]
    values += [letter.offers[0].opt_out_url]
    return form.format(*map(escape, values))


@lru_cache(maxsize=256)
def _build_html_form(
    language: str, sender: Sender, paragraphs: tuple[int, ...], last_steps: tuple[bool, ...]
) -> str:
    """Return the HTML part as a format string, for a body of paragraphs of so many lines and for so
    many offers.

    Its fields are, in this order: the lines of the body, a line and a link for each offer, why the
    mail comes, and the link to opt out. They take values that are escaped.
    """
    mark, fields = uuid4().hex, count()
    phrases = get_phrases(language)

    def gap() -> str:
        return f"{mark}-{next(fields)}-"

    html = get_template("reminders/mail.html").render({
        "language": language,
        "paragraphs": [[gap() for _ in range(lines)] for lines in paragraphs],
        "offers": [(gap(), {"form_url": gap(), "is_last_step": is_last}) for is_last in last_steps],
        "phrases": phrases,
        "signature": _signature(sender),
        "why": gap(),
        "opt_out_url": gap(),
        "legal_lines": sender.legal_notice.strip().splitlines(),
        "legal_links": _legal_links(sender, phrases),
    })  # fmt: skip
    return re.sub(rf"{mark}-(\d+)-", r"{\1}", html.replace("{", "{{").replace("}", "}}"))
