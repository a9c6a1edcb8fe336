"""What the office sets up: plans, and the days on which the company sends nothing."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.core.working_days import COUNTRIES, UnknownRegionError, build_calendar, subdivisions
from offers.models import Customer, Offer

_AT_MOST_A_YEAR = MaxValueValidator(365)


def default_days() -> list[int]:
    return [3, 7, 14]


def validate_days(value: object) -> None:
    """Raise ValidationError unless it is a rising list of one to ten whole numbers up to 365."""
    if (
        not isinstance(value, list)
        or not 1 <= len(value) <= 10
        or not all(isinstance(day, int) and 1 <= day <= 365 for day in value)
        or value != sorted(set(value))
    ):
        raise ValidationError(_("Give one to ten rising whole numbers, such as [3, 7, 14]."))


class ReminderPlan(models.Model):
    """When reminders are sent, counted from the newest mail of the offer."""

    class Release(models.TextChoices):
        AUTOMATIC = "automatic", _("goes out unless stopped")
        REQUIRED = "required", _("goes out only when released")

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_default = models.BooleanField(_("default plan"), default=False)
    days = models.JSONField(
        _("days after the offer"), default=default_days, validators=[validate_days]
    )
    working_days = models.BooleanField(_("count working days"), default=True)
    window_from = models.TimeField(_("send from"), default=time(9))
    window_to = models.TimeField(_("send until"), default=time(11))
    country = models.CharField(_("country"), max_length=2, default="DE")
    subdivision = models.CharField(_("Land or canton"), max_length=10, blank=True)
    min_gap_days = models.PositiveSmallIntegerField(
        _("days between two mails to a customer"), default=2, validators=[_AT_MOST_A_YEAR]
    )
    quiet_days = models.PositiveSmallIntegerField(
        _("quiet days after a contact"), default=3, validators=[_AT_MOST_A_YEAR]
    )
    no_answer_days = models.PositiveSmallIntegerField(
        _("days until 'no answer'"), default=14, validators=[_AT_MOST_A_YEAR]
    )
    max_age_days = models.PositiveSmallIntegerField(
        _("never start for offers older than (days)"),
        default=60,
        validators=[MaxValueValidator(3650)],
    )
    release = models.CharField(
        _("release"), max_length=10, choices=Release, default=Release.AUTOMATIC
    )
    call_above = models.DecimalField(
        _("call instead above amount"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
    )
    contact_basis = models.CharField(
        _("basis of contact"),
        max_length=10,
        choices=Offer.ContactBasis,
        default=Offer.ContactBasis.REQUEST,
        help_text=_(
            "For offers that name no basis of their own. With “none” they get no reminder until they do."
        ),
    )

    class Meta:
        verbose_name = _("reminder plan")
        verbose_name_plural = _("reminder plans")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="reminders_reminderplan_one_default",
            ),
            models.CheckConstraint(
                condition=models.Q(window_from__lt=models.F("window_to")),
                name="reminders_reminderplan_window",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Reject an unknown region, and a change that would leave no default plan."""
        was_default = ReminderPlan.objects.filter(pk=self.pk, is_default=True).exists()
        if was_default and not self.is_default:
            text = _("One plan must be the default. Make another one the default instead.")
            raise ValidationError({"is_default": text})
        if self.country not in COUNTRIES:
            raise ValidationError({"country": _("Choose one of: %s.") % ", ".join(COUNTRIES)})
        try:
            build_calendar(self.country, self.subdivision)
        except UnknownRegionError as error:
            known = ", ".join(subdivisions(self.country)) or "–"
            raise ValidationError({"subdivision": _("Unknown. Known are: %s.") % known}) from error


class CompanyHoliday(models.Model):
    """A day on which the company sends nothing, besides the public holidays of the region."""

    date = models.DateField(_("day"), unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("company holiday")
        verbose_name_plural = _("company holidays")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date}: {self.name}"


class CustomerPlan(models.Model):
    """The plan of one customer instead of the default one. An offer's own plan has precedence."""

    customer = models.OneToOneField(
        Customer, models.CASCADE, related_name="own_plan", verbose_name=_("customer")
    )
    plan = models.ForeignKey(ReminderPlan, models.CASCADE, related_name="+", verbose_name=_("plan"))

    class Meta:
        verbose_name = _("plan of a customer")
        verbose_name_plural = _("plans of customers")
        ordering = ["customer__email"]

    def __str__(self) -> str:
        return f"{self.customer}: {self.plan}"
