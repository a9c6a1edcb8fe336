"""Read the mailboxes of an address field, however malformed. Pure.

A lost recipient means a lost offer, and the standard library's `getaddresses` returns nothing at
all for a list with one malformed entry.
"""

from __future__ import annotations

import re

import idna

from offers.parsing.decoding import clean_text, decode_words
from offers.parsing.mail import Address

_MOST_PIECES_OF_A_NAME = 12
_LONGEST_EMAIL = 254  # RFC 5321, 4.5.3.1.3, less the two angle brackets
_TOKEN = re.compile(
    r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]*\?="  # an encoded word is one token, with its commas
    r'|"(?:[^"\\\n]|\\.)*"(?:@[^\s<>(),;:"]+)?'  # a quoted name, or a quoted local part
    r"|<[^<>]*>"
    r"|[(),;:<>\"]"
    r"|(?:[^(),;:<>\"=\\]|\\.)+|[=\\]"
)
# An address anywhere in a text. `a@b@c` is none, because it is ambiguous.
_EMAIL = re.compile(
    r"(?<![^\s<>(),;:\"\[\]])[^\s<>(),;:\"@\[\]]+"
    r"@(?:[^\s<>(),;:\"'@\[\]]+|\[[0-9A-Fa-f.:]+\])(?![^\s<>(),;:\"'\[\]])"
)
_QUOTED_LOCAL_PART = re.compile(r'\s*("(?:[^"\\]|\\.)*"@[^\s@]+)\s*')
_NOBODY = re.compile(r"\W*undisclosed", re.IGNORECASE)
_SCHEME = re.compile(r"(?:mailto|smtp)$", re.IGNORECASE)
# How Exchange writes an address of another kind: `IMCEASMTP-keller+40kunde+2Eexample@…`.
_ENCAPSULATED = re.compile(r"imcea(?:smtp|mailto)-([^@]+)@", re.IGNORECASE)
_ENCAPSULATED_BYTE = re.compile(r"\+([0-9a-f]{2})", re.IGNORECASE)


def parse_addresses(value: str) -> tuple[list[Address], bool]:
    """Return the mailboxes of one unfolded field, and whether something could not be read.

    Groups are expanded, comments and source routes removed, encoded names decoded. An entry without
    an @ is left out and counts as unread.
    """
    return _MailboxReader().read(value)


class _MailboxReader:
    """Goes through the tokens of a field and collects mailboxes."""

    def __init__(self) -> None:
        self.found: list[Address] = []
        self.is_damaged = False
        # The tokens of the mailbox that is being read, and what its angle brackets hold.
        self.phrase: list[str] = []
        self.angle: str | None = None
        self.comment_depth = 0

    def read(self, value: str) -> tuple[list[Address], bool]:
        if value.count("(") != value.count(")"):
            # A comment that is not closed must not hide the rest.
            value = value.replace("(", " ").replace(")", " ")
        for piece in _TOKEN.findall(value):
            self._read_piece(piece)
        self._end_mailbox(is_last=True)
        return self.found, self.is_damaged

    def _read_piece(self, piece: str) -> None:
        if piece == "(":
            self.comment_depth += 1
        elif piece == ")":
            self.comment_depth = max(0, self.comment_depth - 1)
        elif self.comment_depth:
            return
        elif piece in (",", ";"):
            self._end_mailbox(is_last=piece == ";")
        elif piece == ":":
            self._end_group_name()
        elif piece[0] == "<" and len(piece) > 1:
            if self.angle is not None:  # a comma is missing
                self._end_mailbox(is_last=True)
            self.angle = piece[1:-1]
        elif self.angle is None:
            self.phrase.append(piece)
        elif _EMAIL.search(piece):  # `<a@x> b@y`: again no comma
            self._end_mailbox(is_last=True)
            self.phrase.append(piece)

    def _end_group_name(self) -> None:
        # The text before the colon may also be an address, or the scheme of a link.
        if self.angle is not None or _EMAIL.search("".join(self.phrase)):
            self._end_mailbox(is_last=True)
        elif _SCHEME.search("".join(self.phrase)):
            self.phrase[:] = [_SCHEME.sub("", "".join(self.phrase))]
        else:
            self.phrase.clear()

    def _end_mailbox(self, *, is_last: bool) -> None:
        """Keep what has been read as a mailbox, or wait for the rest of its name."""
        phrase = "".join(self.phrase)
        if in_angle := _find_emails(self.angle or ""):
            for email in in_angle:
                self.found.append(Address(email, _clean_name(phrase, email)))
        elif emails := _find_emails(phrase) or _find_emails(decode_words(phrase)):
            self.found += map(Address, emails)
        elif not is_last and self._may_be_name(phrase):
            self.phrase.append(",")  # `Vogt, Petra <p.vogt@…>`: the comma belongs to the name
            return
        elif phrase.strip(" \t,") or self.angle:
            self.is_damaged = True
        self.phrase.clear()
        self.angle = None

    def _may_be_name(self, phrase: str) -> bool:
        is_short = len(self.phrase) < _MOST_PIECES_OF_A_NAME
        return self.angle is None and is_short and bool(phrase.strip())


def _find_emails(text: str) -> list[str]:
    """Return the addresses in the text of one mailbox, perhaps with a route or with blanks."""
    # `Undisclosed recipients@host` names nobody, `undisclosed.recipients@host` is an address.
    if "@" not in text or (_NOBODY.match(text) and not _EMAIL.fullmatch(text)):
        return []
    if text.startswith("@") and ":" in text:  # RFC 822 source route
        text = text.rpartition(":")[2]
    quoted = _QUOTED_LOCAL_PART.fullmatch(text)
    if quoted and len(quoted[1]) <= _LONGEST_EMAIL:
        return [_clean_email(quoted[1])]
    emails = _EMAIL.findall(text) or _EMAIL.findall(re.sub(r"\s*@\s*", "@", text))
    cleaned = [_clean_email(email) for email in emails if len(email) <= _LONGEST_EMAIL]
    return [email for email in cleaned if email]


def _clean_email(email: str) -> str:
    email = clean_text(email).strip("'").rstrip(".").lower()
    if found := _ENCAPSULATED.match(email):
        inner = _ENCAPSULATED_BYTE.sub(lambda byte: chr(int(byte[1], 16)), found[1])
        email = inner if "@" in inner else email
    return fold_email(email)


def fold_email(email: str) -> str:
    """Return the one spelling by which an address is stored: lower case, its domain in ASCII."""
    email = email.strip().lower()
    local_part, _, domain = email.rpartition("@")
    return email if domain.isascii() else f"{local_part}@{encode_domain(domain)}"


def encode_domain(domain: str) -> str:
    """Return a domain in ASCII (IDNA); as it is where that cannot be."""
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (UnicodeError, ValueError):  # idna.IDNAError is a UnicodeError
        return domain


def is_directory_name(email: str) -> bool:
    """Return whether an address is a name in an Exchange directory, which says not who it is."""
    return email.startswith("imcea")


def _clean_name(name: str, email: str) -> str:
    name = re.sub(r"\\(.)", r"\1", decode_words(name.strip()))
    name = name.replace('"', "").strip(" \t,")
    if len(name) > 1 and name[0] == name[-1] == "'":
        name = name[1:-1].strip()
    return "" if name.lower() == email else name
