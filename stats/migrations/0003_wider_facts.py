from __future__ import annotations

from typing import Any

from django.db import migrations, models


def forget_counts(apps: Any, schema_editor: Any) -> None:
    """Remove what was counted: the next refresh counts all offers anew, in the wider form."""
    for name in ("OfferFact", "MonthlySum", "SummaryState"):
        apps.get_model("stats", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("stats", "0002_triggers")]
    operations = [
        migrations.RunPython(forget_counts, migrations.RunPython.noop),
        migrations.RenameField("OfferFact", "reason", "customer_reason"),
        migrations.AddField("OfferFact", "seller_reason", models.BigIntegerField(default=0)),
        migrations.AddField(
            "OfferFact", "customer_id", models.BigIntegerField(db_index=True, default=0), preserve_default=False
        ),
        migrations.AddField("OfferFact", "salesperson_id", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "OfferFact", models.Index(fields=["salesperson_id", "sent_on"], name="stats_offerfact_seller_sent")
        ),
        migrations.AddIndex(
            "OfferFact", models.Index(fields=["salesperson_id", "decided_on"], name="stats_offerfact_seller_done")
        ),
        migrations.AlterField("MonthlySum", "basis", models.CharField(max_length=40)),
    ]
