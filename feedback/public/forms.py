"""What a customer may send. The template writes the fields by hand, because Django's rendering of them costs more
than all the rest of the page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from feedback import wire
from feedback.public.content import Content
from feedback.sealing import Message

MAX_DAYS = 90
# Asked again after this when the customer names no day: the office needs one.
DEFAULT_DAYS = 14
KINDS = ["interested", "declined", "undecided"]
DATE_FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]


@dataclass(frozen=True)
class Days:
    """Which days the form takes for asking again, and the one that it takes by itself."""

    today: date

    @property
    def first(self) -> date:
        return self.today + timedelta(days=1)

    @property
    def last(self) -> date:
        return self.today + timedelta(days=MAX_DAYS)

    @property
    def default(self) -> date:
        return self.today + timedelta(days=DEFAULT_DAYS)


class TextField(forms.CharField):
    """A text whose line breaks count once, as they do in the browser's own limit."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class AnswerForm(forms.Form):
    """Exactly one answer; only the fields of that answer are looked at."""

    answer = forms.ChoiceField(
        choices=[(kind, kind) for kind in KINDS],
        error_messages={
            "required": _("Please choose one of the three answers."),
            "invalid_choice": _("Please choose one of the three answers."),
        },
    )
    reason = forms.CharField(required=False, max_length=50)
    comment = TextField(
        required=False,
        max_length=wire.MAX_COMMENT,
        error_messages={"max_length": _("Your message is longer than %(limit_value)s characters. Please shorten it.")},
    )
    phone = forms.CharField(
        required=False,
        max_length=50,
        error_messages={"max_length": _("Please enter a phone number of at most %(limit_value)s characters.")},
    )
    ask_again_on = forms.CharField(required=False, max_length=10)

    def __init__(self, data: Mapping[str, Any], *, content: Content, days: Days) -> None:
        super().__init__(data)
        self.content = content
        self.days = days

    def clean(self) -> dict[str, Any]:
        answer = self.cleaned_data.get("answer")
        for name, kind in (("reason", "declined"), ("phone", "interested"), ("ask_again_on", "undecided")):
            if answer != kind:
                self.cleaned_data[name] = ""
                self.errors.pop(name, None)
        if answer == "declined":
            self._check_reason()
        if answer == "undecided":
            self._check_day()
        return self.cleaned_data

    def _check_reason(self) -> None:
        reason = self.content.find_reason(self.cleaned_data.get("reason", ""))
        if reason is None and self.content.reasons:
            self.add_error("reason", ValidationError(_("Please choose the reason that fits best.")))
        asks_for_comment = reason is not None and reason.asks_for_comment and self.content.takes_words
        if asks_for_comment and not self.cleaned_data.get("comment") and "comment" not in self.errors:
            self.add_error("comment", ValidationError(_("Please tell us the reason in a few words.")))

    def _check_day(self) -> None:
        text = self.cleaned_data.get("ask_again_on", "")
        if not text:
            self.cleaned_data["ask_again_on"] = self.days.default
            return
        try:
            day = forms.DateField(input_formats=DATE_FORMATS).clean(text)
        except ValidationError:
            day = None
        if day is None or not self.days.first <= day <= self.days.last:
            self.add_error("ask_again_on", ValidationError(_("Please choose a day from tomorrow to 90 days from now.")))
        self.cleaned_data["ask_again_on"] = day

    @property
    def message(self) -> Message:
        """The customer's words, of a valid form; none while there is no key to seal them with."""
        if not self.content.takes_words:
            return Message()
        return Message(comment=self.cleaned_data["comment"], phone=self.cleaned_data["phone"])

    def typed(self, name: str) -> str:
        """What was typed into the field, to show it again."""
        return str(self.data.get(name, ""))

    def chosen(self, name: str, values: Collection[str]) -> str:
        """What was chosen of the values, to show it again; "" when it is none of them."""
        return self.typed(name) if self.typed(name) in values else ""
