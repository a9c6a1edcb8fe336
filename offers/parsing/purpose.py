"""Recognise what a mail does: what a later mail of ours about an offer does, and requests. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from offers.parsing.alternatives import any_of
from offers.parsing.prefixes import split_prefixes
from offers.parsing.sentences import flatten
from offers.parsing.subject_words import (
    KEYWORD,
    LONGEST_SUBJECT,
    OFFER_WORD,
    asks_for_offer,
    names_appointment,
)


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


# What is only a condition, to the end of its sentence: `Sobald wir Ihren Auftrag erhalten, …`.
_CONDITION = re.compile(
    r"(?:^|(?<=[.!?;:] ))(?:nach|bei|ist|wird|sollte|after|if|when|si|se|dopo|après|per) [^.!?;]*"
    r"|(?<!\w)(?:wenn|sobald|falls|sofern|nachdem|bevor|once|as soon as|dès que|lorsque|appena) "
    r"[^.!?;]*",
    re.IGNORECASE,
)
# Words within one sentence. Texts are searched with single blanks.
_FEW_WORDS = r"[^.!?;:]{0,60}?"
_YOUR = r"(?:d(?:en|ie|as|iese[nr]?)|ihre?n?|deine?n?|eure?n?)"
# Words before a noun, but not `an einer Bestellung`.
_QUALIFIERS = r"(?:(?!(?:an|auf|bei|zu|zur|eine[nmrs]?) )[\w-]+ ){0,5}?"
_SOME_WORDS = r"(?:[\w-]+ ){0,5}?"
_ORDER = any_of(r"""
    auftrag(?!s?-?anfrage|sb)\w*|(?:nach)?bestellung\w*|beauftragung\w*|zusage|zuschlag|freigabe
    order
