"""What is planned for each offer, every reminder with its state, and the hold on sending."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import person_field
from offers.models import Offer, SourceFile
from reminders.rules import Because
from reminders.sentences import BECAUSE_CHOICES


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def due(self, now: datetime) -> FollowUpQuerySet:
        """Return those due at their last planning, released and not being sent, oldest due first.

        Those that wait for their link (LINK_WAITS) are included; the claim decides again.
        """
        in_flight = Reminder.objects.filter(offer=OuterRef("offer"), state__in=Reminder.IN_FLIGHT)
        return (
            self.filter(next_at__lte=now)
            .exclude(because=Because.NEEDS_RELEASE)
            .filter(~Exists(in_flight))
            .order_by("next_at", "pk")
        )

    def by_customer(self) -> list[list[int]]:
        """Return the ids of their offers, a list for each customer, in the order of this query."""
        by_customer: dict[int, list[int]] = {}
        for customer_id, offer_id in self.values_list("offer__customer", "offer"):
            by_customer.setdefault(customer_id, []).append(offer_id)
        return list(by_customer.values())


class FollowUp(models.Model):
    """The next reminder of an offer as `reminders.rules` planned it, and what people asked for."""

    offer = models.OneToOneField(
        Offer, models.CASCADE, related_name="follow_up", verbose_name=_("offer")
    )
    plan = models.ForeignKey(
        "reminders.ReminderPlan",
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
        _("own text of the next reminder"), blank=True, help_text=_("Replaces the mail text once.")
    )
    computed_at = models.DateTimeField(_("computed"), default=timezone.now)
    # The `Offer.version` that was planned: an offer that changed since is planned again.
    offer_version = models.PositiveIntegerField(default=0, editable=False)

    # What `reminders.rules` decided, and about which version of the offer. The other columns are what
    # people asked for.
    DECISION_FIELDS = ("next_at", "next_step", "call_at", "because", "offer_version")

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

    def decision_differs(self, other: FollowUp) -> bool:
        """Return whether the rules decided something else in the other one."""
        return any(getattr(self, name) != getattr(other, name) for name in self.DECISION_FIELDS)


class ReminderQuerySet(models.QuerySet["Reminder"]):
    def not_sent(self) -> ReminderQuerySet:
        """Return those in any other state than sent, of which there are always few."""
        # Needed also beside a narrower condition: SQLite uses the partial index only for a query
        # that repeats the condition of the index.
        return self.exclude(state=Reminder.State.SENT)

    def in_doubt(self) -> ReminderQuerySet:
        """Return those of which nobody knows whether they were sent."""
        return self.not_sent().filter(state=Reminder.State.IN_DOUBT)

    def stuck(self) -> ReminderQuerySet:
        """Return those that a person must decide about."""
        return self.not_sent().filter(state__in=Reminder.RESOLVABLE, resolved_by=None)

    def give_back(self) -> int:
        """Undo the claims among these, whose mails have not been sent; return how many."""
        claimed = self.filter(state=Reminder.State.CLAIMED)
        tried_before = claimed.filter(attempts__gt=0).update(state=Reminder.State.PLANNED)
        return tried_before + claimed.filter(attempts=0).delete()[0]

    def confirm_seen(self) -> list[int]:
        """Mark those in doubt as sent whose mail is in the outgoing folder; return their offers."""
        seen = SourceFile.objects.filter(
            state=SourceFile.State.OWN_REMINDER, message_id=OuterRef("message_id")
        )
        rows = self.filter(Exists(seen), state=Reminder.State.IN_DOUBT)
        offer_ids = list(rows.values_list("offer_id", flat=True))
        rows.update(
            state=Reminder.State.SENT,
            sent_at=F("claimed_at"),
            server_reply="Seen in the outgoing folder.",
        )
        return offer_ids


class Reminder(models.Model):
    """One step of one offer. Rows with the same `message_id` are one mail about several offers.

    State transitions: claimed → transmitting → sent; claimed → planned (4xx, connection lost before
    DATA); claimed or transmitting → failed (5xx); transmitting → planned (4xx to DATA or to the
    final dot); transmitting → in_doubt (killed or cut off after DATA was announced); planned → claimed;
    planned → failed (given up); in_doubt → sent, planned (by a person; sent also by the mail seen
    in the outgoing folder); failed → planned (by a person). A first claim that was not sent is
    deleted.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("planned again")
        CLAIMED = "claimed", _("claimed")
        TRANSMITTING = "transmitting", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        IN_DOUBT = "in_doubt", _("in doubt")

    IN_FLIGHT = (State.CLAIMED, State.TRANSMITTING)
    # Mails that the customer got or may have got; the gap between two mails counts from these.
    MAILED = (State.CLAIMED, State.TRANSMITTING, State.SENT, State.IN_DOUBT)
    RESOLVABLE = (State.FAILED, State.IN_DOUBT)

    # Without an index of its own, because the unique constraint begins with the offer.
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
    server_reply = models.TextField(_("the mail server's reply"), blank=True)
    # Who has marked a failed one as resolved, or has decided about one in doubt.
    resolved_by = person_field(_("resolved by"), db_index=False)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-mail_date", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "step"], name="reminders_reminder_unique_step")
        ]
        # A claim, its mark and its record each write to every index on PostgreSQL, so each index
        # here has a query that needs it.
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


class SendingHold(models.Model):
    """The hold on sending, until a person releases it: one row.

    State transitions: free → held (too many due at once, a restored backup, a person); held →
    free (by a person).
    """

    class Reason(models.TextChoices):
        TOO_MANY = "too_many", _("more reminders were due at once than allowed")
        RESTORED = "restored", _("the database was restored from a backup")
        PERSON = "person", _("someone held it")

    reason = models.CharField(_("because"), max_length=20, choices=Reason, blank=True)
    held_at = models.DateTimeField(_("held since"), null=True, blank=True)
    due_count = models.PositiveIntegerField(_("due"), default=0)
    # A release allows that many reminders at once until that time.
    allowed_count = models.PositiveIntegerField(_("released for"), default=0)
    allowed_until = models.DateTimeField(_("released until"), null=True, blank=True)
    released_by = person_field(_("released by"))

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
        return self.held_at is not None

    def count_allowed(self, now: datetime) -> int:
        """Return how many reminders at once a person has allowed, 0 when that is over."""
        if self.allowed_until is None or now >= self.allowed_until:
            return 0
        return self.allowed_count
