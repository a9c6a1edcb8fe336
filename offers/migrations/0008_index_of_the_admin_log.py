from django.db import migrations


class Migration(migrations.Migration):
    """The story of an offer asks for what people did to it, which the admin never does for many rows."""

    dependencies = [
        ("offers", "0007_hidden_subjects"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX offers_adminlog_object ON django_admin_log (object_id, content_type_id)",
            "DROP INDEX offers_adminlog_object",
        ),
    ]