""")
_RECEIVED = "(?:erhalten|bekommen|eingebucht|eingegangen|vorgemerkt|notiert)(?!\\w)"
_TO = r"(?: (?!für |for |pour |de |per )[^\s.!?;:]+){0,6}"
_THANKS_FOR_ORDER = rf"""
    (?:(?:be)?dank\w*|merci)(?! (?:\w+ )?im voraus){_TO} für {_YOUR} {_QUALIFIERS}{_ORDER}
    {_YOUR} (?:[\w-]+ )?(?:auftrag|bestellung)(?: [^\s.!?;:]+){{0,4}} {_RECEIVED}
    thank(?:s| you){_TO} for (?:placing )?(?:your|the|this|an) {_SOME_WORDS}(?:order|po)(?!\w)
    received your {_SOME_WORDS}(?:order|po)(?!\w)
    (?:merci|remerci\w+){_TO} (?:de|pour) (?:votre|la) {_SOME_WORDS}(?:commande|mandat)
    reçu votre {_SOME_WORDS}(?:commande|mandat)
    (?:grazie|ringrazi\w+){_TO} per (?:il|la|l['’])? ?{_SOME_WORDS}(?:ordine|incarico)
    ricevuto (?:il|l['’]) ?(?:suo |vostro |vs\.? )?(?:ordine|incarico)
"""
# In an offer it may express a hope.
_PLEASED_ABOUT_ORDER = _compile(
    r"(?<!würden )(?<!würde )(?:freu\w+|gefreut)(?: (?!auf )[^\s.!?;:]+){0,4} "
    rf"über {_YOUR} {_QUALIFIERS}{_ORDER}"
)
_KIND_OF_INVOICE = (
    "(?:teil|schlu(?:ss|ß)|anzahlungs|abschlags|akonto|ratenzahlungs|sammel|honorar"
    "|vorauszahlungs|proforma|vorkasse)"
)
_INVOICE = rf"{_KIND_OF_INVOICE}?-?rechnung(?![^\W\d_])"
_KIND_OF_APPOINTMENT = (
    "(?:montage|besichtigungs?|besprechungs|orts|liefer|ausführungs|aufma(?:ß|ss)|abnahme|vor-ort-)"
)
# `Angebot 4711 mit Montagetermin`
_NOT_OF_OFFER = (
    r"(?<!mit )(?<!ohne )(?<!inkl\. )(?<!inkl )(?<!lt\. )(?<!laut )(?<!gemäß )(?<!gemäss )"
    r"(?<!nach )(?<!der )(?<!unserer )(?<!vom )"
)
_HERE_IS = any_of(r"""
    anbei|beiliegend|im anhang|in der anlage|beigefügt|hiermit|erhalten sie|erhältst du
    (?:über)?senden?(?!\w| sie)|schicken?(?!\w| sie)|hier(?!\w)|unterbreiten
    attached|enclosed|please find|ci-joint|en annexe|en pièce jointe|in allegato|allegat[ao]
""")
# Not what is promised: `Nach der Montage senden wir Ihnen die Rechnung`.
_ATTACHED = any_of(r"""
    anbei|beiliegend|im anhang|in der anlage|beigefügt|hiermit|(?:über)?sende ich|attached|enclosed
    please find|ci-joint|en annexe|en pièce jointe|in allegato|allegat[ao]
""")

_IN_SUBJECT: dict[Purpose, re.Pattern[str]] = {
    Purpose.TAKES_BACK: _compile(r"""
        (?:zurück(?:gezogen|ziehen|nahme|genommen)|rückzug|rücknahme)(?!\w)|widerruf(?:en)?(?!\w)
        ziehen [^.!?]{0,80}zurück(?!\w)
        withdraw(?:al|n|ing)?(?!\w)|revoked|retrait|retirée?s?(?!\w)|ritirat[ao]|ritiro|revoca(?!\w)
        retract(?:ed|ion|ing)?(?!\w)|rescinded|recall(?:ed)?(?!\w)|no longer valid|not valid any ?more
        (?:please )?(?:disregard|ignore|do not use)(?!\w)
        bitte (?:[\w-]+ ){0,4}(?:ignorieren|nicht (?:verwenden|beachten))
        nicht mehr gültig|n['’]est plus valable|ne pas tenir compte|non (?:è )?più valid[ao]|non considerare
        (?:in)?getrokken(?!\w)|intrekking|retirad[ao]s?(?!\w)|återkall\w+|tilbagekald\w+|tilbakekal\w+|peruttu
        wycofan\w+|stažen[aáoí](?!\w)|visszavon\w+|retras[ăa]?(?!\w)|umik|povučen\w*
    """),
    Purpose.CANCELS: _compile(r"""
        storno(?!\w)|stornier(?:t|ung)(?!\w)|annullier(?:t|ung)(?!\w)|absage|abgesagt|abbestell\w+
        hinfällig|gegenstandslos|ungültig
        cancel(?:l?ed|lation)(?!\w)|void(?!\w)
        annul(?:ée?s?|ation|e)(?!\w| et remplace|\W*\d)|annullat[ao]|annullamento|disdetta
    """),
    Purpose.INVOICES: _compile(rf"""
        {_INVOICE}|faktura|gutschrift|mahnung|zahlungserinnerung
        (?:proforma )?invoice|credit note|facture|avoir(?!\w)|fattura
    """),
    Purpose.CONFIRMS: _compile(r"""
        (?:auftrags|bestell)bestätigung|(?:auftrag|bestellung)(?: -)? bestätig(?:t|ung)
        lieferschein|lieferavis
        order (?:confirmation|acknowledg\w+)|delivery note
        confirmation de (?:la |votre )?commande|bon de livraison|conferma (?:d['’]ordine|ordine)
    """),
    Purpose.THANKS: _compile(rf"""
        {_THANKS_FOR_ORDER.strip()}
        beauftragt(?!\w)|zusage(?!\w)|(?:auftrag|bestellung) (?:erhalten|erteilt|eingegangen)(?!\w)
    """),
    Purpose.APPOINTS: _compile(rf"""
        {_NOT_OF_OFFER}{_KIND_OF_APPOINTMENT}-?termin\w*
        {_NOT_OF_OFFER}(?:termin(?:bestätigung|vorschlag|verschiebung|einladung)?|besichtigung)(?!\w)
        appointment|site visit|rendez-vous|appuntamento|sopralluogo
    """),
}
_SUPPLEMENT_IN_SUBJECT = _compile(r"""
    (?:jetzt )?mit an(?:hang|lagen)(?!\w)|datenbl\w+|unterlagen|nach(?:gereicht|reichung)
    ergänzung|ergänzende|rückfragen?|nachfragen?|nachfassen|erinnerung|frage(?!\w)
    \w*fotos?(?!\w)|bilder|[^?]{1,200}\?\s*$
    reminder|follow[- ]?up|with attachment|rappel|relance|sollecito|con allegato|avec annexe
""")
_ENGLISH_OFFER = r"(?:quot(?:e|ation)|offer|proposal|estimate)(?!\w)"
_ANEW = any_of(rf"""
    überarbeite\w+|revidiert\w*|aktualisiert\w*|korrigiert\w*|angepasst\w*|geändert\w*
    neue[sr]? (?:[\w-]+ )?{OFFER_WORD}|ersetzt(?! durch)
    revised|updated|corrected|amended|replaces|supersedes|new (?:quot\w+|offer)
    révisée?|modifiée?|actualisée?|corrigée?|remplace|nouve(?:lle|au) (?:offre|devis)
    aggiornat[ao]|rivist[ao]|modificat[ao]|sostituisce|nuov[ao] (?:offerta|preventivo)
""")
_OFFERS_ANEW = _compile(_ANEW)
_IN_TEXT: dict[Purpose, re.Pattern[str]] = {
    Purpose.TAKES_BACK: _compile(rf"""
        zieh(?:en|e) (?:wir|ich){_FEW_WORDS}{OFFER_WORD}{_FEW_WORDS} zurück(?!\w)
        {OFFER_WORD}{_FEW_WORDS} (?:zurückgezogen|zurückziehen|zurücktreten|widerrufen)(?!\w)
        {OFFER_WORD}{_FEW_WORDS} nicht (?:mehr |länger )?aufrecht(?:zu)?erhalten
        unser {OFFER_WORD}(?: [^\s.!?;:]+){{0,2}} ist(?: leider| damit| somit)* nicht mehr gültig
        (?:our|the) (?:quot\w+|offer) (?:\S+ )?is no longer valid
        (?:offre|devis) (?:\S+ )?n['’]est plus valable
        (?:offerta|preventivo) (?:\S+ )?non è più valid[ao]
        (?:withdraw(?:ing|n)?|revok(?:e|ing)|retract(?:ing)?|rescind){_FEW_WORDS} (?:our|the|this) {_ENGLISH_OFFER}
        {_ENGLISH_OFFER}{_FEW_WORDS} (?:withdrawn|revoked|retracted|rescinded)(?!\w)
        (?:we|i) (?:are |am |have |must |hereby ){{0,2}}(?:withdraw|retract|revok)(?:ing|e|n)? (?:it|this)(?!\w)
        (?:retir(?:ons|er|e)|annuler){_FEW_WORDS} (?:notre|cette|l['’]|le|ce) ?(?:offre|devis)
        ritir(?:iamo|are|o){_FEW_WORDS} (?:offerta|preventivo)
        trekken{_FEW_WORDS} (?:offerte|aanbieding){_FEW_WORDS} in(?!\w)
        retiramos{_FEW_WORDS} (?:oferta|presupuesto|proposta|orçamento)
    """),
    Purpose.CANCELS: _compile(rf"""
        (?:haben|wurde|wird|hiermit|ist|sei){_FEW_WORDS} (?:storniert|annulliert)
        stornieren (?:wir|hiermit)
        betrachten{_FEW_WORDS} als (?:storniert|gegenstandslos|hinfällig|erledigt|nichtig)
        stornierung haben wir|anders entschieden|bedauern{_FEW_WORDS} (?:absage|entscheidung)
        nous annulons|annulliamo|we (?:hereby )?cancel(?!\w)
        {OFFER_WORD}{_FEW_WORDS} (?:ist|damit|somit|hiermit)(?: \w+){{0,2}} (?:hinfällig|gegenstandslos)
        (?:has|have|is|was|been|hereby) cancell?ed
        (?:est|a été) annulée?|(?:è|stat[ao]) annullat[ao]
    """),
    Purpose.INVOICES: _compile(rf"""
        {_ATTACHED}{_FEW_WORDS} (?:{_INVOICE}|invoice|facture|fattura|mahnung|zahlungserinnerung)
    """),
    Purpose.CONFIRMS: _compile(rf"""
        {_ATTACHED}{_FEW_WORDS} (?:(?:auftrags|bestell)bestätigung|order confirmation)
        (?:auftrags|bestell)bestätigung (?:finden sie|liegt bei|ist beigefügt|anbei|im anhang)
        {_ORDER}{_FEW_WORDS} bestätigen (?:ihn|diese[nr]?|hiermit|wir hiermit|wir gerne)(?!\w)
        {_ATTACHED}{_FEW_WORDS} (?:confirmation de commande|conferma d['’]ordine)
        (?:hiermit|gerne|dankend) bestätige(?:n wir)?(?!\w| sie){_FEW_WORDS} (?:auftrag|bestellung)(?!\w)
        (?<!will )(?<!please )(?<!to )confirm (?:your|the) (?:[\w-]+ ){{0,2}}order
        confirmons{_FEW_WORDS} commande|confermiamo{_FEW_WORDS} ordine
    """),
    Purpose.THANKS: _compile(_THANKS_FOR_ORDER),
}
# Beside a new offer these are about the one that it replaces.
_DISREGARD_IN_TEXT = _compile(rf"""
    (?:disregard|ignore){_FEW_WORDS} (?:our|the|this|that|my) (?:[\w-]+ ){{0,2}}?{_ENGLISH_OFFER}
    {OFFER_WORD}(?: [^\s.!?;:]{{1,40}}){{0,2}} (?:bitte )?(?:ignorieren|nicht (?:verwenden|beachten))
    (?:ignorieren|vergessen) sie{_FEW_WORDS} {OFFER_WORD}
    (?:ne tenez pas|ne pas tenir|ne tenir pas){_FEW_WORDS} compte{_FEW_WORDS} (?:offre|devis)
    non{_FEW_WORDS} (?:considerare|tenere conto){_FEW_WORDS}(?: |['’])(?:offerta|preventivo)
    (?:negeer|negeren){_FEW_WORDS} (?:offerte|aanbieding)
""")
_APPOINTS_IN_TEXT = _compile(rf"""
    bestätige(?:n wir)?{_FEW_WORDS} termin(?!\w)|\w*termin findet{_FEW_WORDS} statt
    confirm{_FEW_WORDS} appointment|confirmons{_FEW_WORDS} rendez-vous
    confermiamo{_FEW_WORDS} appuntamento
""")
_ANY_OFFER = rf"(?:{OFFER_WORD}|quot(?:e|ation)|offer|proposal|offre|devis|preventivo)(?!\w)"
# Not `anbei die Bestätigung zu unserem Angebot`.
_OFFERS_IN_TEXT = _compile(rf"""
    {_HERE_IS}(?:,? (?!zu[mr]? |of |de )[^\s.!?;:,]+){{0,8}}? {_ANY_OFFER}
    unser\w* {OFFER_WORD}{_FEW_WORDS} (?:finden sie|liegt bei|anbei|im anhang)
""")
_OFFERS_ANEW_IN_TEXT = _compile(rf"""
    {_HERE_IS}{_FEW_WORDS} {_ANEW}{_FEW_WORDS} {_ANY_OFFER}
    {_HERE_IS}{_FEW_WORDS}(?: |['’]){_ANY_OFFER} {_ANEW}
""")


def find_purpose(subject: str, new_text: str) -> Purpose:
    """Return what a later mail of ours does with the offer that it names.

    Without a sign of anything else, a reply or forward supplements, and any other mail offers.
    """
    prefixes = split_prefixes(subject[:LONGEST_SUBJECT])
    text = _CONDITION.sub("", flatten(new_text))
    offers_anew = _OFFERS_ANEW.search(prefixes.rest) is not None
    is_talk = prefixes.is_reply or prefixes.is_forward
    if other := _find_other_in_subject(prefixes.rest):
        return Purpose.UNCLEAR if offers_anew else other
    if other := _find_other_in_text(text, is_talk=is_talk):
        return Purpose.UNCLEAR if offers_anew else other
    if offers_anew or _OFFERS_ANEW_IN_TEXT.search(text):
        return Purpose.OFFERS
    if _APPOINTS_IN_TEXT.search(text) and not _OFFERS_IN_TEXT.search(text):
        return Purpose.APPOINTS
    if is_talk or _SUPPLEMENT_IN_SUBJECT.search(prefixes.rest):
        return Purpose.SUPPLEMENTS
    return Purpose.OFFERS


def _find_other_in_subject(subject: str) -> Purpose | None:
    """Return what a subject does instead of offering, or None."""
    if purpose := _find_first(_IN_SUBJECT, subject):
        return purpose
    return Purpose.APPOINTS if names_appointment(subject) else None


def _find_other_in_text(text: str, *, is_talk: bool) -> Purpose | None:
    """Return what a text does instead of offering, UNCLEAR if it also offers, or None."""
    purpose = _find_first(_IN_TEXT, text)
    if purpose in (Purpose.TAKES_BACK, Purpose.CANCELS):
        return purpose
    offers = _OFFERS_IN_TEXT.search(text) is not None
    if purpose:
        return Purpose.UNCLEAR if offers else purpose
    if not offers and not _OFFERS_ANEW.search(text) and _DISREGARD_IN_TEXT.search(text):
        return Purpose.TAKES_BACK
    if is_talk and not offers and _PLEASED_ABOUT_ORDER.search(text):
        return Purpose.THANKS
    return None


def _find_first(patterns: dict[Purpose, re.Pattern[str]], text: str) -> Purpose | None:
    for purpose, pattern in patterns.items():
        if pattern.search(text):
            return purpose
    return None


_INQUIRY_SUBJECT = _compile(r"""
    (?<!ihre )(?<!ihrer )(?<!deine )(?:preis|angebots-?|offert(?:en)?-?|material|projekt)?anfragen?(?!\w)
    rfq(?!\w)|(?<!your )(?:inquiry|enquiry)|price request|request for (?:a )?(?:price|quot\w+)
    (?<!votre )demande (?:de |d['’])(?:devis|prix|offre|tarif)
    (?<!vostra )richiesta (?:di |d['’])?(?:offerta|preventivo|prezz\w+)
""")
_NOT_OURS = r"(?:(?!(?:zu[mr]?|unser\w*|auf|über) )[\w-]+ ){0,3}?"
_INQUIRY_TEXT = _compile(rf"""
    bitten?(?: \w+){{0,2}} um {_NOT_OURS}{OFFER_WORD}
    (?:könn\w+|würden|machen|erstellen|schicken|senden) (?:sie|ihr){_FEW_WORDS} {OFFER_WORD}
    (?:könn\w+|würden) (?:sie|ihr){_FEW_WORDS} (?:offerieren|anbieten|preis (?:nennen|machen))
    (?:benötig\w+|brauch\w+|suchen|wünsch\w+|hätten? gern\w*|interess\w+){_FEW_WORDS} {OFFER_WORD}
    über (?:ein|ihr)\w* {OFFER_WORD}{_FEW_WORDS} freuen
    {OFFER_WORD} (?:abzugeben|abgeben|einzureichen)
    (?:anfragen|anbieten){_FEW_WORDS}\?|was (?:kostet|würden?{_FEW_WORDS} kosten)|bieten sie uns
    please (?:send|let us have|provide|submit){_FEW_WORDS} (?:quot\w+|offer|proposal|estimate)
    please quote|(?:could|can|would) you{_FEW_WORDS} (?:quot\w+|offer|estimate|price)
    (?:would )?like{_FEW_WORDS} (?:an? )(?:quot\w+|offer|estimate)
    (?:pou(?:vez|rriez)-vous|merci de|veuillez|souhait\w+){_FEW_WORDS} (?:devis|offre)(?!\w)
    quel est le prix|quanto costa
    (?:potete|potreste|può|potrebbe|vorremmo|vorrei|chiediamo){_FEW_WORDS} (?:offerta|preventivo)
""")


def is_inquiry(subject: str, new_text: str) -> bool:
    """Return whether a mail asks us for an offer, and brings none itself."""
    rest = split_prefixes(subject[:LONGEST_SUBJECT]).rest
    text = flatten(new_text)
    if _OFFERS_IN_TEXT.search(text):
        return False
    if _INQUIRY_SUBJECT.search(rest) or asks_for_offer(rest):
        return True
    return _INQUIRY_TEXT.search(text) is not None and not KEYWORD.match(rest)


# The writer offers something: `unser Angebot`, but not `Ihr Angebot`.
_OWN_OFFER = _compile(rf"""
    (?<!zu )unser\w* (?:[\w-]+ )?{OFFER_WORD}|bieten wir|biete ich|our (?:[\w-]+ )?(?:quot\w+|offer|proposal)
    we (?:are pleased to |gladly )?(?:offer|quote)|notre (?:[\w-]+ )?(?:offre|devis)
    nous (?:vous )?(?:proposons|offrons)|nostr[ao] (?:offerta|preventivo)|onze (?:offerte|aanbieding)
""")
# An offer that is there already.
_KNOWN_OFFER = _compile(rf"""
    (?:ihr\w*|das|de[mnrs]|die|dieses?|[avz]om|zum|zur|im|am|beim|dein\w*|euer|eurem) (?:[\w-]+ ){{0,2}}?{OFFER_WORD}
    (?:your|the|this|that|votre|le|l['’]|il|la|su[ao]|vostr[ao]) ?(?:[\w-]+ ){{0,2}}?{_ANY_OFFER}
""")
# The usual words about an offer that is there, or that was ordered.
_HAGGLING = _compile(r"""
    rabatt|skonto|nachlass|günstiger|billiger|zu teuer|bestell\w*|beauftrag\w*|aufträge?|liefer(?:zeit|termin)\w*
    rückfrage\w*|discount|too expensive|orders?(?!\w)|lead time|commande|remise|sconto|ordine
""")
_LOOKING_FORWARD = _compile(rf"""
    über (?:ein|ihr)\w* (?:[\w-]+ )?{OFFER_WORD}{_FEW_WORDS} freuen|freu\w+{_FEW_WORDS} (?:auf|über) ihr\w* {OFFER_WORD}
    look\w* forward to (?:receiving )?your {_ENGLISH_OFFER}
""")


def brings_own_document(subject: str, new_text: str) -> bool:
    """Return whether the writer sends an offer, an invoice or the like of the own company."""
    text = flatten(new_text)
    if _OFFERS_IN_TEXT.search(text) or _OWN_OFFER.search(text):
        return True
    purpose = find_purpose(subject, new_text)
    return purpose in (Purpose.INVOICES, Purpose.CONFIRMS, Purpose.THANKS, Purpose.UNCLEAR)


def is_new_inquiry(subject: str, new_text: str) -> bool:
    """Return whether a mail plainly asks for another offer, and not about one that is there."""
    if not is_inquiry(subject, new_text):
        return False
    text = _LOOKING_FORWARD.sub("", flatten(f"{subject}\n{new_text}"))
    is_about_known = _KNOWN_OFFER.search(text) or _OFFERS_ANEW.search(text)
    return not is_about_known and not _HAGGLING.search(text)
