"""Plans, what they mean for each offer, and every reminder mail with its state."""

from __future__ import annotations

from datetime import datetime, time
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.core.working_days import COUNTRIES, UnknownRegionError, build_calendar, subdivisions
from offers.models import Customer, Language, Offer, SourceFile
from reminders.mail.templating import MailTextError, compile_text
from reminders.rules import Because
from reminders.sentences import BECAUSE_CHOICES

_AT_MOST_A_YEAR = MaxValueValidator(365)


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
        """Refuse a region that the calendar does not know, and to leave the company without a
        default plan.
        """
        if (
            not self.is_default
            and ReminderPlan.objects.filter(pk=self.pk, is_default=True).exists()
        ):
            raise ValidationError(
                {
                    "is_default": _(
                        "One plan must be the default. Make another one the default instead."
                    )
                }
            )
        if self.country not in COUNTRIES:
            raise ValidationError({"country": _("Choose one of: %s.") % ", ".join(COUNTRIES)})
        try:
            build_calendar(self.country, self.subdivision)
        except UnknownRegionError as error:
            known = ", ".join(subdivisions(self.country)) or "–"
            raise ValidationError({"subdivision": _("Unknown. Known are: %s.") % known}) from error


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


class CustomerPlan(models.Model):
    """The plan of one customer, in place of the default one. An offer's own plan goes first."""

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


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def due(self, now: datetime) -> FollowUpQuerySet:
        """Those whose reminder may go out now, as far as was known when they were planned; the
        longest due first.
        """
        in_flight = Reminder.objects.filter(offer=OuterRef("offer"), state__in=Reminder.IN_FLIGHT)
        return (
            self.filter(next_at__lte=now)
            .exclude(because=Because.NEEDS_RELEASE)
            .filter(~Exists(in_flight))
            .order_by("next_at", "pk")
        )

    def by_customer(self) -> list[list[int]]:
        """Return the keys of their offers in this order, those of a customer together."""
        by_customer: dict[int, list[int]] = {}
        for customer_id, offer_id in self.values_list("offer__customer", "offer"):
            by_customer.setdefault(customer_id, []).append(offer_id)
        return list(by_customer.values())


class FollowUp(models.Model):
    """When the next reminder of an offer is due and why, or why none will come. Computed by
    `reminders.rules`.
    """

    offer = models.OneToOneField(
        Offer, models.CASCADE, related_name="follow_up", verbose_name=_("offer")
    )
    plan = models.ForeignKey(
        ReminderPlan,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("own plan"),
    )
    next_at = models.DateTimeField(_("next reminder"), null=True, blank=True)
    next_step = models.PositiveSmallIntegerField(_("step"), null=True, blank=True)
    call_at = models.DateTimeField(_("call on"), null=True, blank=True)
    because = models.CharField(_("because"), max_length=20, choices=BECAUSE_CHOICES, blank=True)
    released_step = models.PositiveSmallIntegerField(_("released up to step"), default=0)
    skipped_step = models.PositiveSmallIntegerField(_("skipped up to step"), default=0)
    call_step = models.PositiveSmallIntegerField(_("step that is a phone call"), default=0)
    send_now_at = models.DateTimeField(_("asked to send now"), null=True, blank=True)
    resumed_at = models.DateTimeField(_("resumed"), null=True, blank=True)
    own_text = models.TextField(
        _("own text of the next reminder"),
        blank=True,
        help_text=_("Takes the place of the mail text, once."),
    )
    computed_at = models.DateTimeField(_("computed"), default=timezone.now)
    # The `Offer.version` that was planned: an offer that changed since is planned again.
    offer_version = models.PositiveIntegerField(default=0, editable=False)

    # What planning decides. The other columns are what people asked for.
    PLANNED_FIELDS = ("next_at", "next_step", "call_at", "because", "offer_version")

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=models.Q(next_at__isnull=False),
                name="reminders_followup_due",
            ),
            # The order of the list in the admin.
            models.Index(fields=["next_at", "call_at", "id"], name="reminders_followup_list"),
            models.Index(
                fields=["call_at"],
                condition=models.Q(call_at__isnull=False),
                name="reminders_followup_call",
            ),
        ]

    def __str__(self) -> str:
        return str(self.offer)

    def plan_differs(self, other: FollowUp) -> bool:
        """Return whether the other says something else about the next reminder."""
        return any(getattr(self, name) != getattr(other, name) for name in self.PLANNED_FIELDS)


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def stuck(self) -> ReminderQuerySet:
        """Those that a person must decide about. Said twice, so that the index of those not sent is
        used.
        """
        return self.filter(state__in=Reminder.RESOLVABLE, resolved_by=None).exclude(
            state=Reminder.State.SENT
        )

    def give_back(self) -> int:
        """Free what is claimed and so surely not sent, as if it had never been claimed. Returns how
        many rows.
        """
        claimed = self.filter(state=Reminder.State.CLAIMED)
        tried_before = claimed.filter(attempts__gt=0).update(state=Reminder.State.PLANNED)
        return tried_before + claimed.filter(attempts=0).delete()[0]

    def confirm_seen(self) -> int:
        """Take those in doubt for sent whose mail was seen in the outgoing folder. Returns how
        many rows.
        """
        seen = SourceFile.objects.filter(
            state=SourceFile.State.OWN_REMINDER, message_id=OuterRef("message_id")
        )
        rows = self.filter(Exists(seen), state=Reminder.State.IN_DOUBT)
        return rows.update(
            state=Reminder.State.SENT,
            sent_at=F("claimed_at"),
            server_reply="Seen in the outgoing folder.",
        )


