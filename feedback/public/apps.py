from __future__ import annotations

from django.apps import AppConfig


class FeedbackPublicConfig(AppConfig):
    name = "feedback.public"
    label = "feedback_public"

    def ready(self) -> None:
        from feedback.public import checks  # noqa: F401  (registers the system checks)
