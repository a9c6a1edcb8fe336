"""Hide the numbers of other things in a subject: dates, amounts, postcodes, orders. Pure."""

from __future__ import annotations

import re

from crm.core.months import MONTH_PATTERN
from offers.parsing.alternatives import any_of
from offers.parsing.prefixes import COUNTED_REPLY

HIDDEN = "\x00"

# Larger towns: a number of four or five digits before one of them may be its postcode.
_TOWN = any_of(r"""
    Berlin|Hamburg|München|Köln|Frankfurt|Stuttgart|Düsseldorf|Leipzig|Dortmund|Essen|Bremen
    Dresden|Hannover|Nürnberg|Duisburg|Bochum|Wuppertal|Bielefeld|Bonn|Münster|Mannheim|Karlsruhe
    Augsburg|Wiesbaden|Mönchengladbach|Kiel|Aachen|Braunschweig|Chemnitz|Magdeburg|Freiburg
    Krefeld|Mainz|Lübeck|Erfurt|Oberhausen|Rostock|Kassel|Hagen|Potsdam|Saarbrücken|Hamm
    Ludwigshafen|Oldenburg|Osnabrück|Leverkusen|Heidelberg|Darmstadt|Solingen|Regensburg|Paderborn
    Ingolstadt|Würzburg|Fürth|Wolfsburg|Ulm|Heilbronn|Pforzheim|Göttingen|Reutlingen|Koblenz|Trier
    Jena|Erlangen|Siegen|Cottbus|Hildesheim|Konstanz|Passau|Bayreuth|Bamberg|Rosenheim|Kempten
    Landshut|Ravensburg|Offenburg|Tübingen|Zürich|Genf|Genève|Basel|Lausanne|Bern|Winterthur
    Luzern|St\.? ?Gallen|Lugano|Biel|Thun|Bellinzona|Köniz|Fribourg|Schaffhausen|Chur|Uster|Sion
    Zug|Aarau|Baden|Solothurn|Olten|Frauenfeld|Rapperswil|Wil|Davos|Kreuzlingen|Vaduz|Wien|Graz
    Linz|Salzburg|Innsbruck|Klagenfurt|Villach|Wels|St\. Pölten|Dornbirn|Steyr|Feldkirch|Bregenz
    Leoben|Krems|Kufstein|Hallein|Paris|Lyon|Strasbourg|Mulhouse|Milano|Roma|Torino|Bolzano|Bozen
    Meran|Trento
""")
_YEAR = r"(?:19[5-9]|20[0-3])\d"
_CURRENCY = r"(?:EUR|Euro|CHF|SFr\.?|Fr\.|USD|GBP|€|\$|£)"
_AMOUNT = r"\d[\d.,'’]*(?:[.,]?[-–]+)?"
_UNIT = any_of(r"""
    %|x(?=\s?\d)|stück|stk|pcs|pieces|units|pièces|pezzi|m²|m2|qm|mm|cm|km|kg|kw|kwp|kwh
    liter|positionen|tage|wochen|monate|jahre|lizenzen|personen|fenster[n]?|türen
""")
# Documents, projects and customers with numbers: these words and longer ones that begin with them.
_DOCUMENT = any_of(r"""
    rechnung|submission|vergabe|lv|leistungsverzeichnis|rückruf|rückfragen|gutschrift|mahnung
    auftrag|bestell|lieferschein|lieferung|anfrage|ausschreibung|projekt|proj\.|project|ticket
    vorgang|bauvorhaben|bv|aktenzeichen|az|zeichen|kd|debitor|kunden|kunde|plz|kommission|customer
    invoice|order|purchase|inquiry|enquiry|rfq|case|fall|vertrag|contract|facture|commande|projet
    fattura|ordine|progetto|nachtrag|client|lieferant|kreditor|supplier|vendor|chantier|cantiere
    dossier|affaire|commessa|parzelle|konto|kostenstelle|liegenschaft|gebäude|filiale|wohnung|zone
    best\.|job|bkp|npk|bvh|reklamation|polizze|police|versicherungsschein|typenschild
""")
# Goods and places with numbers: these words, the first also as the end of a longer one.
_THING = (
    "(?:"
    + any_of(r"""
    [^\W\d_]{0,20}(?:zeichnung|teil|artikel|auftrag|vertrag|bestellung)
    zeichn\.|zchn|zng|skizze|drawing|dwg|dessin|disegno|art\.|article|articolo
    item|part|pièce|pezzo|baugruppe|werkstück|stückliste|material|charge|codice
    maschine|anlage|serie|gerät|objekt|aufzug|los|position|pos\.|halle|haus|etage|raum|zimmer
    büro|kw|seite|phase
""")
    + ")(?:en|es|e|n|s)?(?:-?(?:nummer|nr))?"
)
# Short words, not parts of longer ones.
_SHORT_THING = any_of(r"""
    plan|pläne|typ|type|modell|modèle|modello|sn|s\/n|p\/n|mat|kst|uid|hrb|ean|ust-?id
    (?:ihre?|your|votre|vostra|vs\.?) (?:referenz|reference|référence|rif\.?|ref\.?)
""")
_NORM = any_of("DIN|EN|ISO|ÖNORM|SIA|VDI|VDE|RAL|NCS|IEC|ASTM|DGUV|SN")
# Not followed by `-Nr.`: the number of an offer or of a document that may be one.
_NOT_OF_OFFER = (
    "(?![^\\W\\d_]{0,30}(?:angebot|anbot|offert|voranschl)|ang(?:eb)?[.-]|kva?[.-]"
    "|quot|offer|offre|devis|prevent|estimate|proposal|preisauskunft|beleg|dok|ref)"
)
_NUMBER_SIGN = r"(?:(?:nr|no|nummer|number|n°|id)(?![^\W\d_])[.:]*|n[.°º]|\#|:)"
_LONG_NUMBER_WORD = r"[^\W\d_]{2,30}\.?-?(?:nr|nummer)(?![^\W\d_])"
_ANY_NUMBER = r"[A-Za-z]{0,5}[-–/._]?\d[\w./–-]*"
_MORE_NUMBERS = rf"(?:(?:\s?[,+&]\s?|\s(?:und|u\.|bis|and|et|e)\s){_ANY_NUMBER})*"
# Not inside a longer number: `2026-3.9.` contains no day.
_ALONE = r"(?<![\w./-])"

