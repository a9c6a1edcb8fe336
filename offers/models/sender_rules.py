"""Rules that people made when they answered a question about a mail with "always"."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SenderRule(models.Model):
    """What is always decided about the mails of an address or a domain."""

    class Kind(models.TextChoices):
        OURS = "ours", _("It is an address of ours.")
        NO_PERSON = "no_person", _("No person reads there: nobody is reminded.")
        NOT_OURS = "not_ours", _("The offers in these mails are theirs, never ours.")
        AUTOMATIC = "automatic", _("These mails are automatic.")

    kind = models.CharField(_("rule"), max_length=20, choices=Kind)
    address = models.CharField(
        _("address or domain"), max_length=320, help_text=_("In lower case; a domain without @.")
    )
    # Folded, see `offers.mail_import.sender_rules.fold_wording`.
    wording = models.CharField(
        _("only with this subject"),
        max_length=200,
        blank=True,
        help_text=_("Empty: with any subject. Numbers in the subject do not count."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("created by"),
    )

    class Meta:
        verbose_name = _("rule about senders")
        verbose_name_plural = _("rules about senders")
        ordering = ["address", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "address", "wording"], name="offers_senderrule_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_kind_display()}"
