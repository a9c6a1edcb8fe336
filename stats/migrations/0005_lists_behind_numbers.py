from __future__ import annotations

from django.db import migrations, models

BEHIND_A_NUMBER = ["status", "answered_on", "customer_reason", "seller_reason", "step"]


class Migration(migrations.Migration):
    dependencies = [("stats", "0004_search")]
    operations = [
        migrations.AlterField("OfferFact", "sent_on", models.DateField()),
        migrations.AlterField("OfferFact", "decided_on", models.DateField(null=True)),
        migrations.AddIndex(
            "OfferFact", models.Index(fields=["sent_on", "offer_id", *BEHIND_A_NUMBER], name="stats_offerfact_sent")
        ),
        migrations.AddIndex(
            "OfferFact",
            models.Index(fields=["decided_on", "offer_id", *BEHIND_A_NUMBER], name="stats_offerfact_decided"),
        ),
    ]
