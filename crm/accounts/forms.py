"""Forms for signing in and for the rights of a role."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.forms import ModelMultipleChoiceField
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm

from crm.accounts import throttle

TOO_MANY = _(
    "Too many attempts. Wait a quarter of an hour, or ask your administrator for a new password."
)


_RIGHTS = {
    "view": _("%(rows)s: see"),
    "add": _("%(rows)s: add"),
    "change": _("%(rows)s: change"),
    "delete": _("%(rows)s: delete"),
}


class RightsField(ModelMultipleChoiceField):
    """Rights with names in the person's language; Django stores its own in English."""

    def label_from_instance(self, right: Permission) -> str:
        words = _RIGHTS.get(right.codename.partition("_")[0])
        model = right.content_type.model_class()
        if words is None or model is None:
            return gettext(right.name)
        return words % {"rows": capfirst(model._meta.verbose_name_plural)}


class ThrottledLoginForm(AuthenticationForm):
    """Unfold's sign-in form with a limit on attempts."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if username and self.request is not None and not throttle.may_try(self.request, username):
            raise ValidationError(TOO_MANY, code="too_many")
        values: dict[str, Any] = super().clean()
        if username and self.request is not None:
            throttle.succeeded(self.request, username)
        return values
