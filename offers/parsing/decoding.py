"""Decode the bytes of a mail to clean text: charsets and encoded words as they are found. Pure."""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache

# An encoded word of RFC 2047: `=?charset?B or Q?text?=`. Its text ends at the first `?=`. It may
# hold blanks and question marks (both illegal, both seen), but no start of another word, which also
# keeps the search linear on `=?u?q?=?u?q?…`; `=?=` is base64 padding.
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?((?:(?!=\?[^=]).)*?)\?=")
# Control characters, line separators and lone surrogates.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")

# Codecs that mail programs name where they mean another; the same choices as in the WHATWG encoding
# standard, because that is what readers of such mails do. None: no charset at all, so it is
# guessed.
_MEANT_CODECS = {
    "ascii": None,
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
# Charset names that Python does not know.
_CODECS_BY_OTHER_NAME = {
    "iso-8859-8-i": "iso8859-8",
    "ks_c_5601-1987": "cp949",
    "x-sjis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
}
# Codecs of Python that are no charset of a mail: slow, platform-bound, or made to run escapes.
_REFUSED_CODECS = {
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
    "raw-unicode-escape",
    "mbcs",
    "oem",
    "unicode-escape",
}


@lru_cache(maxsize=256)
def _find_codec(charset: str) -> str | None:
    name = charset.strip().strip("\"'").lower()
    try:
        codec = codecs.lookup(_CODECS_BY_OTHER_NAME.get(name, name)).name
    except (LookupError, ValueError):  # ValueError: NUL in the name
        return None
    if codec in _REFUSED_CODECS:
        return None
    return _MEANT_CODECS.get(codec, codec)


def decode_bytes(data: bytes, charset: str = "") -> str:
    """Return the text of `data`; never raises.

    An unknown, missing or wrong `charset` means utf-8 where the bytes are valid utf-8, else
    windows-1252.
    """
    codec = _find_codec(charset) if charset else None
    if codec is not None:
        errors = "replace" if codec == "cp1252" else "strict"
        try:
            return data.decode(codec, errors)
        except (LookupError, ValueError):
            pass  # LookupError: a codec that gives no text, such as rot13
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def clean_text(text: str) -> str:
    """Return one line without NUL, other control characters and lone surrogates; line breaks and
    tabs are blanks.
    """
    if not text.isprintable() and _UNWANTED.search(text):
        text = _BLANKS.sub(" ", text)
        text = _UNWANTED.sub(_replace_unwanted, text)
    return text.strip()


def _replace_unwanted(found: re.Match[str]) -> str:
    """Show that a lone surrogate stood here; other unwanted characters just go."""
    return "\ufffd" if found[0] >= "\ud800" else ""


def decode_words(text: str) -> str:
    """Return `text` with its RFC 2047 encoded words decoded; what is not one stays as it stands;
    never raises.

    Blanks between neighbours vanish, and neighbours of one charset are joined before decoding,
    because some programs cut in the middle of a character. The result is clean (`clean_text`).
    """
    pieces: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(text):
        gap = text[end : word.start()]
        this_charset = word[1].partition("*")[0].lower()  # RFC 2231: behind `*` stands a language
        is_neighbour = bool(charset) and not gap.strip()
        if pending and not (is_neighbour and this_charset == charset):
            pieces.append(decode_bytes(pending, charset))
            pending = b""
        if not is_neighbour:
            pieces.append(gap)
        pending += _decode_word(word[2], word[3])
        charset, end = this_charset, word.end()
    if not charset:
        return clean_text(text)
    pieces += [decode_bytes(pending, charset), text[end:]]
    return clean_text("".join(pieces))


def _decode_word(encoding: str, text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)
    # Programs that cut long subjects leave base64 of any length, with the padding missing or
    # doubled.
    raw = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    if len(raw) % 4 == 1:
        raw = raw[:-1]
    return binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
