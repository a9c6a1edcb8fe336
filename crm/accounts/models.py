"""The company that uses Nachfass, and its users. Only in the office profile."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A user. The salesperson of an offer is the user with the e-mail address of its sender."""

    language = models.CharField(
        _("language"), max_length=2, choices=[("de", "Deutsch"), ("en", "English")], default="de"
    )
    phone = models.CharField(
        _("phone"), max_length=50, blank=True, help_text=_("Shown to customers in reminders.")
    )
    daily_digest = models.BooleanField(
        _("mail each working day"),
        default=True,
        help_text=_("Answers to act on, open and due offers, at 07:30."),
    )
    weekly_summary = models.BooleanField(
        _("summary each week"),
        default=False,
        help_text=_(
            "The main figures, on the first working day. Needs the right to see the figures."
        ),
    )
    digest_on = models.DateField(null=True, editable=False)
    summary_on = models.DateField(null=True, editable=False)

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]  # AbstractUser.Meta narrows it to str
        verbose_name_plural = _("people")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


def person_field(
    verbose_name: Any, *, related_name: str = "+", db_index: bool = True
) -> models.ForeignKey[User | None, User | None]:
    """Return the column of a person who did something; empty when nobody did or the person is gone."""
    options: dict[str, Any] = {"null": True, "blank": True, "verbose_name": verbose_name}
    return models.ForeignKey(
        User, models.SET_NULL, related_name=related_name, db_index=db_index, **options
    )


class OwnCompany(models.Model):
    """The company that sends the offers: one row, shown on the form and below every mail."""

    name = models.CharField(_("company name"), max_length=200)
    legal_notice = models.TextField(
        _("legal notice"),
        blank=True,
        help_text=_(
            "Stands below every reminder: legal form, seat, register, management, VAT number."
        ),
    )
    imprint_url = models.URLField(_("link to the imprint"), blank=True)
    privacy_url = models.URLField(_("link to the privacy notice"), blank=True)
    email = models.EmailField(_("e-mail for questions"), blank=True)
    phone = models.CharField(_("phone for questions"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("own company")
        verbose_name_plural = _("own company")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="accounts_owncompany_one_row")
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def get(cls) -> OwnCompany:
        """Return the one row; an empty one when nothing has been entered yet."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
