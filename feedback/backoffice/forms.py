"""The dialogs in which a person records what a customer said."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from feedback.backoffice.models import Answer, DeclineReason
from offers.models import Offer

ORDERED = "ordered"


class RecordAnswerForm(BaseDialogForm):
    """What the customer said, how, and why."""

    outcome = forms.ChoiceField(
        label=_("The customer says"),
        choices=[(ORDERED, _("ordered")), *Answer.Kind.choices],
        widget=UnfoldAdminSelectWidget,
    )
    channel = forms.ChoiceField(
        label=_("through"),
        choices=[
            (Offer.Channel.PHONE.value, Offer.Channel.PHONE.label),
            (Offer.Channel.MAIL.value, Offer.Channel.MAIL.label),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.ModelChoiceField(
        label=_("Reason"),
        queryset=DeclineReason.objects.filter(is_active=True),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Needed when the customer declines."),
    )
    ask_again_on = forms.DateField(
        label=_("Ask again on"),
        required=False,
        widget=UnfoldAdminDateWidget,
        help_text=_("When the customer is still undecided."),
    )
    comment = forms.CharField(
        label=_("Comment"), required=False, widget=UnfoldAdminTextareaWidget({"rows": 3})
    )

    def clean_ask_again_on(self) -> date | None:
        day: date | None = self.cleaned_data["ask_again_on"]
        if day is not None and day <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day after today."))
        return day

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        is_declined = data.get("outcome") == Answer.Kind.DECLINED
        # A reason that does not exist has an error already.
        if is_declined and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Choose the reason why the customer declines."))
        return data

    @property
    def kind(self) -> Answer.Kind:
        """The answer that the chosen outcome means; an order is the strongest form of interest."""
        outcome = self.cleaned_data["outcome"]
        return Answer.Kind.INTERESTED if outcome == ORDERED else Answer.Kind(outcome)

    @property
    def chosen_channel(self) -> Offer.Channel:
        """The channel of the answer; an order is a channel of its own."""
        if self.cleaned_data["outcome"] == ORDERED:
            return Offer.Channel.ORDER
        return Offer.Channel(self.cleaned_data["channel"])
