"""Read the body of a mail: its text and the names of its attachments. Pure; never raises."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import islice

from offers.parsing.decoding import clean_text, decode_bytes
from offers.parsing.headers import parse_mail
from offers.parsing.mail import Mail
from offers.parsing.mime import Part, parse_parameters, read_parts, split_head

_LONGEST_TEXT = 512 * 1024  # of each kind
_MOST_NAMES = 200
_LONGEST_HEAD = 64 * 1024
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
# MS-OXTNEF, 2.1.3: level attachment, attAttachTitle, length; the name ends with NUL.
_TNEF_TITLE = re.compile(rb"\x02\x10\x80\x01\x00..\x00\x00([^\0]{1,255})\0", re.DOTALL)
# The end of a long name, which is UTF-16 text between binary data.
_TNEF_PDF = re.compile(rb"\.\0[pP]\0[dD]\0[fF]\0")
_LONGEST_TNEF_NAME = 240  # bytes
# The content of these is invisible or a script; of all other tags only the line breaks are kept.
_INVISIBLE = ("script", "style", "head", "title", "template", "noscript", "svg", "object", "iframe")
_BREAKS = frozenset((
    "br", "p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "blockquote", "pre", "section", "article", "header",
))  # fmt: skip
_MARKUP = re.compile(r"<[A-Za-z/!?]")  # any other `<` is a less-than sign
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:]{0,30})")


@dataclass(frozen=True)
class Body:
    """A body: its plain text, else the visible text of its HTML, and the names of attachments.

    `is_closed` where a `winmail.dat` does not tell what is in it.
    """

    text: str = ""
    attachments: tuple[str, ...] = ()
    is_closed: bool = False


def parse_body(raw: bytes) -> Body:
    """Return the texts and attachment names of a whole mail file, headers included.

    Whatever exceeds a limit is left out.
    """
    parts, _is_whole = read_parts(raw)
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    left = {"text/plain": _LONGEST_TEXT, "text/html": _LONGEST_TEXT}
    attachments: list[str] = []
    is_closed = False
    for part in parts:
        if _is_attachment(part):
            names = _names_of(part) if len(attachments) < _MOST_NAMES else []
            attachments += names
            is_closed = is_closed or (_is_tnef(part) and len(names) == 1)
        elif part.content_type in texts and left[part.content_type] > 0:
            text = part.text(left[part.content_type])
            left[part.content_type] -= len(text)
            texts[part.content_type].append(text)
    text = "\n".join(texts["text/plain"]).strip()
    if not text:
        text = "\n\n".join(map(html_to_text, texts["text/html"])).strip()
    return Body(text, tuple(attachments), is_closed)


def _is_attachment(part: Part) -> bool:
    """Return whether a person would see a part as a file."""
    if part.disposition == "attachment" or part.content_type.startswith("message/"):
        return True
    if not part.filename or part.content_type in ("text/plain", "text/html"):
        return False
    # A picture of a multipart/related is shown inside the HTML.
    is_picture = part.content_type.startswith("image/")
    return not (is_picture and part.container == "multipart/related")


def _names_of(part: Part) -> list[str]:
    """Return the name of an attachment, and those of the files inside a `winmail.dat`."""
    names = [part.filename or _invent_name(part)]
    if _is_tnef(part):
        content = part.decode()
        for title in _TNEF_TITLE.findall(content)[:_MOST_NAMES]:
            names.append(clean_text(decode_bytes(title)))
        for end in islice(_TNEF_PDF.finditer(content), _MOST_NAMES):
            names.append(
                _read_long_name(content[max(0, end.end() - _LONGEST_TNEF_NAME) : end.end()])
            )
    return names


def _read_long_name(data: bytes) -> str:
    """Return the UTF-16 text at the end of some bytes."""
    start = len(data)
    while start >= 2 and data[start - 1] == 0 and data[start - 2] >= ord(" "):
        start -= 2
    return clean_text(data[start:].decode("utf-16-le", "replace"))


def _is_tnef(part: Part) -> bool:
    return part.content_type in _TNEF or part.filename.lower() == "winmail.dat"


def _invent_name(part: Part) -> str:
    """Return a name for an unnamed attachment: for a forwarded mail its subject."""
    kind = re.sub(r"[^a-z0-9]", "", part.content_type.partition("/")[2]) or "file"
    if part.content_type != "message/rfc822":
        return f"attachment.{kind[:20]}"
    subject = parse_mail(split_head(part.decode(_LONGEST_HEAD).lstrip(b"\r\n"))[0]).subject
    return f"{subject[:200] or 'message'}.eml"


def html_to_text(markup: str) -> str:
    """Return the visible text of HTML: no markup, no scripts, no addresses of pictures.

    Takes time linear in the length, where `html.parser` takes quadratic time on hostile markup.
    """
    pieces: list[str] = []
    missing_ends: set[str] = set()
    position = 0
    while found := _MARKUP.search(markup, position):
        pieces.append(_fold(markup[position : found.start()]))
        position, piece = _skip_markup(markup, found.start(), missing_ends)
        pieces.append(piece)
    pieces.append(_fold(markup[position:]))
    lines = [line.strip() for line in html.unescape("".join(pieces)).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _fold(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", text)


def _skip_markup(markup: str, start: int, missing_ends: set[str]) -> tuple[int, str]:
    """Return where the text continues after the `<` at `start`, and what replaces the markup."""
    if markup.startswith("<!--", start):
        end = _find_end(markup, "-->", start + 4, missing_ends)
        if end > 0:
            return end, ""
    end = _find_end(markup, ">", start, missing_ends)
    if end < 0:
        return start + 1, ""
    tag = _TAG.match(markup, start)
    if tag is None:
        return end, ""
    name = tag[2].lower()
    if not tag[1] and name in _INVISIBLE and name not in missing_ends:
        closing = re.compile(rf"</{name}\b", re.IGNORECASE).search(markup, end - 1)
        if closing and (closing_end := markup.find(">", closing.end())) >= 0:
            return closing_end + 1, ""
        missing_ends.add(name)
    if name in _BREAKS:
        return end, "\n"
    return end, ""


def _find_end(markup: str, mark: str, start: int, missing_ends: set[str]) -> int:
    """Return where the next `mark` ends, or -1 if there is none."""
    # A missing mark is searched only once: repeated searches would take quadratic time.
    if mark in missing_ends:
        return -1
    position = markup.find(mark, start)
    if position < 0:
        missing_ends.add(mark)
        return -1
    return position + len(mark)


def has_closing_boundary(mail: Mail, tail: bytes) -> bool:
    """Return whether a mail file looks complete: its tail has the closing boundary, if it needs one.

    One complete multipart in ten lacks the line, so its absence means wait, not broken.
    """
    content_type, parameters = parse_parameters(mail.header("content-type"))
    boundary = parameters.get("boundary", "").rstrip()
    if not content_type.startswith("multipart/") or not boundary:
        return True
    closing = f"--{boundary}--"
    return any(closing.encode(charset, "replace") in tail for charset in ("utf-8", "cp1252"))
