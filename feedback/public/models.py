"""What the VPS stores: digests, sealed cards, sealed comments. Nothing here names a customer."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import models
from django.utils import timezone


class RegisteredLink(models.Model):
    """A link that the office registered."""

    class State(models.TextChoices):
        ACTIVE = "active"
        REVOKED = "revoked"

    digest = models.CharField(max_length=64, unique=True)
    card = models.TextField()
    language = models.CharField(max_length=2)
    expires_at = models.DateTimeField(db_index=True)
    # What the office said last: active ↔ revoked.
    state = models.CharField(max_length=10, choices=State)
    registered_at = models.DateTimeField(default=timezone.now)
    # Set once, by the customer's decision: "still undecided" does not answer a link. The office never
    # changes it, so that registering a link again does not revive it.
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.digest[:8]

    @property
    def is_answered(self) -> bool:
        """True once the customer has decided."""
        return self.answered_at is not None

    def is_valid(self, now: datetime) -> bool:
        """Return whether the link still shows something."""
        # A revoked link that was answered still shows the customer's own answer.
        is_usable = self.state == self.State.ACTIVE or self.is_answered
        return self.expires_at > now and is_usable


class SubmittedAnswer(models.Model):
    """What a customer said, kept until `FEEDBACK_KEEP_DAYS` after the office acknowledged it."""

    uid = models.UUIDField(unique=True, default=uuid4)
    link = models.ForeignKey(RegisteredLink, models.CASCADE, related_name="answers")
    kind = models.CharField(max_length=20)
    reason = models.CharField(max_length=50, blank=True)
    sealed_comment = models.TextField(blank=True)
    ask_again_on = models.DateField(null=True)
    suspect = models.BooleanField(default=False)
    submitted_at = models.DateTimeField(default=timezone.now, db_index=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # In addition to the conditional UPDATE in services.py: one decision per link.
            models.UniqueConstraint(
                fields=["link"],
                condition=models.Q(kind__in=["interested", "declined"]),
                name="feedback_public_answer_one_decision",
            ),
            models.UniqueConstraint(
                fields=["link"],
                condition=models.Q(kind="opted_out"),
                name="feedback_public_answer_one_opt_out",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submitted_at"],
                condition=models.Q(acknowledged_at=None),
                name="feedback_public_answer_waiting",
            )
        ]

    def __str__(self) -> str:
        return str(self.uid)

    @property
    def digest(self) -> str:
        """The link that was answered, as the office knows it."""
        return self.link.digest


class FormContent(models.Model):
    """The texts of the form as the office sent them last (`wire.FormSerializer`): one row."""

    content = models.JSONField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="feedback_public_form_one_row")
        ]

    def __str__(self) -> str:
        return f"Form of {self.received_at:%Y-%m-%d %H:%M}"
