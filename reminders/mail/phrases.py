"""The fixed sentences of every reminder, in the four languages of customers.

The text that the office edits is `MailText`; its first version is in the migrations.
These sentences are not in `locale/`, whose catalogues are the office's two languages (docs/decisions.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm.core.months import MONTH_NAMES


@dataclass(frozen=True)
class Phrases:
    """`{…}` are filled in by `reminders.mail.rendering`."""

    greeting: str
    greeting_with_name: str
    offer_line: str
    question: str
    interested: str
    declined: str
    undecided: str
    last_of_offer: str
    why: str
    why_several: str
    opt_out: str
    opt_out_link: str
    contact: str
    imprint: str
    privacy: str
    date: str = "{day}. {month} {year}"


PHRASES = {
    "de": Phrases(
        greeting="Guten Tag",
        greeting_with_name="Guten Tag {name}",
        offer_line="Angebot {number} vom {date}: {subject}",
        question="Wie ist Ihr Stand? Zwei Klicks genügen:",
        interested="Wir sind interessiert",
        declined="Wir möchten absagen",
        undecided="Noch nicht entschieden",
        last_of_offer="Zu diesem Angebot ist dies unsere letzte Erinnerung.",
        why="Sie erhalten diese E-Mail, weil {company} Ihnen das genannte Angebot an {recipient} gesandt hat "
        "und wir dazu noch keine Antwort haben.",
        why_several="Sie erhalten diese E-Mail, weil {company} Ihnen die genannten Angebote an {recipient} gesandt hat "
        "und wir dazu noch keine Antwort haben.",
        opt_out="Wenn Sie keine Erinnerungen mehr erhalten möchten: {url}",
        opt_out_link="Keine Erinnerungen mehr erhalten",
        contact="Für Fragen antworten Sie einfach auf diese E-Mail.",
        imprint="Impressum",
        privacy="Datenschutz",
    ),
    "en": Phrases(
        greeting="Hello",
        greeting_with_name="Dear {name}",
        offer_line="Quotation {number} of {date}: {subject}",
        question="Where do you stand? Two clicks are enough:",
        interested="We are interested",
        declined="We would like to decline",
        undecided="Not decided yet",
        last_of_offer="This is our last reminder about this quotation.",
        why="You receive this e-mail because {company} sent the quotation named above to {recipient} "
        "and we have not had an answer yet.",
        why_several="You receive this e-mail because {company} sent the quotations named above to {recipient} "
        "and we have not had an answer yet.",
        opt_out="If you do not wish to receive any more reminders: {url}",
        opt_out_link="Receive no more reminders",
        contact="If you have any questions, simply reply to this e-mail.",
        imprint="Legal notice",
        privacy="Privacy",
        date="{day} {month} {year}",
    ),
    "fr": Phrases(
        greeting="Bonjour",
        greeting_with_name="Bonjour {name}",
        offer_line="Offre {number} du {date} : {subject}",
        question="Où en êtes-vous ? Deux clics suffisent :",
        interested="Nous sommes intéressés",
        declined="Nous préférons renoncer",
        undecided="Pas encore décidé",
        last_of_offer="Ceci est notre dernier rappel concernant cette offre.",
        why="Vous recevez cet e-mail parce que {company} a envoyé l’offre mentionnée ci-dessus à {recipient} "
        "et que nous n’avons pas encore reçu de réponse.",
        why_several="Vous recevez cet e-mail parce que {company} a envoyé les offres mentionnées ci-dessus à "
        "{recipient} et que nous n’avons pas encore reçu de réponse.",
        opt_out="Si vous ne souhaitez plus recevoir de rappels : {url}",
        opt_out_link="Ne plus recevoir de rappels",
        contact="Pour toute question, répondez simplement à cet e-mail.",
        imprint="Mentions légales",
        privacy="Protection des données",
        date="{day} {month} {year}",
    ),
    "it": Phrases(
        greeting="Buongiorno",
        greeting_with_name="Buongiorno {name}",
        offer_line="Offerta {number} del {date}: {subject}",
        question="Qual è la vostra decisione? Bastano due clic:",
        interested="Siamo interessati",
        declined="Preferiamo rinunciare",
        undecided="Non abbiamo ancora deciso",
        last_of_offer="Questo è il nostro ultimo promemoria per questa offerta.",
        why="Ricevete questa e-mail perché {company} ha inviato l’offerta indicata sopra a {recipient} "
        "e non abbiamo ancora ricevuto una risposta.",
        why_several="Ricevete questa e-mail perché {company} ha inviato le offerte indicate sopra a {recipient} "
        "e non abbiamo ancora ricevuto una risposta.",
        opt_out="Se non desiderate ricevere altri promemoria: {url}",
        opt_out_link="Non ricevere più promemoria",
        contact="Per qualsiasi domanda, rispondete semplicemente a questa e-mail.",
        imprint="Note legali",
        privacy="Protezione dei dati",
        date="{day} {month} {year}",
    ),
}  # fmt: skip


def get_phrases(language: str) -> Phrases:
    """Return the phrases of a language; German for a language that has none."""
    return PHRASES.get(language, PHRASES["de"])


def write_date(day: date, language: str) -> str:
    """Return the day as people of that language write it."""
    months = MONTH_NAMES.get(language, MONTH_NAMES["de"])
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return get_phrases(language).date.format(day=number, month=months[day.month - 1], year=day.year)
