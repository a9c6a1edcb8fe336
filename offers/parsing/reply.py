"""Find the new text of a reply, without the quotation below it. Pure; never raises."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of

_LONGEST = 100_000
_MOST_LINES = 1_000
# Introductions of quotations that quotequail 0.5 does not know: those of David, and of Outlook in
# the languages of our customers.
_RULE = any_of("""
    Original Message|Original-Nachricht|Originalnachricht|Ursprüngliche Nachricht
    Weitergeleitete Nachricht|Forwarded Message|Message d'origine|Messaggio originale
""")
_SECOND_FIELD = any_of("Gesendet|Datum|Sent|Date|Envoyé|Inviato|An|To|À|A|Betreff|Subject")
_INTRODUCTION = re.compile(
    rf"^[ >]*(?:-{{3,}}[ ]?{_RULE}[ ]?-{{2,}}|_{{20,}}"
    rf"|(?:Von|From|De|Da)[ ]?:[ ].{{3,200}}\n[ >]*{_SECOND_FIELD}[ ]?:)",
    re.IGNORECASE | re.MULTILINE,
)


def find_new_text(body_text: str) -> str:
    """Return the new text of a plain text mail: all of it if no quotation is recognised."""
    text = body_text[:_LONGEST].replace("\r\n", "\n")
    if found := _INTRODUCTION.search(text):
        text = text[: found.start()]
    try:
        import quotequail  # noqa: PLC0415 - only replies need it, and it takes time to load

        pieces = quotequail.quote(text, limit=_MOST_LINES, quote_intro_line=True)
        text = "\n".join(piece for is_new, piece in pieces if is_new)
    except Exception:  # noqa: S110
        pass  # its patterns meet texts that nobody foresaw; the whole text is a fair answer
    lines = text.split("\n")
    while lines and (not lines[-1].strip() or lines[-1].startswith(">")):
        lines.pop()
    return "\n".join(lines).strip()
