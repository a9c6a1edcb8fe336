"""Plans, what they mean for each offer, and every reminder mail with its state."""

from __future__ import annotations

from datetime import time

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offers.models import Language, Offer


def default_days() -> list[int]:
    return [3, 7, 14]


def validate_days(value: object) -> None:
    """Refuse what is not a rising list of one to ten whole numbers from 1 to 365."""
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= 10
        or not all(isinstance(day, int) and 1 <= day <= 365 for day in value)
        or value != sorted(set(value))
    ):
        raise ValidationError(_("Give one to ten rising whole numbers, such as [3, 7, 14]."))


class ReminderPlan(models.Model):
    """When reminders go out, counted from the newest mail of the offer."""

    class Release(models.TextChoices):
        AUTOMATIC = "automatic", _("goes out unless stopped")
        REQUIRED = "required", _("goes out only when released")

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_default = models.BooleanField(_("default plan"), default=False)
    days = models.JSONField(_("days after the offer"), default=default_days, validators=[validate_days])
    working_days = models.BooleanField(_("count working days"), default=True)
    window_from = models.TimeField(_("send from"), default=time(9))
    window_to = models.TimeField(_("send until"), default=time(11))
    country = models.CharField(_("country"), max_length=2, default="DE")
    subdivision = models.CharField(_("Land or canton"), max_length=10, blank=True)
    min_gap_days = models.PositiveSmallIntegerField(_("days between two mails to a customer"), default=2)
    quiet_days = models.PositiveSmallIntegerField(_("quiet days after a contact"), default=3)
    no_answer_days = models.PositiveSmallIntegerField(_("days until 'no answer'"), default=14)
    max_age_days = models.PositiveSmallIntegerField(_("never start for offers older than (days)"), default=60)
    release = models.CharField(_("release"), max_length=10, choices=Release, default=Release.AUTOMATIC)
    call_above = models.DecimalField(
        _("call instead above amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )

    class Meta:
        verbose_name = _("reminder plan")
        verbose_name_plural = _("reminder plans")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="reminders_reminderplan_one_default"
            ),
            models.CheckConstraint(
                condition=models.Q(window_from__lt=models.F("window_to")), name="reminders_reminderplan_window"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CompanyHoliday(models.Model):
    """A day on which the company sends nothing, beside the public holidays of the region."""

    date = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("company holiday")
        verbose_name_plural = _("company holidays")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date}: {self.name}"


class FollowUp(models.Model):
    """When the next reminder of an offer is due and why, or why none will come. Computed by `reminders.rules`."""

    offer = models.OneToOneField(Offer, models.CASCADE, related_name="follow_up", verbose_name=_("offer"))
    plan = models.ForeignKey(
        ReminderPlan, models.SET_NULL, null=True, blank=True, related_name="follow_ups", verbose_name=_("own plan")
    )
    next_at = models.DateTimeField(_("next reminder"), null=True, blank=True)
    next_step = models.PositiveSmallIntegerField(_("step"), null=True, blank=True)
    because = models.CharField(_("because"), max_length=50, blank=True, help_text=_("Code of the reason."))
    ask_again_on = models.DateField(_("customer asked for"), null=True, blank=True)
    released_step = models.PositiveSmallIntegerField(_("released up to step"), default=0)
    skipped_step = models.PositiveSmallIntegerField(_("skipped up to step"), default=0)
    computed_at = models.DateTimeField(_("computed"), default=timezone.now)

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(next_at__isnull=False), name="reminders_followup_due")
        ]

    def __str__(self) -> str:
        return str(self.offer)


class Reminder(models.Model):
    """One mail of one step.

    Moves: claimed → transmitting → sent; claimed → planned (4xx, connection lost before DATA); claimed or
    transmitting → failed (5xx); transmitting → in_doubt (killed or cut off after DATA was announced);
    in_doubt → sent, planned (by a person, or by the mail seen in the outgoing folder).
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned again")
        CLAIMED = "claimed", _("claimed")
        TRANSMITTING = "transmitting", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        IN_DOUBT = "in_doubt", _("in doubt")

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="reminders", verbose_name=_("offer"))
    step = models.PositiveSmallIntegerField(_("step"))
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.CLAIMED, db_index=True)
    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True, editable=False)
    mail_date = models.DateTimeField(_("date in the mail"), editable=False)
    recipient = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, db_index=True)
    retry_at = models.DateTimeField(_("next try"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    server_reply = models.TextField(_("the mail server's words"), blank=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-mail_date"]
        constraints = [models.UniqueConstraint(fields=["offer", "step"], name="reminders_reminder_unique_step")]

    def __str__(self) -> str:
        return f"{self.offer}, {self.step}"


class MailText(models.Model):
    """Subject and body of a reminder, by step and language, in Django's template language."""

    step = models.PositiveSmallIntegerField(_("step"))
    language = models.CharField(_("language"), max_length=2, choices=Language)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("mail text")
        verbose_name_plural = _("mail texts")
        ordering = ["language", "step"]
        constraints = [models.UniqueConstraint(fields=["step", "language"], name="reminders_mailtext_unique_step")]

    def __str__(self) -> str:
        return f"{self.get_language_display()}, {self.step}"
