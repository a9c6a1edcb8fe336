"""The forms of the offers' pages and dialogs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from offers.models import MailFolder, Offer, number_key
from offers.parsing.numbers import PatternError, compile_pattern
from offers.patterns import explain_pattern_error


def clean_pattern(pattern: str) -> str:
    """Return a pattern of offer numbers that can be used. Raises ValidationError with a sentence
    that says why not.
    """
    try:
        if pattern:
            compile_pattern(pattern)
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

    def clean_path(self) -> str:
        path: str = self.cleaned_data["path"].strip()
        return path


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


class OfferForm(forms.ModelForm):
    class Meta:
        model = Offer
        fields = "__all__"  # noqa: DJ007 - the admin names them

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        number, customer = cleaned.get("number"), cleaned.get("customer")
        if number and customer:
            same = Offer.objects.filter(number_key=number_key(number), customer=customer).exclude(
                pk=self.instance.pk
            )
            if same.exists():
                self.add_error("number", _("This customer already has an offer with this number."))
        return cleaned


class NoteContactForm(BaseDialogForm):
    """A contact that no mail tells of."""

    note = forms.CharField(
        label=_("What was said"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )


class MakeOfferForm(BaseDialogForm):
    """What a mail lacks to be an offer. What it has is filled in when the fields stay empty."""

    number = forms.CharField(
        label=_("Offer number"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget
    )
    email = forms.EmailField(
        label=_("E-mail of the customer"),
        required=False,
        widget=UnfoldAdminEmailInputWidget,
        help_text=_("Empty fields are taken from the mail where it is certain."),
    )


class AttachForm(BaseDialogForm):
    """To which offer a mail belongs."""

    number = forms.CharField(
        label=_("Offer number"), max_length=100, widget=UnfoldAdminTextInputWidget
    )

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"]
        found = Offer.objects.filter(number_key=number_key(number)).count()
        if found == 0:
            raise forms.ValidationError(_("There is no offer with this number."))
        if found > 1:
            raise forms.ValidationError(_("Several customers have an offer with this number."))
        return number