_TAGS_AND_COUNTERS = (
    r"\[[^\]]{0,60}(?:\#|ticket|case|extern)[^\]]{0,60}\]",
    rf"(?<![^\s:]){COUNTED_REPLY}",
)
_DAYS_AND_MONTHS = (
    r"(?<![\w./])(?<!\w-)[0-3]?\d\.\s?[01]?\d\.(?:\s?(?:19|20)?\d\d)?(?!\.?\d)",  # 3.9.2026
    rf"{_ALONE}[0-3]?\d/[01]?\d/{_YEAR}(?![\d/-])",  # 3/9/2026
    rf"{_ALONE}{_YEAR}([-/.])[01]\d\1[0-3]\d(?![\w/-])",  # 2026-09-03
    rf"{_ALONE}[0-3]\d-[01]\d-{_YEAR}(?![\w/-])",  # 03-09-2026
    # 3. September
    rf"{_ALONE}[0-3]?\d\.?\s*(?=[^\W\d_]{{3}}){MONTH_PATTERN}\b\.?(?:\s*{_YEAR})?(?!\d)",
    # September 2026; the cheap look ahead saves the list of months at other words
    rf"\b(?=[^\W\d_]{{3,9}}\.?\s+\d){MONTH_PATTERN}\.?\s+{_YEAR}(?!\w)",
    rf"{_ALONE}{_YEAR}\s?[-–/]\s?{_YEAR}(?![\w/-])",  # 2026/2027
    rf"{_ALONE}[QH][1-4][/ -]?(?:20)?\d\d(?![\w/-])",  # Q3/26
)
_AMOUNTS = (
    rf"{_CURRENCY}\s*{_AMOUNT}",
    rf"{_ALONE}{_AMOUNT}\s?{_CURRENCY}(?![^\W_])(?!\s*\d)",
    rf"{_ALONE}\d{{1,3}}(?:[.'’]\d{{3}})*,\d\d(?![\w/-])",  # 1.234,50
    rf"{_ALONE}\d[\d.'’]*[.,][-–]{{1,2}}(?!\w)",  # 3000.--
    rf"{_ALONE}\d+(?:[.,]\d+)?\s?{_UNIT}(?!\w)\.?",  # 12 Stk.
    rf"{_ALONE}\d{{1,4}}\s?x\s?\d{{1,4}}(?:\s?x\s?\d{{1,4}})?(?:v|mm|cm|m)?(?!\w)",  # 120 x 80
    rf"{_ALONE}(?:\d+(?:[.,]\d+)?(?:V|Hz|lm|dB)|M\d{{1,3}}x\d{{1,4}})(?![\w.])",
)
_PHONES_PLACES_AND_TAXES = (
    rf"{_ALONE}(?:tel|telefon|fax|mobil|phone)\b[.:]*\s*\+?\d[\d /-]*",
    r"\+\d[\d ()/-]{6,}|\(0\d{1,4}\)\s?\d[\d /-]*",  # +41 71 555 01 11
    r"(?<!\w)0(?:\d{2,4}[ /-]\d{5,8}|\d/\d{7}|\d{2,4}(?:[ /]\d{2,3}){2,3})(?!\d)",  # 0664 4471120
    r"(?<!\w)(?:am|an der) [^\W\d_]+ \d{1,3}(?:/\d{1,3}){1,2}(?![\w./-])",  # Am Graben 26/118
    # Hauptstraße 118-120
    r"(?<=[^\W\d_]{2})(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|allee) \d{1,3}[a-z]?"
    r"(?:[-/+]\d{1,3}[a-z]?)?(?![\w./-])",
    rf"{_ALONE}(?:(?:CH|FL|L)-\d{{4}}|I-39\d{{3}})(?=\s+[^\W\d_])",  # CH-9000 Ort
    rf"{_ALONE}(?:[ADF]-)?\d{{4,5}}(?=\s+{_TOWN}(?![^\W\d_]))",  # 9000 St. Gallen
    # VAT numbers
    r"(?<!\w)(?:ATU\s?\d{8}|DE\s?\d{9}|CHE-?\s?\d{3}\.?\d{3}\.?\d{3})(?!\w)",
    r"(?<!\w)(?:FR|IT|ES|NL|PL|BE)\d{9,11}(?!\w)",
    r"(?<!\w)IBAN[:\s]{0,2}[A-Z]{2}\d\d(?: ?[A-Z\d]{2,4}){0,8}",
)
_NUMBERS_OF_OTHER_THINGS = (
    # Bestell-Nr. 4500012345, Projekt: 17, but not Projektangebot 17. The look ahead saves the list
    # of words where no digit is near.
    rf"(?<![^\W_])(?=[^\d]{{1,50}}\d){_NOT_OF_OFFER}(?:{_DOCUMENT}[^\W\d_]{{0,20}}"
    rf"|{_THING}(?!\W{{1,3}}AN[G-]?-?\d)|{_SHORT_THING}|{_LONG_NUMBER_WORD})"
    rf"[-.:]{{0,2}}\s?{_NUMBER_SIGN}?\s*{_ANY_NUMBER}{_MORE_NUMBERS}",
    rf"(?<![^\W_]){_NORM}(?:[ -](?:EN|ISO|B))?[ -]?\d[\d.:/-]*",
)
_VERSIONS = (
    r"(?<![^\W_])(?:rev(?:ision)?|version|vers|variante|var|index)[. ]{0,2}(?:\d[\d.]*|[a-z])"
    r"(?![^\W_])",
    r"(?<![^\W_])v[. ]{0,2}\d[\d.]*(?![^\W_])",
)
_PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        *_TAGS_AND_COUNTERS,
        *_DAYS_AND_MONTHS,
        *_AMOUNTS,
        *_PHONES_PLACES_AND_TAXES,
        *_NUMBERS_OF_OTHER_THINGS,
        *_VERSIONS,
    )
]


def hide_other_numbers(subject: str) -> str:
    """Return the subject, in the same length, with the numbers of other things hidden."""
    for pattern in _PATTERNS:
        subject = pattern.sub(hide, subject)
    return subject


def hide(found: re.Match[str]) -> str:
    """Return as many HIDDEN characters as the match is long."""
    return HIDDEN * len(found[0])
