"""Received mails that led to nothing yet: what they name, until an offer turns up that they are about."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReceivedMessage(models.Model):
    """What a received mail names. It is matched again when an offer with one of these names comes up.

    Exists while its file is undecided or led to nothing, for 90 days at most.
    """

    class Kind(models.TextChoices):
        REPLY = "reply", _("reply")
        AUTOMATIC = "automatic", _("automatic mail")
        BOUNCE = "bounce", _("bounce")

    KEPT_FOR = timedelta(days=90)

    file = models.OneToOneField(
        "offers.SourceFile",
        models.CASCADE,
        related_name="received_message",
        verbose_name=_("import log entry"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # By its own clock; the log entry of a reply has a time that is not before the offer's.
    at = models.DateTimeField(_("sent"))
    # What decides about the mail besides the columns of its log entry (`mail_import.received`).
    content = models.JSONField(_("content"), default=dict)
    kept_at = models.DateTimeField(_("kept since"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("received message")
        verbose_name_plural = _("received messages")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind}, {self.at:%Y-%m-%d}"


class ReceivedName(models.Model):
    """One thing that a received message names: a Message-ID, a number, an address or a domain.

    A row each, so that an index finds the messages that name a new offer.
    """

    message = models.ForeignKey(
        ReceivedMessage, models.CASCADE, related_name="names", verbose_name=_("received message")
    )
    # `<message-id>`, `#number`, `local@domain` or `@domain`.
    value = models.CharField(_("name"), max_length=500)

    class Meta:
        verbose_name = _("name in a received message")
        verbose_name_plural = _("names in received messages")
        default_permissions = ()
        # Not `db_index=True`: that adds a second index for LIKE on PostgreSQL.
        indexes = [models.Index(fields=["value"], name="offers_receivedname_value")]

    def __str__(self) -> str:
        return self.value
