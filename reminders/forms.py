"""The forms and dialogs of the reminders in the admin."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from offers.models import Offer, number_key
from reminders.mail.compose import write_next_text
from reminders.mail.templating import MailTextError, compile_text
from reminders.models import FollowUp, ReminderPlan

COUNTRY_NAMES = [
    ("DE", _("Germany")),
    ("AT", _("Austria")),
    ("CH", _("Switzerland")),
    ("LI", _("Liechtenstein")),
]


class DaysField(forms.CharField):
    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(day) for day in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return [int(part) for part in str(text).replace(";", ",").split(",") if part.strip()]
        except ValueError as error:
            raise forms.ValidationError(
                _("Write whole numbers with commas between them, such as 3, 7, 14.")
            ) from error


class ReminderPlanForm(forms.ModelForm):
    days = DaysField(
        label=_("days after the offer"),
        help_text=_(
            "One number for each reminder, such as 3, 7, 14. Each must be larger than the one before."
        ),
    )
    country = forms.ChoiceField(
        label=_("country"), choices=COUNTRY_NAMES, widget=UnfoldAdminSelectWidget
    )

    class Meta:
        model = ReminderPlan
        fields = "__all__"  # noqa: DJ007 - the plan has nothing that its editors may not see
        help_texts = {
            "subdivision": _(
                "Its code, such as BY or ZH. Empty: only the holidays of the whole country."
            )
        }

    def _get_validation_exclusions(self) -> set[str]:
        # A new default plan is allowed: it replaces the one before.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]  # not in the stubs

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        opens, closes = data.get("window_from"), data.get("window_to")
        if opens and closes and opens >= closes:
            self.add_error("window_to", _("The window must end after it begins."))
        return data


class DayWidget(UnfoldAdminDateWidget):
    # The browser's own calendar, because the admin's is missing in dialogs.
    input_type = "date"


class UntilForm(BaseDialogForm):
    until = forms.DateField(label=_("until"), widget=DayWidget(format="%Y-%m-%d"))

    def clean_until(self) -> date:
        day: date = self.cleaned_data["until"]
        today = timezone.localdate()
        if day <= today:
            raise forms.ValidationError(_("Choose a day after today."))
        if day > today + timedelta(days=1100):
            raise forms.ValidationError(_("Choose a day within the next three years."))
        return day


class OwnTextForm(BaseDialogForm):
    text = forms.CharField(
        label=_("text"),
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 12}),
        help_text=_("Empty: the reminder says what the mail text says."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        follow_up = FollowUp.objects.select_related("offer").get(pk=self.object_id)
        # Initially the text that the mail text makes.
        self.initial["text"] = follow_up.own_text or write_next_text(follow_up, timezone.now())

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        try:
            compile_text(text)
        except MailTextError as error:
            raise forms.ValidationError(str(error)) from error
        return text


class PreviewForm(BaseDialogForm):
    number = forms.CharField(
        label=_("offer number"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Empty: the newest offer in the language of the text."),
    )

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        if number and not Offer.objects.filter(number_key=number_key(number)).exists():
            raise forms.ValidationError(_("There is no offer with this number."))
        return number