class Reminder(models.Model):
    """One step of one offer. The rows with the same `message_id` are one mail: it lists several
    offers of a customer.

    Moves: claimed → transmitting → sent; claimed → planned (4xx, connection lost before DATA);
    claimed or transmitting → failed (5xx); transmitting → planned (4xx to DATA or to the final
    dot); transmitting → in_doubt (killed or cut off after DATA was announced); planned → claimed;
    planned → failed (given up); in_doubt → sent, planned (by a person; sent also by the mail seen
    in the outgoing folder); failed → planned (by a person). `resolved_by` of a failed one says who
    has dealt with it. A claim that never reached the mail server is deleted.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned again")
        CLAIMED = "claimed", _("claimed")
        TRANSMITTING = "transmitting", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        IN_DOUBT = "in_doubt", _("in doubt")

    IN_FLIGHT = (State.CLAIMED, State.TRANSMITTING)
    # What a customer has, or may have, in the inbox; the gap between two mails counts from these.
    MAILED = (State.CLAIMED, State.TRANSMITTING, State.SENT, State.IN_DOUBT)
    RESOLVABLE = (State.FAILED, State.IN_DOUBT)

    offer = models.ForeignKey(
        Offer, models.CASCADE, related_name="reminders", db_index=False, verbose_name=_("offer")
    )
    step = models.PositiveSmallIntegerField(_("step"))
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.CLAIMED)
    message_id = models.CharField(_("Message-ID"), max_length=200, editable=False)
    mail_date = models.DateTimeField(_("date in the mail"), editable=False)
    recipient = models.EmailField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    first_try_at = models.DateTimeField(_("first try"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, db_index=True)
    retry_at = models.DateTimeField(_("next try"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    server_reply = models.TextField(_("the mail server's words"), blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("resolved by"),
    )

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-mail_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "step"], name="reminders_reminder_unique_step")
        ]
        # A claim, its mark and its record each write to every index on PostgreSQL, so there is none
        # that has no query.
        indexes = [
            models.Index(fields=["message_id"], name="reminders_reminder_message_id"),
            models.Index(
                fields=["state"],
                condition=~models.Q(state="sent"),
                name="reminders_reminder_not_sent",
            ),
            models.Index(
                fields=["resolved_by"],
                condition=models.Q(resolved_by__isnull=False),
                name="reminders_reminder_resolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer}, {self.step}"


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
        """Refuse a subject or text with a mistake, naming the place."""
        errors = {}
        for field in ("subject", "text"):
            try:
                compile_text(getattr(self, field))
            except MailTextError as error:
                errors[field] = str(error)
        if errors:
            raise ValidationError(errors)


class SendingHold(models.Model):
    """Whether sending waits for a person: one row. A released hold lets up to `allowed_count` go
    until `allowed_until`.

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
