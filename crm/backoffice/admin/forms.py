"""The forms of the offers' pages and dialogs."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from offers.models import Language, Offer, number_key


def get_offer(number: str) -> Offer:
    """Return the offer with this number; a ValidationError says why there is not just one."""
    found = list(Offer.objects.filter(number_key=number_key(number))[:2])
    if not found:
        raise forms.ValidationError(_("There is no offer with this number."))
    if len(found) > 1:
        raise forms.ValidationError(_("Several customers have an offer with this number."))
    return found[0]


class OfferForm(forms.ModelForm):
    class Meta:
        model = Offer
        fields = "__all__"  # noqa: DJ007 - the admin names them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "language" in self.fields:
            language = cast(forms.TypedChoiceField, self.fields["language"])
            language.required = False
            language.choices = [("", _("that of the subject or the customer")), *Language.choices]
            self.initial["language"] = ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        number, customer = cleaned.get("number"), cleaned.get("customer")
        if number and customer:
            same = Offer.objects.filter(number_key=number_key(number), customer=customer)
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error("number", _("This customer already has an offer with this number."))
        return cleaned


class NoteContactForm(BaseDialogForm):
    note = forms.CharField(
        label=_("What was said"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )


class MakeOfferForm(BaseDialogForm):
    """The data that a mail lacks to be an offer. Empty fields are taken from the mail."""

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
    number = forms.CharField(
        label=_("Offer number"), max_length=100, widget=UnfoldAdminTextInputWidget
    )

    def clean_number(self) -> Offer:
        return get_offer(self.cleaned_data["number"])
