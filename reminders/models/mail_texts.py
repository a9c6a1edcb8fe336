"""The text of a reminder, as the office edits it. The first texts are in the
migration of default plan and texts; greeting and fixed sentences are in `reminders.mail.phrases`.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from offers.models import Language
from reminders.mail.templating import MailTextError, compile_text


class MailText(models.Model):
    """Subject and body of a reminder, by step and language, in Django's template language."""

    step = models.PositiveSmallIntegerField(
        _("step"), validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    language = models.CharField(_("language"), max_length=2, choices=Language)
    subject = models.CharField(
        _("subject"),
        max_length=300,
        blank=True,
        help_text=_(
            "Empty: the subject of the offer mail behind “AW:”, so that mail programs show one conversation."
        ),
    )
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("mail text")
        verbose_name_plural = _("mail texts")
        ordering = ["language", "step"]
        constraints = [
            models.UniqueConstraint(
                fields=["step", "language"], name="reminders_mailtext_unique_step"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_language_display()}, {self.step}"

    def clean(self) -> None:
        """Reject a subject or text with a mistake; the message names the place."""
        errors = {}
        for field in ("subject", "text"):
            try:
                compile_text(getattr(self, field))
            except MailTextError as error:
                errors[field] = str(error)
        if errors:
            raise ValidationError(errors)
