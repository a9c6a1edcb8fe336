"""What the data migrations put into a new database, put there again after each clean-up.

A test with `transaction=True` empties all tables at its end. Django then sends `post_migrate`, as
after migrations: the product writes its roles, and this module the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.db.models.signals import post_migrate

# By app: a model whose table is empty then, the migration, and its function.
DATA = {
    "feedback": (
        "DeclineReason",
        "feedback.backoffice.migrations.0002_decline_reasons",
        "add_reasons",
    ),
    "reminders": (
        "ReminderPlan",
        "reminders.migrations.0002_default_plan_and_texts",
        "create_defaults",
    ),
}


def keep_default_data() -> None:
    """Let each clean-up of the database be followed by the default data."""
    for label in DATA:
        if label in apps.app_configs:
            post_migrate.connect(_restore, sender=apps.get_app_config(label))


def make_default_data() -> None:
    """Put the default data into the tables that are empty."""
    for label in DATA:
        _restore(apps.get_app_config(label))


def _restore(sender: Any, **_options: Any) -> None:
    model, module, function = DATA[sender.label]
    if not sender.get_model(model).objects.exists():
        getattr(import_module(module), function)(apps, None)
