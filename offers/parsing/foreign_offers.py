"""Recognise mails about an offer that the other side made to us. Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of
from offers.parsing.sentences import flatten
from offers.parsing.subject_words import OFFER_WORD

_YOUR_OFFER = (
    rf"(?:ihre?[mnrs]?|eure?[mnrs]?|deine?[mnrs]?) (?:[\w-]+(?:en|es|er|te) ){{0,2}}?{OFFER_WORD}"
)
# `Ihr Angebot 4711` alone is the usual subject of an offer of ours; behind these words it is not.
_BEFORE_YOUR = any_of("""
    zu|gemä(?:ß|ss)|gem\\.|laut|lt\\.?|nach|aus|in|mit|von|auf|über|bezüglich|bzgl\\.?|betr\\.?
    betreffend|betreff|wegen|hinsichtlich|entsprechend|bezug|auf basis|anhand|trotz
    dank\\w* für|danken(?: wir)?(?: ihnen)? für|bedanken uns für
    (?:wir|ich) (?:haben?|nehmen?|lehnen|prüfen|akzeptieren|möchten?|wollen|werden|bestätigen)
    (?:überarbeiten|verlängern|ergänzen|korrigieren) sie(?: bitte)?|können sie(?: uns)?(?: bitte)?
""")
_SOME_WORDS = r"[^.!?;:\x00]{0,30}?"
_MANY_WORDS = r"[^.!?;\x00]{0,60}?"
_ACT_BEFORE = any_of(r"""
    absage|ablehnung|rückfragen?|nachfrage|fragen?|klärung|bestellung|beauftragung
    auftrags?erteilung
    zusage|annahme|reklamation|feedback|rückmeldung|(?:nach|preis)verhandlung|leider
""")
_ACT_AFTER = any_of(r"""
    absage|ablehnung|rückfragen?(?!\w| gern| an | jederzeit| bitte)
    nachfrage|fragen?(?!\w| gern)|klärung
    bitte um (?:nachlass|preis|korrektur|ergänzung)|auftrags?erteilung|zusage|annahme|reklamation
    leider|nicht berücksichtig\w*|(?:unsere )?bestellung(?!\w)|erhalten und|geprüft
    liegt (?:uns|mir) vor
    haben wir (?:dankend |gut )?erhalten|annehmen|enthält|fehlt|fehlen|zu teuer|nochmals zusenden
""")
# Words before `Ihres Angebots` where the offer is ours.
_OUR_WORK = any_of("""
    aktualisierung|überarbeitung|verlängerung|anpassung|gültigkeit|zusendung|übermittlung
    erstellung|änderung|ergänzung|korrektur|version|stand|kopie|nachtrag
""")
_GERMAN = any_of(rf"""
    {_BEFORE_YOUR}:? {_YOUR_OFFER}
    (?:ihres|eures|deines) (?:[\w-]+en )?{OFFER_WORD}
    (?:annahme|ablehnung|prüfung|durchsicht|erhalt|eingang) ihrer (?:[\w-]+en )?{OFFER_WORD}
    {_ACT_BEFORE}(?!\w){_SOME_WORDS}(?<!\w){_YOUR_OFFER}
    {_YOUR_OFFER}{_MANY_WORDS}(?<!\w){_ACT_AFTER}
    dank\w* für (?:das|die|den) (?:[\w-]+e )?{OFFER_WORD}
    dank\w* für die \w+ (?:ihre[rs]|de[rs]) {OFFER_WORD}
    bitte{_SOME_WORDS} gültigkeit ihre[rs] {OFFER_WORD}
    bestellen wir{_SOME_WORDS}(?:laut|lt\.?|gem\w*\.?) (?:[\w-]+ )?{OFFER_WORD}
""")
_BEFORE_ENGLISH = any_of(r"""
    to|on|re|regarding|concerning|about|for|as per|per|of|under|following
    with|from|against|reference
    unfortunately|we find|considered|reviewed|compared|revise
    (?:accept\w*|declin\w*|reject\w*|received?|question|query|order)(?: -|:|,)?
""")
_ENGLISH_OFFER = r"(?:quot(?:e|ation)|offer|proposal|estimate)s?(?!\w| (?:request|inquiry|enquiry))"
_ENGLISH = any_of(rf"""
    {_BEFORE_ENGLISH} your (?:[\w-]+ ){{0,2}}?{_ENGLISH_OFFER}
    thanks? (?:you )?for the {_ENGLISH_OFFER}
    your {_ENGLISH_OFFER} (?:\S+ )?(?:has (?:arrived|been received)|is (?:too|not)|was received)
""")
_BEFORE_FRENCH = any_of(r"""
    à|sur|concernant|selon|suite à|de|pour|avec|relati(?:f|ve) à|conformément à|d['’]après
    refus|commande|question|reçu|étudié|examiné|revoir|acceptons|refusons
""")
_ANSWER_AFTER = (
    r"(?:questions?|acceptation|refus|commande|chiariment\w+|domand[ae]|conferma|ordine)"
)
_FRENCH = any_of(rf"""
    {_BEFORE_FRENCH} (?:votre|vos) (?:[\w-]+ )?(?:offres?|devis)(?!\w)
    votre (?:offre|devis)(?!\w){_MANY_WORDS}(?<!\w){_ANSWER_AFTER}
""")
_BEFORE_ITALIAN = any_of(r"""
    all[ao]|al|dell[ao]|del|sull[ao]|sul|dall[ao]|dal|per (?:la|il)|secondo (?:la|il)|come da
    con riferimento a|rif\.?|domanda|conferma|(?:ricevuto|esaminato|accettiamo) (?:la|il)
""")
_ITALIAN_OFFER = r"(?:vs\.?|vostr[ao]|su[ao]) (?:[\w-]+ )?(?:offerta|preventivo)(?!\w)"
_ITALIAN = any_of(rf"""
    {_BEFORE_ITALIAN} {_ITALIAN_OFFER}
    {_ITALIAN_OFFER}{_MANY_WORDS}(?<!\w)(?:{_ANSWER_AFTER}|ci sembra|è tropp\w)
""")
_THEIRS = re.compile(rf"(?<!\w)(?:{_GERMAN}|{_ENGLISH}|{_FRENCH}|{_ITALIAN})", re.IGNORECASE)
# In these languages the other side's offer is called so, and seldom the own one.
_MAYBE_THEIRS = re.compile(
    r"(?<!\w)(?:votre offre|your (?:quot(?:e|ation)|offer|proposal)|(?:vs\.?|vostra) offerta)"
    r"(?!\w)",
    re.IGNORECASE,
)
_OURS = re.compile(rf"(?<!\w)(?<!die ){_OUR_WORK} (?:ihres|ihrer|eures|deines) ", re.IGNORECASE)


def names_foreign_offer(text: str) -> bool:
    """Return whether a subject or text is about an offer of its recipient (`zu Ihrem Angebot`)."""
    text = flatten(text)
    return _THEIRS.search(_OURS.sub("\x00", text)) is not None


def may_be_foreign(subject: str) -> bool:
    """Return whether a subject speaks of `your quotation`, which only the content explains."""
    return _MAYBE_THEIRS.search(subject) is not None
