"""Recognise mails about an offer that the other side made to us. Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of
from offers.parsing.subject_words import OFFER_WORD

_LONGEST_TEXT = 4_000

# `Ihr Angebot 4711` alone is the usual subject of an offer of ours. Behind these words it is theirs.
_BEFORE_YOUR = any_of("""
    zu|gemä(?:ß|ss)|gem\\.|laut|lt\\.?|nach|aus|mit|von|auf|über|bezüglich|bzgl\\.?|betr\\.?
    betreffend|betreff|wegen|hinsichtlich|entsprechend|bezug|auf basis|anhand|trotz
    dank\\w* für|danken(?: wir)?(?: ihnen)? für|bedanken uns für
    wir (?:haben|nehmen|lehnen|prüfen|akzeptieren)
""")
_YOUR = r"(?:ihre?[mnrs]?|eure?[mnrs]?|deine?[mnrs]?)"
_MANY_WORDS = r"[^!?;\x00]{0,60}?"
_OUR_ACT = any_of("""
    absage|ablehnung|rückfragen?|fragen?|klärung|bestellung|beauftragung|auftrags?erteilung|zusage
    annahme|reklamation|feedback|rückmeldung|leider|nicht berücksichtig\\w*|unsere bestellung
    erhalten und|geprüft
""")
# Words before `Ihres Angebots` where the offer is ours.
_OUR_WORK = any_of("""
    aktualisierung|überarbeitung|verlängerung|anpassung|gültigkeit|zusendung|übermittlung
    erstellung|änderung|ergänzung|korrektur|version|stand|kopie|nachtrag
""")
_GERMAN = any_of(rf"""
    {_BEFORE_YOUR}:? {_YOUR} (?:[\w-]+(?:en|es|er|te) ){{0,2}}?{OFFER_WORD}
    (?:ihres|eures|deines) (?:[\w-]+en )?{OFFER_WORD}
    (?:annahme|ablehnung|prüfung|durchsicht|erhalt|eingang) ihrer (?:[\w-]+en )?{OFFER_WORD}
    {_OUR_ACT}\W{{1,4}}(?:zu |auf |für )?{_YOUR} {OFFER_WORD}
    {_YOUR} {OFFER_WORD}{_MANY_WORDS}(?<!\w){_OUR_ACT}
""")
_BEFORE_ENGLISH = any_of(r"""
    to|on|regarding|concerning|about|for|as per|per|of|under|following|with|from|against|reference
    unfortunately|find|considered|reviewed|compared
    (?:accept\w*|declin\w*|reject\w*|received?|question|query|order)(?: -|:|,)?
""")
_ENGLISH = (
    rf"{_BEFORE_ENGLISH} your (?:[\w-]+ ){{0,2}}?(?:quot(?:e|ation)|offer|proposal|estimate)s?"
    r"(?!\w| (?:request|inquiry|enquiry))"
)
_BEFORE_FRENCH = any_of(r"""
    à|sur|concernant|selon|suite à|de|pour|avec|relati(?:f|ve) à|conformément à|d['’]après
    refus|commande|question|reçu|étudié|examiné
""")
_FRENCH = rf"{_BEFORE_FRENCH} (?:votre|vos) (?:[\w-]+ )?(?:offres?|devis)(?!\w)"
_BEFORE_ITALIAN = any_of(r"""
    all[ao]|al|dell[ao]|del|sull[ao]|sul|dall[ao]|dal|per (?:la|il)|secondo (?:la|il)|come da
    con riferimento a|rif\.?|domanda|conferma|(?:ricevuto|esaminato) (?:la|il)
""")
_ITALIAN = rf"{_BEFORE_ITALIAN} (?:vs\.?|vostr[ao]|su[ao]) (?:[\w-]+ )?(?:offerta|preventivo)(?!\w)"
_THEIRS = re.compile(rf"(?<!\w)(?:{_GERMAN}|{_ENGLISH}|{_FRENCH}|{_ITALIAN})", re.IGNORECASE)
# In these languages the other side's offer is called so, and seldom the own one.
_MAYBE_THEIRS = re.compile(
    r"(?<!\w)(?:votre offre|your (?:quot(?:e|ation)|offer|proposal)|(?:vs\.?|vostra) offerta)(?!\w)",
    re.IGNORECASE,
)
_OURS = re.compile(rf"(?<!\w){_OUR_WORK} (?:ihres|ihrer|eures|deines) ", re.IGNORECASE)


def names_foreign_offer(text: str) -> bool:
    """Return whether a subject or text is about an offer of its recipient (`zu Ihrem Angebot`)."""
    text = " ".join(text[:_LONGEST_TEXT].split())
    return _THEIRS.search(_OURS.sub("\x00", text)) is not None


def may_be_foreign(subject: str) -> bool:
    """Return whether a subject speaks of `your quotation`, which only the mail's content explains."""
    return _MAYBE_THEIRS.search(subject) is not None
