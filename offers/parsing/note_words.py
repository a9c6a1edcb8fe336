"""Weigh the words of a mail: those of programs, those of people. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from offers.parsing import absence_words, automatic_words, person_words
from offers.parsing.folding import compile_words, fold
from offers.parsing.footers import split_footer

_LONGEST_TEXT = 4_000
_LONGEST_NOTE = 200  # words
_SHORT_NOTE = 80
_LONGEST_NAME = 12  # what may follow a name, such as a second one
_SHORT_SENTENCE = 8
_SHORT_BEGINNING = 20
SENTENCE_END = re.compile(
    r"[!?]|(?<!\d)(?<!einschl)(?<!inkl)(?<!sept)(?<!ca)(?<!dr)(?<!nr)\.(?=\s)|\n\s*\n"
)
# `Sehr geehrte Frau Vogt`, `Hallo Petra`; case counts, so it is not for folded text.
_NAMED_GREETING = re.compile(
    r"\s*(?P<greeting>(?:Guten (?:Tag|Morgen|Abend)|Hallo|Hi|Hey|Moin|Servus|Gr[üu]e?[zß]\w*(?: Gott)?|Liebe[rs]?"
    r"|Sehr geehrte[r]?|Werte[r]?|Dear|Hello|Good (?:morning|afternoon|day)|Bonjour|Salut"
    r"|Ch[èe]re?|Buongiorno|Ciao|Gentile|Egregio|Beste|Geachte|Dag|Hej|Hei|Ahoj|Hola|Estimad[oa])"
    r",?[ ])?(?P<title>Frau|Herrn?|Mrs?\.?|Ms\.?|Madame|Monsieur|Mevrouw|Meneer|Signor[ae]?"
    r"|Sra?\.?|Se[ñn]ora?|Doamna|Domnul|Pan[ie]?|Fru)?[ ]?(?P<name>[A-ZÄÖÜ][\w'-]{1,30})"
)
_SOME_GREETING = re.compile(
    r"\s*(?:Liebe[rs]?|Geehrte|Dear|Gentile|Szanowni|Tisztelt|Estimad\w+|Kære|Cher\w*|Beste)"
    r" (?P<name>\w+)"
)
# Whom to ask instead.
_CONTACT = re.compile(r"[\w.-]{1,60}@[\w-]{1,60}\.\w|\d{2,4}[ /-]\d{2,4}[ /-]?\d{2,4}")
_NOBODY = compile_words(r"""
    damen|herren|kund\w*|absender\w*|geschäfts\w*|partner\w*|interessent\w*|zusammen|alle\w*|team
    lieferant\w*|kolleg\w*|sir|madam|sender|customers?|client\w*|partner\w*|suppliers?|colleagues?
    all|everyone|everybody|there|tutti|tous|heer|vielen|mail\w*|bewerber\w*|leser\w*|freund\w*
    tag|morgen|abend|madame|monsieur|dames|signor\w*|mittente|panstwo|cimzett|afsender|expediteur
""")
_PLAIN_GREETING = re.compile(
    r"(?:Hallo|Hi|Hey|Moin|Servus|Liebe|Dear|Hello|Bonjour|Ciao|Beste|Hej)"
)
_QUESTION_START = re.compile(r"[.!]")
_LONGEST_QUESTION = 200
_NO_QUESTION = compile_words(
    r"(?:dringend|urgent|fragen|frage|questions?|help|hilfe|domande|rückfragen)"
)
# `Montage erst nach unseren Betriebsferien`: nobody is away now.
_BESIDE_ABSENCE = re.compile(
    r"(?<!\w)(?:nach|vor|after|before|apres|avant|dopo|prima d\w*|voor|fore|efter|przed|pred"
    r"|antes de|despues de|depois d\w) (?:\w+ ){0,2}$"
)
_PAST = re.compile(
    r"(?<!\w)(?:war|waren|hatten?|was|were|had|etais|etions|ero|eravamo|var|vart) (?:\w+ ){0,3}$"
)


@dataclass(frozen=True)
class Words:
    """What the words of a mail say about its writer."""

    # The words are those of an automatic mail, or could be.
    is_note: bool = False
    hints: bool = False
    # Something that only programs say is among them.
    has_formula: bool = False
    # A person orders, declines, asks or negotiates.
    decides: bool = False
    # It orders or declines beyond doubt.
    orders: bool = False
    speaks_of_offer: bool = False
    greets_by_name: bool = False
    # Longer than notes, acknowledgements and short answers are.
    is_long: bool = False

    @property
    def is_personal(self) -> bool:
        """Whether anything in it is a person's."""
        return self.decides or self.speaks_of_offer or self.greets_by_name


