"""The plan and the mail texts that every installation begins with. People edit them in the admin."""

from __future__ import annotations

from django.db import migrations

TEXTS = {
    ("de", 1): (
        "",
        """{{ greeting }},

{% if several %}wir haben Ihnen die unten genannten Angebote gesandt.{% else %}am {{ offer_date }} haben wir Ihnen unser Angebot {{ offer_number }} gesandt.{% endif %} Ist alles gut bei Ihnen angekommen, und sind noch Fragen offen?

Über eine kurze Rückmeldung freuen wir uns. Auch eine Absage hilft uns weiter.

Freundliche Grüße""",
    ),
    ("de", 2): (
        "",
        """{{ greeting }},

{% if several %}zu den unten genannten Angeboten{% else %}zu unserem Angebot {{ offer_number }} vom {{ offer_date }}{% endif %} haben wir noch nichts von Ihnen gehört. Brauchen Sie weitere Angaben, oder sollen wir etwas anpassen?

Ein Klick auf die passende Antwort genügt, dann wissen wir Bescheid und planen entsprechend.

Freundliche Grüße""",
    ),
    ("de", 3): (
        "",
        """{{ greeting }},

{% if several %}zu den unten genannten Angeboten{% else %}zu unserem Angebot {{ offer_number }} vom {{ offer_date }}{% endif %} möchten wir Sie noch einmal um Ihre Rückmeldung bitten.

Wenn das Vorhaben ruht oder Sie sich anders entschieden haben, sagen Sie es uns gern mit einem Klick. Selbstverständlich können Sie auch später jederzeit auf uns zukommen.

Freundliche Grüße""",
    ),
    ("en", 1): (
        "",
        """{{ greeting }},

{% if several %}We have sent you the quotations listed below.{% else %}On {{ offer_date }} we sent you our quotation {{ offer_number }}.{% endif %} Has everything reached you safely, and is there anything you would like to ask?

We would appreciate a short answer. A “no” helps us as well.

Kind regards""",
    ),
    ("en", 2): (
        "",
        """{{ greeting }},

We have not heard from you yet about {% if several %}the quotations listed below{% else %}our quotation {{ offer_number }} of {{ offer_date }}{% endif %}. Do you need more information, or is there something we should change?

One click on the answer that fits is enough for us to know where you stand.

Kind regards""",
    ),
    ("en", 3): (
        "",
        """{{ greeting }},

We would like to ask once more for your answer about {% if several %}the quotations listed below{% else %}our quotation {{ offer_number }} of {{ offer_date }}{% endif %}.

If the project is on hold or you have decided otherwise, one click lets us know. Of course you are welcome to get in touch at any later time.

Kind regards""",
    ),
    ("fr", 1): (
        "",
        """{{ greeting }},

{% if several %}Nous vous avons envoyé les offres mentionnées ci-dessous.{% else %}Le {{ offer_date }}, nous vous avons envoyé notre offre {{ offer_number }}.{% endif %} Tout est-il bien arrivé, et avez-vous des questions ?

Une brève réponse nous ferait plaisir. Un refus nous aide également.

Meilleures salutations""",
    ),
    ("fr", 2): (
        "",
        """{{ greeting }},

Nous n’avons pas encore reçu de nouvelles de votre part concernant {% if several %}les offres mentionnées ci-dessous{% else %}notre offre {{ offer_number }} du {{ offer_date }}{% endif %}. Avez-vous besoin d’informations complémentaires, ou devons-nous adapter quelque chose ?

Un clic sur la réponse qui convient suffit pour nous tenir au courant.

Meilleures salutations""",
    ),
    ("fr", 3): (
        "",
        """{{ greeting }},

Nous nous permettons de vous demander encore une fois votre réponse concernant {% if several %}les offres mentionnées ci-dessous{% else %}notre offre {{ offer_number }} du {{ offer_date }}{% endif %}.

Si le projet est en suspens ou si vous avez pris une autre décision, un clic suffit pour nous le dire. Bien entendu, vous pouvez nous contacter plus tard à tout moment.

Meilleures salutations""",
    ),
    ("it", 1): (
        "",
        """{{ greeting }},

{% if several %}vi abbiamo inviato le offerte indicate sotto.{% else %}in data {{ offer_date }} vi abbiamo inviato la nostra offerta {{ offer_number }}.{% endif %} È arrivato tutto correttamente, e avete domande?

Ci farebbe piacere ricevere un breve riscontro. Anche un no ci è utile.

Cordiali saluti""",
    ),
    ("it", 2): (
        "",
        """{{ greeting }},

non abbiamo ancora ricevuto un vostro riscontro {% if several %}sulle offerte indicate sotto{% else %}sulla nostra offerta {{ offer_number }} del {{ offer_date }}{% endif %}. Vi servono altre informazioni, o dobbiamo modificare qualcosa?

Basta un clic sulla risposta adatta per farci sapere come procedere.

Cordiali saluti""",
    ),
    ("it", 3): (
        "",
        """{{ greeting }},

vi chiediamo ancora una volta un riscontro {% if several %}sulle offerte indicate sotto{% else %}sulla nostra offerta {{ offer_number }} del {{ offer_date }}{% endif %}.

Se il progetto è sospeso o avete deciso diversamente, basta un clic per dircelo. Naturalmente potete contattarci anche più avanti, in qualsiasi momento.

Cordiali saluti""",
    ),
}


def create_defaults(apps, schema_editor):
    ReminderPlan = apps.get_model("reminders", "ReminderPlan")
    MailText = apps.get_model("reminders", "MailText")
    if not ReminderPlan.objects.filter(is_default=True).exists():
        ReminderPlan.objects.get_or_create(name="Standard", defaults={"is_default": True})
    for (language, step), (subject, text) in TEXTS.items():
        MailText.objects.get_or_create(language=language, step=step, defaults={"subject": subject, "text": text})


class Migration(migrations.Migration):
    dependencies = [("reminders", "0001_initial")]

    operations = [migrations.RunPython(create_defaults, migrations.RunPython.noop)]
