"""The forms of mail folders."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from offers.models import MailFolder
from offers.parsing.patterns import PatternError, check_pattern
from offers.patterns import explain_pattern_error


def clean_pattern(pattern: str) -> str:
    """Return the pattern. Raises ValidationError where it cannot be used."""
    try:
        if pattern:
            check_pattern(pattern)
    except PatternError as error:
        raise forms.ValidationError(
            _("The pattern cannot be used: %(why)s"), params={"why": explain_pattern_error(error)}
        ) from error
    return pattern


class MailFolderForm(forms.ModelForm):
    class Meta:
        model = MailFolder
        fields = ["name", "path", "direction", "number_pattern", "is_active"]

    def clean_number_pattern(self) -> str:
        return clean_pattern(self.cleaned_data["number_pattern"])


class PatternForm(forms.Form):
    """A pattern to try on the subjects of a folder."""

    pattern = forms.CharField(
        label=_("Pattern"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Empty: the built-in recognition. Nothing is saved."),
    )

    def clean_pattern(self) -> str:
        return clean_pattern(self.cleaned_data["pattern"])
