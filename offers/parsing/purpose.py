"""Recognise what a mail does: what a later mail of ours about an offer does, and requests. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from offers.parsing.alternatives import any_of
from offers.parsing.prefixes import split_prefixes
from offers.parsing.subject_words import (
    KEYWORD,
    LONGEST_SUBJECT,
    OFFER_WORD,
    asks_for_offer,
    names_appointment,
)

_LONGEST_TEXT = 4_000


class Purpose(StrEnum):
    """What a mail does with the offer that it names."""

    OFFERS = "offers"
    SUPPLEMENTS = "supplements"
    THANKS = "thanks"
    CONFIRMS = "confirms"
    CANCELS = "cancels"
    TAKES_BACK = "takes_back"
    INVOICES = "invoices"
    APPOINTS = "appoints"
    # Its signs conflict.
    UNCLEAR = "unclear"


def _compile(alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + any_of(alternatives), re.IGNORECASE)


_DOT_IN_SENTENCE = re.compile(r"(?<=\d)\.(?! +[A-ZÄÖÜ])|(?<=\b[Nn][ro])\.")
# Words within one sentence. Texts are searched with single blanks.
_FEW_WORDS = r"[^.!?;:]{0,60}?"
_YOUR = r"(?:d(?:en|ie|as|iese[nr]?)|ihre?n?|deine?n?|eure?n?)"
_ORDER = any_of(r"""
    auftrag(?!s?-?anfrage)\w*|(?:nach)?bestellung\w*|beauftragung\w*|zusage|order
