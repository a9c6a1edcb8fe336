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

# Codecs that mail programs name where they mean another, chosen as in the WHATWG encoding standard.
# None means no charset, so it is guessed.
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
# Codecs of Python that are not charsets: slow, platform-dependent, or for escape sequences.
_REFUSED_CODECS = frozenset((
    "idna", "punycode", "undefined", "unicode_escape", "unicode-escape", "raw-unicode-escape",
    "mbcs", "oem",
))  # fmt: skip


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
    """Return the text of `data`: by its charset, else utf-8, else windows-1252. Never raises."""
    codec = _find_codec(charset) if charset else None
    if codec == "cp1252":
        return data.decode(codec, "replace")
    if codec is not None:
        try:
            return data.decode(codec)
        except (LookupError, ValueError):
            pass  # LookupError: a codec that gives no text, such as rot13
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def clean_text(text: str) -> str:
    """Return the text as one line without NUL, other control characters and lone surrogates."""
    if not text.isprintable() and _UNWANTED.search(text):
        text = _BLANKS.sub(" ", text)
        text = _UNWANTED.sub(_replace_unwanted, text)
    return text.strip()


def _replace_unwanted(found: re.Match[str]) -> str:
    # A lone surrogate is replaced; other unwanted characters are removed.
    return "\ufffd" if found[0] >= "\ud800" else ""


def decode_words(text: str) -> str:
    """Return a clean text with its RFC 2047 encoded words decoded, and the rest unchanged.

    Never raises. Blanks between adjacent encoded words are removed.
    """
    pieces: list[str] = []
    pending, charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(text):
        gap = text[end : word.start()]
        this_charset = word[1].partition("*")[0].lower()  # RFC 2231: `*` and a language follow
        is_neighbour = bool(charset) and not gap.strip()
        # Adjacent words of one charset are joined: some programs split a character.
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
    return decode_base64(raw)


def decode_base64(data: bytes) -> bytes:
    """Return the bytes of base64 of any length, with its padding missing, doubled or damaged."""
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
