"""Which reminder is the last depends on the plan, so the mail says it and no longer its text."""

from __future__ import annotations

from django.db import migrations

SENTENCES = {
    "de": (
        "{% if several %}zu den unten genannten Angeboten{% else %}zu unserem Angebot {{ offer_number }} vom {{ offer_date }}{% endif %} möchten wir Sie ein letztes Mal um Ihre Rückmeldung bitten. Dies ist unsere letzte Erinnerung dazu.",
        "{% if several %}zu den unten genannten Angeboten{% else %}zu unserem Angebot {{ offer_number }} vom {{ offer_date }}{% endif %} möchten wir Sie noch einmal um Ihre Rückmeldung bitten.",
    ),
    "en": (
        "This is our last reminder about {% if several %}the quotations listed below{% else %}our quotation {{ offer_number }} of {{ offer_date }}{% endif %}, and we would like to ask once more for your answer.",
        "We would like to ask once more for your answer about {% if several %}the quotations listed below{% else %}our quotation {{ offer_number }} of {{ offer_date }}{% endif %}.",
    ),
    "fr": (
        "Nous nous permettons de vous demander une dernière fois votre réponse concernant {% if several %}les offres mentionnées ci-dessous{% else %}notre offre {{ offer_number }} du {{ offer_date }}{% endif %}. Ceci est notre dernier rappel à ce sujet.",
        "Nous nous permettons de vous demander encore une fois votre réponse concernant {% if several %}les offres mentionnées ci-dessous{% else %}notre offre {{ offer_number }} du {{ offer_date }}{% endif %}.",
    ),
    "it": (
        "vi chiediamo un’ultima volta un riscontro {% if several %}sulle offerte indicate sotto{% else %}sulla nostra offerta {{ offer_number }} del {{ offer_date }}{% endif %}. Questo è il nostro ultimo promemoria al riguardo.",
        "vi chiediamo ancora una volta un riscontro {% if several %}sulle offerte indicate sotto{% else %}sulla nostra offerta {{ offer_number }} del {{ offer_date }}{% endif %}.",
    ),
}


def take_out_the_last(apps, schema_editor):
    MailText = apps.get_model("reminders", "MailText")
    for text in MailText.objects.filter(language__in=SENTENCES):
        before, after = SENTENCES[text.language]
        if before in text.text:
            text.text = text.text.replace(before, after)
            text.save(update_fields=["text"])


class Migration(migrations.Migration):
    changes_data = {"reminders_mailtext.text"}

    dependencies = [("reminders", "0007_fewer_indexes_of_reminders")]

    operations = [migrations.RunPython(take_out_the_last, migrations.RunPython.noop)]
