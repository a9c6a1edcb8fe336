from __future__ import annotations

from django.apps import AppConfig


class FeedbackPublicConfig(AppConfig):
    name = "feedback.public"
    label = "feedback_public"