def read_words(new_text: str) -> Words:
    """Return what the words of a mail without quotation say; footers and signatures do not count."""
    if not new_text.strip():
        return Words()
    written = split_footer(new_text)
    text, statement = _split_statement(fold(written.text[:_LONGEST_TEXT]))
    line = re.sub(r"\s+", " ", text)
    is_stated = bool(automatic_words.STATEMENT.search(line))
    has_formula = is_stated or bool(automatic_words.FORMULA.search(line))
    is_for_all = line.count(" ") < _SHORT_NOTE and (
        _CONTACT.search(line) is not None or _greets_nobody(written.text)
    )
    is_away = is_absence(text)
    is_received = bool(automatic_words.ACKNOWLEDGEMENT.search(line))
    has_thanks = bool(automatic_words.THANKS_FOR_MAIL.search(line))
    has_promise = bool(automatic_words.PROMISE.search(line))
    is_long = line.count(" ") > _LONGEST_NOTE
    is_gate = not is_long and _is_gate(line)
    orders = bool(person_words.ORDER.search(line))
    footer = re.sub(r"\s+", " ", f"{statement} {fold(written.footer[:_LONGEST_TEXT])}")
    is_confirmed = bool(automatic_words.STATEMENT.search(footer))
    is_note = (
        is_stated
        or is_gate
        or (is_away and (has_formula or has_thanks or is_confirmed or is_for_all))
    )
    is_promised = has_promise or has_formula
    is_note |= is_received and (is_promised or has_thanks or is_confirmed)
    return Words(
        is_note=is_note,
        hints=not is_long
        and (is_away or is_received or is_confirmed or (is_promised and has_thanks)),
        has_formula=has_formula or is_gate,
        decides=orders or _decides(line),
        orders=orders,
        speaks_of_offer=bool(person_words.PERSONAL.search(line)),
        greets_by_name=_greets_by_name(written.text),
        is_long=is_long,
    )


def _is_gate(line: str) -> bool:
    """Return whether a mail is a read receipt in words, keeps a mail back, or asks who wrote it."""
    if automatic_words.RECEIPT_TEXT.search(line) or automatic_words.QUARANTINE.search(line):
        return True
    return bool(automatic_words.GUARD.search(line) and automatic_words.CLICK.search(line))


def _split_statement(text: str) -> tuple[str, str]:
    """Return a text without its last paragraph if that says that a program wrote the mail.

    Below a text it is a footer, which programs add to what people write.
    """
    before, _, last = text.rstrip().rpartition("\n\n")
    line = re.sub(r"\s+", " ", last)
    if not before.strip() or not automatic_words.STATEMENT.search(line):
        return text, ""
    if automatic_words.ACKNOWLEDGEMENT.search(line) or is_absence(last):
        return text, ""
    return before, last


def is_absence(folded_text: str) -> bool:
    """Return whether a text says that its writer is away."""
    for sentence in SENTENCE_END.split(folded_text[:_LONGEST_TEXT]):
        if _says_absence(re.sub(r"\s+", " ", sentence)):
            return True
    return False


def _says_absence(sentence: str) -> bool:
    if absence_words.NOT_ANY_MORE.search(sentence):
        return absence_words.FIRST_SINGULAR.search(sentence) is not None
    found = absence_words.AWAY.search(sentence) or absence_words.RETURN.search(sentence)
    if not found:
        return False
    before = sentence[: found.start()]
    if _BESIDE_ABSENCE.search(before) or _PAST.search(before) or _is_about_another(before):
        return False
    is_own = absence_words.FIRST_SINGULAR.search(sentence) is not None
    if absence_words.LOOSE.match(found[0]):
        return is_own or absence_words.OWN_SUBJECT.search(sentence) is not None
    is_short = len(sentence.split()) <= _SHORT_SENTENCE and len(before) <= _SHORT_BEGINNING
    if absence_words.IN_GERMAN.match(found[0]):
        return is_short or absence_words.BEING.search(sentence) is not None
    return is_short or is_own or absence_words.FIRST_PERSON.search(sentence) is not None


def _is_about_another(before: str) -> bool:
    """Return whether somebody else is away: `Frau Lutz ist`, but not `Sehr geehrte Frau Lutz, ich`."""
    position = None
    for found in absence_words.THIRD_PERSON.finditer(before):
        position = found.end()
    return position is not None and not absence_words.FIRST_SINGULAR.search(before, position)


def _decides(line: str) -> bool:
    if person_words.DECISION.search(line) or person_words.OPENING.match(line):
        return True
    return any(not _NO_QUESTION.search(question) for question in _find_questions(line))


def _find_questions(line: str) -> list[str]:
    """Return the ends of the sentences that are questions."""
    pieces = line.split("?")[:-1]
    return [_QUESTION_START.split(piece[-_LONGEST_QUESTION:])[-1] for piece in pieces]


def _greets_nobody(text: str) -> bool:
    """Return whether a mail greets whoever may have written: `Liebe Kunden`, `Dear sender`."""
    first_line = text.lstrip().partition("\n")[0][:80]
    found = _NAMED_GREETING.match(first_line) or _SOME_GREETING.match(first_line)
    return bool(found and _NOBODY.match(fold(found["name"])))


def _greets_by_name(text: str) -> bool:
    first_line = text.lstrip().partition("\n")[0][:80]
    found = _NAMED_GREETING.match(first_line)
    if not found or _NOBODY.match(fold(found["name"])):
        return False
    if found["greeting"]:
        return bool(found["title"] or _PLAIN_GREETING.match(found["greeting"]))
    # `Frau Vogt,`, but not `Frau Huber ist im Urlaub.`
    return found["title"] is not None and len(first_line) - found.end() < _LONGEST_NAME
