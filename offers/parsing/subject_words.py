"""Recognise by its words what a subject is about: an offer, a request, an invoice. Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of
from offers.parsing.other_numbers import hide
from offers.parsing.prefixes import split_prefixes

LONGEST_SUBJECT = 1000

# Words for an offer in German, compounds such as `Nachtragsangebot` and `Angebotsnummer` included,
# but not `Angebotsanfrage`.
_NOT_OF_AN_OFFER = any_of("""
    anfrag|anforderung|aufforderung|einhol|frist|öffnung|eröffnung
""")
OFFER_WORD = any_of(rf"""
    [^\W\d_]{{0,40}}(?:angebot|anbot)(?!s?-?(?:{_NOT_OF_AN_OFFER}|abgabe))[^\W\d_]{{0,40}}
    [^\W\d_]{{0,40}}offert(?!(?:en)?s?-?{_NOT_OF_AN_OFFER})[^\W\d_]{{0,40}}
    [^\W\d_]{{0,40}}kosten-?voranschl[aä]g[^\W\d_]{{0,40}}|kva
""")
KEYWORD = re.compile(
    r"(?<![^\W\d_])"
    + any_of(rf"""
        ang(?:eb)?(?=\.|[ -]*nr)|offert[ae]\s(?:di\sprezzo|economic[ah]e?)
        {OFFER_WORD}|preisauskunft
        voranschl[aä]g(?=,?\s(?:nr|no|nummer)|\s?[:\#])
        quotations?|quotes?|offers?(?: letter)?|proposals?|estimates?
        offres?(?:\s+de\s+(?:prix|services?)|\s+commerciale)?|devis(?:\s+estimatif)?|preventiv[oi]
    """)
    + r"(?![^\W\d_])",
    re.IGNORECASE,
)
# An ambiguous abbreviation; with a number after it, a person decides.
_MAYBE_KEYWORD = re.compile(
    r"(?<!\w)KV(?=[-. ]{0,2}(?:(?i:nr|no)|\d))|(?<!\w)(?i:angebots|anbots)-?abgabe(?! bis)"
)

# Requests for an offer; a number in them is not that of an offer. `Bitte um Freigabe Angebot 4711`
# is another request: only small words may stand between the request and the word for an offer.
_SMALL_WORDS = r"(?-i:(?:[a-zäöüß]+ |Ihr\w* ){0,3})"
_ASKING = r"(?:bitten?|ersuchen|anfrage(?! zu)):?(?: sie)?"
_FOR = r"(?: (?:um|für|wegen|nach|auf|bezüglich|bzgl\.))?"
_SOME_OFFER = r"(?<!unser )(?<!unsere )(?:angebot|anbot|offert|kosten-?voranschl|kva(?!\w)|quot)\w*"
_HANDING_IN = "(?:(?:er)?stellung|legung|abgabe|eingabe)"
_NO_NUMBER_AFTER = r"(?!\w|\W*(?:nr|no)?\W*(?!\d{1,3} [^\W\d_])(?-i:[A-Z]{1,5}[-/ ])?\d)"
_REQUEST = re.compile(
    any_of(rf"""
        {_ASKING}{_FOR} {_SMALL_WORDS}{_SOME_OFFER}{_NO_NUMBER_AFTER}
        (?:einladung|aufforderung) (?:zur|zum) {_SMALL_WORDS}(?:angebot|anbot|offert)\w*
        (?:zur|für die|für eine|zwecks) (?:angebots|anbots|offert)-?{_HANDING_IN}
        (?:abgabe|legung|einholung|einholen) (?:von )?{_SMALL_WORDS}(?:angebot|anbot|offert)\w*
        (?:erbitten|anforderung) (?:von )?{_SMALL_WORDS}(?:angebot|anbot|offert)\w*
        request for (?:a )?(?:quot\w+|proposal|offer)|(?:quot\w+|offer) request
        invitation to (?:quote|tender)
        please (?:quote|send (?:us )?(?:your |an? )?(?:best )?(?:quot|offer)\w*)
        (?:angebot|anbot|offerte?|kva|kosten-?voranschlag) erbeten
        demande (?:de (?:devis|prix)|d['’]offre)|richiesta (?:di |d['’])?(?:offerta|preventivo)
    """),
    re.IGNORECASE,
)
_COMPOUND_REQUEST = re.compile(
    r"(?:angebots?-?|anbots?-?|offert(?:en)?-?)(?:anfrage|anforderung)", re.IGNORECASE
)
# A reply to a request often keeps its subject, so the mail may be the offer.
_ANSWER = re.compile(
    r"(?<!\w)(?:Ihrer?|deine|eure|your(?! (?:best|quot|offer|price))|votre|vostra|vs)(?!\w)",
    re.IGNORECASE,
)
# Offers of other things: work, and tenders to which others may bid.
_NO_OFFER = re.compile(
    any_of(r"""
        (?<!\w)(?:stellen|job|arbeits(?:platz|stellen)?|ausbildungsplatz|praktikums)-?angebot\w*
        job offers?|offres? d['’]emploi|offres? de (?:stage|poste)
        offert[ae] di (?:lavoro|impiego)|appels? d['’]offres?
    """),
    re.IGNORECASE,
)
_OCCASION = any_of(r"""
    sonder|tages|wochen|monats|aktions|fr(?:ü|ue)hjahrs|sommer|herbst|winter|weihnachts|oster
    saison|friday|restposten|jubiläums|kennenlern|einstiegs|frühbucher|exklusiv
""")
_ADVERT = re.compile(
    any_of(rf"""
        {_OCCASION}-?angebot
        (?:special|speciale?s?|spéciale?s?) (?:offer|offre|offerta)
        (?:offre|offerta)s? (?:spécial|special)
    """),
    re.IGNORECASE,
)
_DRAFT_WORD = "(?:entwurf|draft|bozza|brouillon)"
_DRAFT = re.compile(
    any_of(rf"""
        ^\W*{_DRAFT_WORD}\b
        [(\[]\s*{_DRAFT_WORD}\s*[)\]]
        angebotsentwurf
    """),
    re.IGNORECASE,
)
# Documents that name an offer but are none. Before the word for an offer they count, as in
# `Auftragsbestätigung zu Angebot 4711`; in `Angebot 4711, Ihre Bestellung` they do not.
_OTHER_DOCUMENT = re.compile(
    r"(?<!\w)"
    + any_of(r"""
        [^\W\d_]{0,30}(?:rechnung|gutschrift|mahnung)|auftrags(?:bestätigung|erteilung)
        zahlungserinnerung|storno|stornierung|(?:nach)?bestellung|bestellbestätigung
        lieferschein|lieferavis|reklamation|beanstandung|mängel(?:rüge|anzeige)|complaint
        réclamation|reclamo|contestazione
        (?:proforma )?invoice|(?:your|our) order|order confirmation|purchase order
        delivery note|credit note
        facture|commande|bon de livraison|avoir|fattura|conferma d['’]ordine|ordine|bolla
    """)
    + r"(?![^\W\d_])",
    re.IGNORECASE,
)
# These count anywhere in the subject.
_CONFIRMATION = re.compile(
    r"(?<!\w)"
    + any_of(r"""
        auftragsbestätigung|lieferschein|schlussrechnung|order confirmation|delivery note
        confirmation de commande|conferma d['’]ordine
    """)
    + r"(?!\w)",
    re.IGNORECASE,
)
# The first words of calendar invitations and of the answers to them.
_APPOINTMENT_WORD = any_of(r"""
    einladung|zusage|zugesagt|absage|abgesagt|abgelehnt|mit vorbehalt|akzeptiert|angenommen
    besprechung\w*|aktualisierte einladung
    (?:updated )?invitation|accepted|declined|tentative|cancell?ed|invito|accettato
""")
_APPOINTMENT = re.compile(
    rf"\W*(?:{_APPOINTMENT_WORD}\b.{{0,40}}?:|[^\W\d_]{{0,20}}termin(?!al|us)\w*)", re.IGNORECASE
)


def has_keyword(subject: str) -> bool:
    """Return whether a subject may be that of an offer, with or without a number."""
    subject = subject[:LONGEST_SUBJECT]
    rest = hide_requests(subject)
    if KEYWORD.search(rest) or _MAYBE_KEYWORD.search(rest):
        return True
    if not asks_for_offer(subject):
        return False
    # A request is none, unless it is answered: `AW: Anfrage`, `Ihre Angebotsanfrage`.
    return split_prefixes(subject).is_reply or _ANSWER.search(subject) is not None


def asks_for_offer(subject: str) -> bool:
    """Return whether a subject asks for an offer."""
    return bool(_REQUEST.search(subject) or _COMPOUND_REQUEST.search(subject))


def names_other_document(subject: str) -> bool:
    """Return whether a subject with an offer number is that of an invoice, an order or the like."""
    keyword = KEYWORD.search(subject)
    before = subject[: keyword.start()] if keyword else subject
    return bool(_OTHER_DOCUMENT.search(before) or _CONFIRMATION.search(subject))


def names_appointment(subject: str) -> bool:
    """Return whether a subject is that of an invitation to a meeting, or of an answer to one."""
    return _APPOINTMENT.match(subject) is not None


def is_draft(subject: str) -> bool:
    """Return whether a subject says that the offer is a draft."""
    return _DRAFT.search(subject) is not None


def is_advert(subject: str) -> bool:
    """Return whether a subject advertises a special offer."""
    return _ADVERT.search(subject) is not None


def hide_requests(subject: str) -> str:
    """Return the subject without requests for an offer and without offers of other things."""
    return _NO_OFFER.sub(hide, _REQUEST.sub(hide, subject))
