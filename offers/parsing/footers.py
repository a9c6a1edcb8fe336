"""Separate what a person wrote from banners, signatures, disclaimers and scan notes. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from offers.parsing.folding import compile_words, fold

_LONGEST_TEXT = 20_000
_MOST_LINES = 400
_LONGEST_CLOSING = 50

# One line that a gateway, a virus scanner, a ticket system or a telephone adds.
_ADDED_LINE = compile_words(r"""
    [^.]{0,120}(?:schadsoftware|malware|virenscanner\w*|phishing)
    [^.]{0,60}(?:auf|nach) viren (?:geprüft|überprüft|untersucht|gescannt)
    (?:keine viren|virenfrei|virus-?free|viruses? found|kein virus|sans virus|garantita priva)
    [^.]{0,80}(?:checked|scanned|tested) (?:for|by) (?:viruses|virus|malware|avast|avg|sophos)
    [^.]{0,80}(?:avast|avg|sophos|mcafee|kaspersky|symantec|messagelabs|mimecast|hornetsecurity)\b
    [^.]{0,60}(?:analyse|verifie|controle)\w* [^.]{0,30}(?:virus|antivirus)
    [^.]{0,60}(?:e stata|stata) [^.]{0,30}(?:controllata|scansionata)
    [^.]{0,60}(?:op virussen|na virusy|na viry|viruskontroll\w*|virusscann\w*|antivir\w*|pa virus)
    (?:von|mit) meine[mr] (?:iphone|ipad|handy|smartphone|samsung|mobil|huawei|xiaomi|android)
    gesendet (?:von|mit|uber|aus)|diese nachricht wurde von meinem .{0,40}gesendet
    sent (?:from|with|via) |get outlook for|holen sie sich outlook|von unterwegs gesendet
    envoye (?:de|depuis) |inviato da(?:l mio)? |verzonden (?:met|vanaf|van) |verstuurd van
    wyslano z |wysłane z |odeslano z |odoslane z |enviado desde |enviado do |skickat fran
    sendt fra |lahetetty |trimis de pe |poslano (?:s|z|iz) |kuldve
    (?:caution|warning|achtung|vorsicht)\b.{0,20}(?:e-?mail|mail|nachricht|message)
    (?:caution|warning|achtung|vorsicht)\b.{0,20}(?:sender|absender|email|extern)
    (?:warnung|attention|extern|external|externe)\b.{0,20}(?:e-?mail|mail|nachricht|message)
    (?:warnung|attention|extern|external|externe)\b.{0,20}(?:sender|absender|email|extern)
    (?:diese|this|cette) (?:e-?mail|nachricht|message) (?:kommt|stammt|came)
    (?:diese|this|cette) (?:e-?mail|nachricht|message) (?:comes|originated|provient)
    (?:you don't often get|sie erhalten nicht (?:oft|haufig)|learn why this is important)
    bitte (?:antworten|schreiben) sie (?:oberhalb|über)|please (?:type|reply|write) above
    reply above|antwort (?:bitte )?oberhalb|in replies all text|type your reply above
    (?:denken sie|bitte denken|bitte prufen|please consider|pensez|prima di stampare|think before)
""")  # fmt: skip
# The beginning of a legal text: the rest of its paragraph belongs to it.
_LEGAL_LINE = compile_words(r"""
    [^.]{0,30}(?:e-?mail|nachricht|mitteilung)[^.]{0,60}(?:vertraulich|ausschliesslich für|adressat)
    [^.]{0,40}(?:e-?mail|message|communication)[^.]{0,60}(?:confidential|privileged|intended)
    (?:ce|cette|le présent) (?:message|courriel|mail)[^.]{0,60}(?:confidentiel|destine)
    (?:questa?|il presente|le informazioni) [^.]{0,80}(?:riservat|confidenzial)
    (?:disclaimer|confidentiality|vertraulichkeitshinweis|haftungsausschluss|legal notice)
    (?:dit|de inhoud van) [^.]{0,60}vertrouwelijk|[^.]{0,60}(?:poufn|duvern|dovern|confidencial)
    (?:geschäftsführ|amtsgericht|registergericht|handelsregister|sitz der|ust-?id|hrb\b|firmenbuch)
    (?:informationen zum datenschutz|datenschutz(?:hinweis|erklarung))
""")
# The last words before the name of the writer.
_CLOSING = compile_words(r"""
        (?:(?:vielen |besten )?dank\w* und )?(?:mit )?(?:den )?besten? grü(?:ss|ß)\w*
        (?:(?:vielen |besten )?dank\w* und )?(?:mit )?(?:den )?freundlich\w* grü(?:ss|ß)\w*
        (?:(?:vielen |besten )?dank\w* und )?(?:mit )?(?:den )?herzlich\w* grü(?:ss|ß)\w*
        (?:(?:vielen |besten )?dank\w* und )?(?:mit )?(?:den )?(?:lieben?|viele) grü(?:ss|ß)\w*
        (?:(?:vielen |besten )?dank\w* und )?(?:mit )?(?:den )?schöne\w* grü(?:ss|ß)\w*
        (?:(?:vielen |besten )?dank\w* und )?(?:mit )?(?:den )?sonnige\w* grü(?:ss|ß)\w*
        grü(?:ss|ß)e?\b|mfg\b|lg\b|vg\b|hochachtungsvoll|beste empfehlungen
        (?:kind|best|warm|with kind|with best|many|yours)? ?regards|(?:yours )?sincerely
        yours (?:truly|faithfully)
        best wishes|cheers|(?:bien )?cordialement|(?:meilleures |sinceres |cordiales )?salutations
        (?:cordiali|distinti|cari|migliori) saluti|cordialmente|saluti
        (?:met )?(?:vriendelijke|hartelijke) groet\w*|mvg\b|groeten
        (?:z |ł?acze )?(?:powazaniem|pozdrowieni\w*)|pozdrawiam
        s (?:pozdrav\w*|uctou|pratelskym)|pozdrav\b|lep pozdrav|(?:srdačan|lijep) pozdrav
        s postovanjem
        (?:szívélyes |barati )?üdvözlettel|tisztelettel
        (?:un )?(?:cordial(?:es)? )?saludos?|atentamente|(?:com os melhores |melhores )?cumprimentos
        atenciosamente
        (?:med )?(?:vänlig|venlig|vennlig|bästa|beste|de bedste|mange)\w* (?:häls|hils)\w*
        mvh\b|hilsen|hälsningar|(?:ystävällisin )?terveisin|terveisin
        cu (?:stimă|respect|drag)|toate cele bune
""")  # fmt: skip
_SIGNATURE_LINE = re.compile(r"--[ \xa0]?")


class Written(NamedTuple):
    """The new text of a mail: what its writer wrote, and what usually stands below it."""

    text: str
    footer: str


def split_footer(new_text: str) -> Written:
    """Return the text of a mail without quotation, divided into what was written and the footer.

    Banners and scan notes belong to neither. Where all seems to be footer, it counts as written.
    """
    lines = new_text[:_LONGEST_TEXT].split("\n")[:_MOST_LINES]
    kept = _drop_added_lines(lines)
    position = _find_closing(kept)
    text = "\n".join(kept[:position]).strip()
    if not text:
        return Written("\n".join(kept).strip(), "")
    return Written(text, "\n".join(kept[position:]).strip())


def _drop_added_lines(lines: list[str]) -> list[str]:
    kept: list[str] = []
    is_legal = False
    for line in lines:
        folded = fold(line[:300]).strip(" \t>*#[](){}!?|:._-")
        if not folded:
            is_legal = False
        elif _LEGAL_LINE.match(folded):
            is_legal = True
        elif _ADDED_LINE.match(folded):
            continue
        if not is_legal:
            kept.append(line)
    return kept


def _find_closing(lines: list[str]) -> int:
    """Return the number of the line at which the signature begins."""
    has_text = False
    for number, line in enumerate(lines):
        if has_text and _SIGNATURE_LINE.fullmatch(line):
            return number
        text = line.strip()
        if has_text and len(text) <= _LONGEST_CLOSING and _CLOSING.match(fold(text)):
            return number
        has_text = has_text or bool(text)
    return len(lines)
