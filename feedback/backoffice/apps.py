from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    name = "feedback.backoffice"
    label = "feedback"
    verbose_name = _("Answers")

    def ready(self) -> None:
        from feedback.backoffice import checks  # noqa: F401  (registers the system checks)