""")
_THANKS_FOR_ORDER = rf"""
    dank\w*{_FEW_WORDS} (?:für|über) {_YOUR} (?:[\w-]+ ){{0,5}}?{_ORDER}
    (?:freu\w*|gefreut){_FEW_WORDS} über {_YOUR} (?:[\w-]+ ){{0,3}}?{_ORDER}
    thank(?:s| you){_FEW_WORDS} for (?:your|the|this) (?:[\w-]+ ){{0,3}}?(?:order|po)(?!\w)
    (?:merci|remerci\w+){_FEW_WORDS} (?:de|pour) (?:votre|la|cette|ta) (?:[\w-]+ ){{0,3}}?(?:commande|mandat)
    (?:grazie|ringrazi\w+){_FEW_WORDS} per (?:il|la|l['’])? ?(?:[\w-]+ ){{0,3}}?(?:ordine|incarico)
"""
_KIND_OF_INVOICE = (
    "(?:teil|schlu(?:ss|ß)|anzahlungs|abschlags|akonto|ratenzahlungs|sammel|honorar"
    "|vorauszahlungs|proforma|vorkasse)"
)
_INVOICE = rf"{_KIND_OF_INVOICE}?-?rechnung(?![^\W\d_])"
_KIND_OF_APPOINTMENT = (
    "(?:montage|besichtigungs?|besprechungs|orts|liefer|ausführungs|aufma(?:ß|ss)|abnahme|vor-ort-)"
)
_HERE_IS = any_of(r"""
    anbei|beiliegend|im anhang|in der anlage|beigefügt|hiermit|erhalten sie|erhältst du
    (?:über)?senden|(?:über)?sende|schicken?|attached|enclosed|please find
    ci-joint|en annexe|en pièce jointe|in allegato|allegat[ao]
""")

_IN_SUBJECT: dict[Purpose, re.Pattern[str]] = {
    Purpose.TAKES_BACK: _compile(r"""
        (?:zurück(?:gezogen|ziehen|nahme|genommen)|rückzug)(?!\w)|widerruf(?:en)?(?!\w)
        ziehen [^.!?]{0,80}zurück(?!\w)
        withdraw(?:al|n|ing)?(?!\w)|revoked|retrait|retirée?s?(?!\w)|ritirat[ao]|ritiro
    """),
    Purpose.CANCELS: _compile(r"""
        storno(?!\w)|stornier(?:t|ung)(?!\w)|annullier(?:t|ung)(?!\w)|absage|abgesagt|abbestell\w+
        hinfällig|gegenstandslos|ungültig
        cancel(?:l?ed|lation)(?!\w)|void(?!\w)
        annul(?:ée?s?|ation|e)(?!\w)(?! et remplace)|annullat[ao]|annullamento|disdetta
    """),
    Purpose.INVOICES: _compile(rf"""
        {_INVOICE}|faktura|gutschrift|mahnung|zahlungserinnerung
        (?:proforma )?invoice|credit note|facture|avoir(?!\w)|fattura
    """),
    Purpose.CONFIRMS: _compile(r"""
        (?:auftrags|bestell)bestätigung|(?:auftrag|bestellung) bestätigt|lieferschein|lieferavis
        order (?:confirmation|acknowledg\w+)|delivery note
        confirmation de (?:la |votre )?commande|bon de livraison|conferma (?:d['’]ordine|ordine)
    """),
    Purpose.THANKS: _compile(_THANKS_FOR_ORDER),
    Purpose.APPOINTS: _compile(rf"""
        {_KIND_OF_APPOINTMENT}-?termin\w*
        termin(?:bestätigung|vorschlag|verschiebung|einladung)?(?!\w)|besichtigung(?!\w)
        appointment|site visit|rendez-vous|appuntamento|sopralluogo
    """),
}
_SUPPLEMENT_IN_SUBJECT = _compile(r"""
    (?:jetzt )?mit an(?:hang|lagen?)|anhang|anlagen?(?!\w)|datenbl\w+|unterlagen|nach(?:gereicht|reichung)
    ergänzung|ergänzende|rückfragen?|nachfragen?|nachfassen|erinnerung|frage(?!\w)
    reminder|follow[- ]?up|with attachment|rappel|relance|sollecito|con allegato|avec annexe
""")
_OFFERS_ANEW = _compile(rf"""
    überarbeite\w+|revidiert\w*|aktualisiert\w*|korrigiert\w*|angepasst\w*|geändert\w*
    neue[sr]? (?:[\w-]+ )?{OFFER_WORD}|ersetzt(?! durch)
    revised|updated|corrected|amended|replaces|supersedes|new (?:quot\w+|offer)
    révisée?|modifiée?|actualisée?|corrigée?|remplace|nouve(?:lle|au) (?:offre|devis)
    aggiornat[ao]|rivist[ao]|modificat[ao]|sostituisce|nuov[ao] (?:offerta|preventivo)
""")
_IN_TEXT: dict[Purpose, re.Pattern[str]] = {
    Purpose.TAKES_BACK: _compile(rf"""
        zieh(?:en|e) (?:wir|ich){_FEW_WORDS}{OFFER_WORD}{_FEW_WORDS} zurück(?!\w)
        {OFFER_WORD}{_FEW_WORDS} (?:zurückgezogen|zurückziehen|zurückzuziehen|widerrufen)
        (?:withdraw|revoke){_FEW_WORDS} (?:our|the) (?:quot\w+|offer|proposal)
        (?:retirons|retirer){_FEW_WORDS} (?:notre|l['’]|le) ?(?:offre|devis)
        ritir(?:iamo|are){_FEW_WORDS} (?:offerta|preventivo)
    """),
    Purpose.CANCELS: _compile(rf"""
        (?:haben|wurde|wird|hiermit|ist|sei){_FEW_WORDS} (?:storniert|annulliert)
        stornieren (?:wir|hiermit)|{OFFER_WORD}{_FEW_WORDS} (?:hinfällig|gegenstandslos)
        (?:has|have|is|was|been|hereby) cancell?ed|(?:est|a été) annulée?|(?:è|stat[ao]) annullat[ao]
    """),
    Purpose.INVOICES: _compile(rf"""
        {_HERE_IS}{_FEW_WORDS} (?:{_INVOICE}|invoice|facture|fattura|mahnung|zahlungserinnerung)
    """),
    Purpose.CONFIRMS: _compile(rf"""
        {_HERE_IS}{_FEW_WORDS} (?:(?:auftrags|bestell)bestätigung|order confirmation)
        {_HERE_IS}{_FEW_WORDS} (?:confirmation de commande|conferma d['’]ordine)
        bestätige(?:n wir)? (?!sie|uns){_FEW_WORDS}(?:auftrag|bestellung)(?!\w)
        (?:we )?(?:hereby )?confirm (?:your|the) (?:[\w-]+ ){{0,2}}order
        confirmons{_FEW_WORDS} commande|confermiamo{_FEW_WORDS} ordine
    """),
    Purpose.THANKS: _compile(_THANKS_FOR_ORDER),
}
_APPOINTS_IN_TEXT = _compile(rf"""
    bestätige(?:n wir)?{_FEW_WORDS} termin(?!\w)|\w*termin (?:am|vom|findet|für den|auf den) \S*\d
    confirm{_FEW_WORDS} appointment|confirmons{_FEW_WORDS} rendez-vous|confermiamo{_FEW_WORDS} appuntamento
""")
_OFFERS_IN_TEXT = _compile(rf"""
    {_HERE_IS}{_FEW_WORDS} {OFFER_WORD}
    {_HERE_IS}{_FEW_WORDS} (?:quot(?:e|ation)|offer|proposal|offre|devis|preventivo)(?!\w)
""")


def find_purpose(subject: str, new_text: str) -> Purpose:
    """Return what a later mail of ours does with the offer that it names.

    Without a sign of anything else, a reply or forward supplements, and any other mail offers.
    """
    prefixes = split_prefixes(subject[:LONGEST_SUBJECT])
    text = _flatten(new_text)
    offers_anew = _OFFERS_ANEW.search(prefixes.rest) is not None
    in_subject = _find_first(_IN_SUBJECT, prefixes.rest)
    if in_subject is None and names_appointment(prefixes.rest):
        in_subject = Purpose.APPOINTS
    if in_subject:
        return Purpose.UNCLEAR if offers_anew else in_subject
    offers_in_text = _OFFERS_IN_TEXT.search(text) is not None
    if in_text := _find_first(_IN_TEXT, text):
        return Purpose.UNCLEAR if offers_anew or offers_in_text else in_text
    if offers_anew:
        return Purpose.OFFERS
    if _APPOINTS_IN_TEXT.search(text) and not offers_in_text:
        return Purpose.APPOINTS
    if prefixes.is_reply or prefixes.is_forward or _SUPPLEMENT_IN_SUBJECT.search(prefixes.rest):
        return Purpose.SUPPLEMENTS
    return Purpose.OFFERS


def _flatten(text: str) -> str:
    """Return the beginning of a text in one line, without the dots of dates and abbreviations."""
    return _DOT_IN_SENTENCE.sub("", " ".join(text[:_LONGEST_TEXT].split()))


def _find_first(patterns: dict[Purpose, re.Pattern[str]], text: str) -> Purpose | None:
    for purpose, pattern in patterns.items():
        if pattern.search(text):
            return purpose
    return None


_INQUIRY_SUBJECT = _compile(r"""
    (?<!ihre )(?<!ihrer )(?<!deine )(?:preis|angebots-?|offert(?:en)?-?|material|liefer|projekt)?anfragen?(?!\w)
    rfq(?!\w)|(?<!your )(?:inquiry|enquiry)|price request|request for (?:a )?(?:price|quot\w+)
    (?<!votre )demande (?:de |d['’])(?:devis|prix|offre|tarif)
    (?<!vostra )richiesta (?:di |d['’])?(?:offerta|preventivo|prezz\w+)
""")
_INQUIRY_TEXT = _compile(rf"""
    bitten?{_FEW_WORDS} um (?:ihr|ein|eine|die|das|ihre|euer)\w* (?:[\w-]+ ){{0,3}}?{OFFER_WORD}
    (?:könn(?:t|ten)|können|würden|machen|erstellen|schicken|senden) (?:sie|ihr){_FEW_WORDS} {OFFER_WORD}
    (?:benötig\w+|brauch\w+|suchen|wünsch\w+|hätten? gern\w*|interess\w+){_FEW_WORDS} {OFFER_WORD}
    (?:anfragen|anbieten){_FEW_WORDS}\?|was (?:kostet|würde{_FEW_WORDS} kosten)|bieten sie uns
    please (?:send|let us have|provide|submit){_FEW_WORDS} (?:quot\w+|offer|proposal|estimate)
    please quote|(?:could|can|would) you{_FEW_WORDS} (?:quot\w+|offer|estimate)
    (?:pou(?:vez|rriez)-vous|merci de|veuillez){_FEW_WORDS} (?:devis|offre)
    (?:potete|potreste|può|potrebbe|vorremmo|chiediamo){_FEW_WORDS} (?:offerta|preventivo)
""")


def is_inquiry(subject: str, new_text: str) -> bool:
    """Return whether a mail asks us for an offer, and brings none itself."""
    rest = split_prefixes(subject[:LONGEST_SUBJECT]).rest
    text = _flatten(new_text)
    if _OFFERS_IN_TEXT.search(text):
        return False
    if _INQUIRY_SUBJECT.search(rest) or asks_for_offer(rest):
        return True
    return _INQUIRY_TEXT.search(text) is not None and not KEYWORD.match(rest)
