"""The reasons that the form offers at first. Edited in the admin; on the way back they stay, because answers use them."""

from django.db import migrations

# code, class, asks for a comment, German, English, French, Italian
REASONS = [
    ("price", "price", False, "Der Preis ist zu hoch", "The price is too high", "Le prix est trop élevé", "Il prezzo è troppo alto"),
    ("budget", "price", False, "Das Budget reicht nicht", "The budget is not sufficient", "Le budget ne suffit pas", "Il budget non è sufficiente"),
    ("competitor", "competitor", False, "Wir haben uns für einen anderen Anbieter entschieden", "We have chosen another supplier", "Nous avons choisi un autre fournisseur", "Abbiamo scelto un altro fornitore"),
    ("no-decision", "no_decision", False, "Das Vorhaben wird nicht umgesetzt", "The project will not go ahead", "Le projet ne sera pas réalisé", "Il progetto non verrà realizzato"),
    ("postponed", "postponed", False, "Das Vorhaben ist verschoben", "The project has been postponed", "Le projet est reporté", "Il progetto è rimandato"),
    ("scope", "scope", False, "Das Angebot passt nicht zu unserem Bedarf", "The offer does not match what we need", "L’offre ne correspond pas à nos besoins", "L’offerta non corrisponde alle nostre esigenze"),
    ("delivery-time", "delivery_time", False, "Die Lieferzeit ist zu lang", "The delivery time is too long", "Le délai de livraison est trop long", "I tempi di consegna sono troppo lunghi"),
    ("other", "other", True, "Ein anderer Grund", "Another reason", "Une autre raison", "Un altro motivo"),
]


def add_reasons(apps, schema_editor):
    DeclineReason = apps.get_model("feedback", "DeclineReason")
    for order, (code, group, asks_for_comment, de, en, fr, it) in enumerate(REASONS, start=1):
        DeclineReason.objects.get_or_create(
            code=code,
            defaults={
                "group": group,
                "asks_for_comment": asks_for_comment,
                "order": 10 * order,
                "label_de": de,
                "label_en": en,
                "label_fr": fr,
                "label_it": it,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("feedback", "0001_initial")]

    operations = [migrations.RunPython(add_reasons, migrations.RunPython.noop)]
