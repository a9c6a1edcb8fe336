"""Links given out, answers received or recorded, and the reasons customers can choose."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.admin import display
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import person_field
from feedback import links
from offers.models import Offer


class Invitation(models.Model):
    """The one-time link of an offer.

    State transitions: active → answered (by the customer), active → revoked (by a person, or by a
    new link), revoked → answered (the customer answered before the sync).
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        # By a decision. One who is still undecided can use the link again.
        ANSWERED = "answered", _("answered")
        REVOKED = "revoked", _("revoked")

    offer = models.ForeignKey(
        Offer, models.CASCADE, related_name="invitations", verbose_name=_("offer")
    )
    # Unique through its digest, which has the index.
    token = models.UUIDField(_("token"), default=links.new_token, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    expires_at = models.DateTimeField(_("valid until"))
    registered_at = models.DateTimeField(
        _("known to the public service since"), null=True, blank=True, editable=False
    )
    # Counts the changes to register on the VPS. Each one empties `registered_at`, so that a link
    # which changes while it is being sent is sent again.
    version = models.PositiveIntegerField(default=0, editable=False)
    card_hash = models.CharField(max_length=64, blank=True, editable=False)
    mailed_at = models.DateTimeField(
        _("last mailed"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The newest reminder that carried it."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("feedback link")
        verbose_name_plural = _("feedback links")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="feedback_invitation_unique_token"),
            models.UniqueConstraint(
                fields=["offer"],
                condition=models.Q(state="active"),
                name="feedback_invitation_one_active",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(registered_at=None),
                name="feedback_invitation_to_send",
            )
        ]

    def __str__(self) -> str:
        return str(self.offer)

    def save(self, *args: object, **kwargs: object) -> None:
        self.digest = links.digest(UUID(str(self.token)))
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    @display(description=_("link"))
    def url(self) -> str:
        """The customer's link to the form."""
        return links.form_url(settings.FEEDBACK_BASE_URL, self.token)


class DeclineReason(models.Model):
    """A reason that the form offers. Answers keep theirs when it becomes inactive."""

    class Group(models.TextChoices):
        PRICE = "price", _("price")
        COMPETITOR = "competitor", _("competitor")
        NO_DECISION = "no_decision", _("no decision")
        POSTPONED = "postponed", _("postponed")
        SCOPE = "scope", _("scope")
        DELIVERY_TIME = "delivery_time", _("delivery time")
        OTHER = "other", _("other")

    code = models.SlugField(_("code"), max_length=50, unique=True)
    group = models.CharField(_("class"), max_length=20, choices=Group)
    label_de = models.CharField(_("German"), max_length=200)
    label_en = models.CharField(_("English"), max_length=200)
    label_fr = models.CharField(_("French"), max_length=200)
    label_it = models.CharField(_("Italian"), max_length=200)
    asks_for_comment = models.BooleanField(_("asks for a comment"), default=False)
    order = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("decline reason")
        verbose_name_plural = _("decline reasons")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.label(get_language() or settings.LANGUAGE_CODE)

    def label(self, language: str) -> str:
        """The wording in one of the four languages, else the German one."""
        return str(getattr(self, f"label_{language[:2]}", self.label_de))


class Answer(models.Model):
    """What the customer said through the link, or what staff recorded."""

    class Kind(models.TextChoices):
        INTERESTED = "interested", _("interested")
        DECLINED = "declined", _("declined")
        UNDECIDED = "undecided", _("still undecided")
        OPTED_OUT = "opted_out", _("no more reminders")

    uid = models.UUIDField(_("id"), default=uuid4, unique=True, editable=False)
    offer = models.ForeignKey(
        Offer, models.CASCADE, related_name="answers", verbose_name=_("offer")
    )
    invitation = models.ForeignKey(
        Invitation, models.SET_NULL, null=True, blank=True, related_name="answers", editable=False
    )
    kind = models.CharField(_("answer"), max_length=20, choices=Kind)
    channel = models.CharField(
        _("through"), max_length=10, choices=Offer.Channel, default=Offer.Channel.LINK
    )
    reason = models.ForeignKey(
        DeclineReason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customer's reason"),
    )
    salesperson_reason = models.ForeignKey(
        DeclineReason,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("salesperson's reason"),
    )
    comment = models.TextField(_("comment"), blank=True)
    note = models.TextField(
        _("please check"), blank=True, editable=False, help_text=_("What to check in this answer.")
    )
    sealed_comment = models.TextField(
        blank=True, editable=False, help_text="Kept only while it cannot be opened."
    )
    phone = models.CharField(_("please call"), max_length=50, blank=True)
    ask_again_on = models.DateField(_("ask again on"), null=True, blank=True)
    is_suspect = models.BooleanField(
        _("to check"),
        default=False,
        help_text=_("Came so soon after the mail that a robot may have sent it."),
    )
    # When the customer gave this answer, of any kind; of a call: when it was.
    answered_at = models.DateTimeField(_("answered"), db_index=True)
    received_at = models.DateTimeField(_("received"), default=timezone.now, editable=False)
    recorded_by = person_field(_("recorded by"))
    dismissed_at = models.DateTimeField(
        _("dismissed as automatic"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Not counted in the figures."),
    )
    handled_at = models.DateTimeField(_("dealt with"), null=True, blank=True)
    notified_at = models.DateTimeField(_("salesperson told"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ["-answered_at"]
        indexes = [
            models.Index(
                fields=["answered_at"],
                condition=models.Q(handled_at=None),
                name="feedback_answer_new",
            ),
            models.Index(
                fields=["answered_at"],
                condition=models.Q(notified_at=None),
                name="feedback_answer_untold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer}: {self.get_kind_display()}"


class RejectedAnswer(models.Model):
    """An answer from the VPS that was rejected because it could not be stored, kept for a person."""

    uid = models.UUIDField(_("id"), unique=True)
    content = models.JSONField(_("content"))
    error = models.TextField(_("what was wrong"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    class Meta:
        verbose_name = _("rejected answer")
        verbose_name_plural = _("rejected answers")
        ordering = ["-received_at"]

    def __str__(self) -> str:
        return str(self.uid)


class SyncState(models.Model):
    """One row: reminders are sent only while `pulled_at` is recent."""

    # After this time without a pull the queue, the connection or the public service has failed.
    STALE_AFTER = timedelta(minutes=15)

    pulled_at = models.DateTimeField(_("answers pulled"), null=True)
    clock_skew_seconds = models.IntegerField(default=0, editable=False)
    form_hash = models.CharField(max_length=64, blank=True)
    form_sent_at = models.DateTimeField(_("form sent"), null=True)
    salespeople_hash = models.CharField(max_length=64, blank=True, editable=False)
    notifying_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="End of the lease of the run that mails the salespeople; others wait for it.",
    )

    class Meta:
        verbose_name = _("state of the sync")
        verbose_name_plural = _("state of the sync")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="feedback_syncstate_one_row")
        ]

    def __str__(self) -> str:
        return f"{self.pulled_at}"

    @classmethod
    def get(cls) -> SyncState:
        """Return the one row, made on first use."""
        return cls.objects.get_or_create(pk=1)[0]
