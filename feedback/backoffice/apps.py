from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback.backoffice"
    label = "feedback"
    verbose_name = _("Answers")

    def ready(self) -> None:
        import_module("feedback.backoffice.checks")
