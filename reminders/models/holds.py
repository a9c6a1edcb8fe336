"""The hold on sending."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class SendingHold(models.Model):
    """Whether sending waits for a person: one row.

    A released hold lets up to `allowed_count` reminders go until `allowed_until`.

    Moves: free → held (too many due at once, a restored backup, a person) → free (by a person).
    """

    class Reason(models.TextChoices):
        TOO_MANY = "too_many", _("more reminders were due at once than allowed")
        RESTORED = "restored", _("the database was restored from a backup")
        PERSON = "person", _("someone held it")

    reason = models.CharField(_("because"), max_length=20, choices=Reason, blank=True)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    due_count = models.PositiveIntegerField(_("due"), default=0)
    allowed_count = models.PositiveIntegerField(_("released for"), default=0)
    allowed_until = models.DateTimeField(_("released until"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )

    class Meta:
        verbose_name = _("hold on sending")
        verbose_name_plural = _("hold on sending")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="reminders_sendinghold_one_row")
        ]

    def __str__(self) -> str:
        return self.get_reason_display() or gettext("not held")

    @classmethod
    def get(cls) -> SendingHold:
        """Return the one row, made on first use."""
        return cls.objects.get_or_create(pk=1)[0]

    @property
    def is_held(self) -> bool:
        """True while nothing may go out."""
        return self.held_at is not None
