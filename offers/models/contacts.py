"""What was said to customers besides the imported mails."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """A call or a visit about an offer. Quiet days follow it."""

    offer = models.ForeignKey(
        "offers.Offer", models.CASCADE, related_name="contacts", verbose_name=_("offer")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.offer}, {self.at:%Y-%m-%d}"


class SentMessage(models.Model):
    """A mail that Nachfass sent itself: by its Message-ID a reply or a bounce finds the offer.

    A mail about several offers is kept once, with the first of them.
    """

    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    offer = models.ForeignKey(
        "offers.Offer", models.CASCADE, related_name="sent_messages", verbose_name=_("offer")
    )
    recipient = models.EmailField(_("to"), max_length=254)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("sent message")
        verbose_name_plural = _("sent messages")
        default_permissions = ()

    def __str__(self) -> str:
        return self.message_id
