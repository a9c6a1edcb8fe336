"""The sign-in form of the office."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from crm.accounts import throttle

TOO_MANY = _("Too many attempts. Wait a quarter of an hour, or ask your administrator for a new password.")


class ThrottledLoginForm(AuthenticationForm):
    """Unfold's sign-in form, which lets nobody guess passwords for long."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if username and self.request is not None and not throttle.may_try(self.request, username):
            raise ValidationError(TOO_MANY, code="too_many")
        values: dict[str, Any] = super().clean()
        if username and self.request is not None:
            throttle.succeeded(self.request, username)
        return values
