"""The form of an answer to a question about a mail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from crm.backoffice.admin.forms import get_offer
from offers.models import Offer, SenderRule, SourceFile
from offers.parsing.addresses import fold_email
from offers.questions import EMAIL, NUMBER, OFFER, UNTIL, Choice, build_rule, find_candidates
from offers.services import find_people

_ALWAYS = {
    SenderRule.Kind.OURS: _("Always: %(address)s is an address of ours"),
    SenderRule.Kind.NO_PERSON: _("Always: no person reads at %(address)s"),
    SenderRule.Kind.NOT_OURS: _("Always: offers in mails to %(address)s are theirs"),
    SenderRule.Kind.AUTOMATIC: _("Always: mails of %(address)s with this subject are automatic"),
}


class QuestionForm(forms.Form):
    """The fields that one answer asks for, filled in as far as the mail tells."""

    def __init__(self, file: SourceFile, choice: Choice, data: Any = None) -> None:
        super().__init__(data, prefix=choice.code)
        self.file, self.choice = file, choice
        self.rule = build_rule(file, choice.rule) if choice.rule else None
        if NUMBER in choice.asks:
            known = file.offer.number if file.offer else ""
            self.fields["number"] = forms.CharField(
                label=_("Offer number"), max_length=100, initial=file.number or known
            )
        if EMAIL in choice.asks:
            self._add_email()
        if OFFER in choice.asks and file.offer is None:
            self._add_offer()
        if UNTIL in choice.asks:
            self.fields["until"] = forms.DateField(
                label=_("No reminder before"),
                initial=_read_day_after(file.detail),
                input_formats=["%Y-%m-%d"],
                widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            )
        if self.rule is not None and choice.rule is not None:
            label = _ALWAYS[choice.rule] % {"address": self.rule.address}
            self.fields["always"] = forms.BooleanField(label=label, required=False)

    def _add_email(self) -> None:
        outside = [person.email for person in find_people(self.file)]
        if self.file.offer is not None and not outside:
            outside = [self.file.offer.customer.email]
        # A list to choose from while nothing is typed.
        self.emails = outside
        self.fields["email"] = forms.EmailField(
            label=_("E-mail of the customer"),
            initial=outside[0] if len(outside) == 1 else "",
            widget=forms.EmailInput({"list": f"{self.prefix}-emails"}),
        )

    def _add_offer(self) -> None:
        self.candidates = {str(offer.pk): offer for offer in find_candidates(self.file)}
        if self.candidates:
            choices = [(key, _name_offer(offer)) for key, offer in self.candidates.items()]
            self.fields["offer"] = forms.ChoiceField(
                label=_("About which offer?"),
                choices=[*choices, ("other", _("another one:"))],
                initial=choices[0][0] if len(choices) == 1 else None,
                required=False,
                widget=forms.RadioSelect,
            )
        self.fields["other"] = forms.CharField(
            label=_("Number of the known offer"), max_length=100, required=False
        )

    def clean_other(self) -> Offer | None:
        number: str = self.cleaned_data["other"]
        return get_offer(number) if number.strip() else None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "other" not in self.fields or self.errors:
            return data
        chosen = data["other"] or self.candidates.get(data.get("offer", ""))
        if chosen is None:
            self.add_error("other", _("Choose the offer that it is about."))
        data["chosen"] = chosen
        return data

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        if day <= timezone.localdate():
            raise forms.ValidationError(_("Choose a day after today."))
        return day

    def get_filled(self) -> dict[str, Any]:
        """Return what the person filled in, as fields of `Given`."""
        data = self.cleaned_data
        return {
            "number": data.get("number", ""),
            "email": fold_email(data.get("email", "")),
            "offer": data.get("chosen"),
            "until": data.get("until"),
        }


def _read_day_after(detail: str) -> date | None:
    """Return the day after the day of return that the question names."""
    try:
        day = parse_date(detail.strip())
    except ValueError:
        return None
    return day + timedelta(days=1) if day else None


def _name_offer(offer: Offer) -> str:
    sent_on = date_format(timezone.localtime(offer.sent_at), "SHORT_DATE_FORMAT")
    return " · ".join([offer.number, str(offer.customer.name or offer.customer.email), sent_on])
