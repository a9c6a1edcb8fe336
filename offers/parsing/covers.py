"""What in a subject looks like an offer number and is the number of something else: covered up
before the search.
"""

from __future__ import annotations

import re

from crm.core.months import MONTH_PATTERN
from offers.parsing.subjects import COUNTED_REPLY

HIDDEN = "\x00"
# The larger towns: a number of four or five digits before one of them is as likely its postcode.
_TOWNS = (
    "Berlin|Hamburg|München|Köln|Frankfurt|Stuttgart|Düsseldorf|Leipzig|Dortmund|Essen|Bremen|Dresden|Hannover|Nürnberg"
    "|Duisburg|Bochum|Wuppertal|Bielefeld|Bonn|Münster|Mannheim|Karlsruhe|Augsburg|Wiesbaden|Mönchengladbach|Kiel|Aachen"
    "|Braunschweig|Chemnitz|Magdeburg|Freiburg|Krefeld|Mainz|Lübeck|Erfurt|Oberhausen|Rostock|Kassel|Hagen|Potsdam"
    "|Saarbrücken|Hamm|Ludwigshafen|Oldenburg|Osnabrück|Leverkusen|Heidelberg|Darmstadt|Solingen|Regensburg|Paderborn"
    "|Ingolstadt|Würzburg|Fürth|Wolfsburg|Ulm|Heilbronn|Pforzheim|Göttingen|Reutlingen|Koblenz|Trier|Jena|Erlangen|Siegen"
    "|Cottbus|Hildesheim|Konstanz|Passau|Bayreuth|Bamberg|Rosenheim|Kempten|Landshut|Ravensburg|Offenburg|Tübingen"
    "|Zürich|Genf|Genève|Basel|Lausanne|Bern|Winterthur|Luzern|St\\.? ?Gallen|Lugano|Biel|Thun|Bellinzona|Köniz"
    "|Fribourg|Schaffhausen|Chur|Uster|Sion|Zug|Aarau|Baden|Solothurn|Olten|Frauenfeld|Rapperswil|Wil|Davos|Kreuzlingen|Vaduz"
    "|Wien|Graz|Linz|Salzburg|Innsbruck|Klagenfurt|Villach|Wels|St\\. Pölten|Dornbirn|Steyr|Feldkirch|Bregenz|Leoben"
    "|Krems|Kufstein|Hallein|Paris|Lyon|Strasbourg|Mulhouse|Milano|Roma|Torino|Bolzano|Bozen|Meran|Trento"
)
_YEAR = r"(?:19|20)\d\d"
_CURRENCY = r"(?:EUR|Euro|CHF|SFr\.?|Fr\.|USD|GBP|€|\$|£)"
_TOKEN = r"[A-Za-z]{0,5}[-–/._]?\d[\w./–-]*"  # noqa: S105 - a pattern, no secret
_OTHER_NUMBERS = (
    r"(?:rechnung|submission|vergabe|lv|leistungsverzeichnis|rückruf|rückfragen|gutschrift|mahnung|auftrag|bestell|lieferschein|lieferung|anfrage|ausschreibung|projekt|project|ticket|vorgang|bauvorhaben|bv|aktenzeichen|az|zeichen|kd|debitor"
    r"|kunden|kunde|plz|artikel|art\.|kommission|invoice|order|purchase|inquiry|enquiry|rfq|case|fall|vertrag|contract|facture|commande"
    r"|projet|fattura|ordine|progetto|nachtrag|los|position|pos\.|halle|haus|etage|raum|zimmer|aufzug|maschine|anlage|serie|gerät|objekt|parzelle|konto|liegenschaft|kw|seite|teil|phase)"
)
_COVERS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # tags of ticket systems and gateways; the counter of a reply
        r"\[[^\]]{0,60}(?:\#|ticket|case|extern)[^\]]{0,60}\]",
        rf"(?<![^\s:]){COUNTED_REPLY}",
        # days and months
        r"(?<![\w./])(?<!\w-)[0-3]?\d\.\s?[01]?\d\.(?:\s?(?:19|20)?\d\d)?(?!\d)",
        rf"(?<![\w./-])[0-3]?\d/[01]?\d/{_YEAR}(?![\d/-])",
        rf"(?<![\w./-]){_YEAR}([-/.])[01]\d\1[0-3]\d(?![\w/-])",
        rf"(?<![\w./-])[0-3]\d-[01]\d-{_YEAR}(?![\w/-])",
        rf"(?<![\w./-])[0-3]?\d\.?\s*{MONTH_PATTERN}\b\.?(?:\s*{_YEAR})?(?!\d)",
        rf"\b{MONTH_PATTERN}\.?\s+{_YEAR}(?!\w)",
        rf"(?<![\w./-]){_YEAR}[-–/]{_YEAR}(?![\w/-])",
        r"(?<![\w./-])[QH][1-4][/ -]?(?:20)?\d\d(?![\w/-])",
        # money and amounts
        rf"{_CURRENCY}\s*\d[\d.,'’]*(?:[.,]?[-–]+)?",
        rf"(?<![\w./-])\d[\d.,'’]*(?:[.,]?[-–]+)?\s?{_CURRENCY}(?![^\W_])(?!\s*\d)",
        r"(?<![\w./-])\d{1,3}(?:[.'’]\d{3})*,\d\d(?![\w/-])",
        r"(?<![\w./-])\d+(?:[.,]\d+)?\s?(?:%|x(?=\s?\d)|stück|stk|pcs|pieces|units|pièces|pezzi|m²|m2|qm|mm|cm|km|kg|kw|kwp|kwh"
        r"|liter|positionen|tage|wochen|monate|jahre|lizenzen|personen|fenster[n]?|türen)(?!\w)\.?",
        r"(?<![\w./-])\d{1,4}\s?x\s?\d{1,4}(?:\s?x\s?\d{1,4})?(?!\w)",
        r"(?<![\w./-])(?:tel|telefon|fax|mobil|phone)\b[.:]*\s*\+?\d[\d /-]*",
        r"\+\d[\d ()/-]{6,}|\(0\d{1,4}\)\s?\d[\d /-]*",
        # where people live, and what they pay their taxes under
        r"(?<![\w./-])(?:CH|FL)-\d{4}(?=\s+[^\W\d_])",
        rf"(?<![\w./-])(?:[ADF]-)?\d{{4,5}}(?=\s+(?:{_TOWNS})(?![^\W\d_]))",
        r"(?<!\w)(?:ATU\s?\d{8}|DE\s?\d{9}|CHE-?\s?\d{3}\.?\d{3}\.?\d{3})(?!\w)",
        # numbers of something else, and versions
        rf"(?<![^\W_])(?![^\W\d_]{{0,30}}(?:angebot|offert)){_OTHER_NUMBERS}[^\W\d_]{{0,20}}[-.:]{{0,2}}\s?(?:(?:nr|no|nummer|number|n°|id)(?![^\W\d_])[.:]*|\#|:)?\s*{_TOKEN}",
        r"(?<![^\W_])(?:rev(?:ision)?|version|vers|variante|var|index)[. ]{0,2}(?:\d[\d.]*|[a-z])(?![^\W_])",
        r"(?<![^\W_])v[. ]{0,2}\d[\d.]*(?![^\W_])",
    )
)


def cover(subject: str) -> str:
    """Return the subject, same length, with everything hidden that is a number of something
    else.
    """
    for pattern in _COVERS:
        subject = pattern.sub(hide, subject)
    return subject


def hide(found: re.Match[str]) -> str:
    """Return what stands for a covered piece: as many HIDDEN characters as it has."""
    return HIDDEN * len(found[0])
