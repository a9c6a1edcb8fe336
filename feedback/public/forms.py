"""The form in which a customer answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext, gettext_lazy

from feedback import wire
from feedback.public.content import FormTexts
from feedback.sealing import Message

MAX_DAYS = 90
# Used when the customer names no day, because the office needs one.
DEFAULT_DAYS = 14
MAX_PHONE = 50
KINDS = ["interested", "declined", "undecided"]
# Which answer a field belongs to; the fields of the other answers are ignored.
ANSWER_OF = {"reason": "declined", "ask_again_on": "undecided", "phone": "interested"}
DATE_FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"]
NO_ANSWER = gettext_lazy("Please choose one of the three answers.")
BAD_DAY = gettext_lazy("Please choose a day from tomorrow to 90 days from now.")
LONG_COMMENT = gettext_lazy(
    "Your message is longer than %(limit_value)s characters. Please shorten it."
)
LONG_PHONE = gettext_lazy("Please enter a phone number of at most %(limit_value)s characters.")


@dataclass(frozen=True)
class Days:
    """The days that the form accepts for asking again, and the default one."""

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


class AnswerForm(forms.Form):
    """One answer with the fields that belong to it. Validate it in the language of the page.

    The template contains the fields as HTML: Django takes several times as long to render them.
    """

    answer = forms.ChoiceField(
        choices=[(kind, kind) for kind in KINDS],
        error_messages={"required": NO_ANSWER, "invalid_choice": NO_ANSWER},
    )
    reason = forms.CharField(required=False)
    ask_again_on = forms.DateField(
        required=False, input_formats=DATE_FORMATS, error_messages={"invalid": BAD_DAY}
    )
    comment = forms.CharField(
        required=False, max_length=wire.MAX_COMMENT, error_messages={"max_length": LONG_COMMENT}
    )
    phone = forms.CharField(
        required=False, max_length=MAX_PHONE, error_messages={"max_length": LONG_PHONE}
    )

    def __init__(self, data: Mapping[str, str], *, texts: FormTexts, days: Days) -> None:
        # PostgreSQL cannot store NUL, and the browser's own limit counts a line break once.
        typed = {}
        for name, text in data.items():
            typed[name] = text.replace("\0", "").replace("\r\n", "\n").strip()
        super().__init__(typed)
        self.texts, self.days = texts, days
        for name, answer in ANSWER_OF.items():
            if typed.get("answer") != answer:
                del self.fields[name]
        if not texts.takes_comments:
            self.fields.pop("comment")
            self.fields.pop("phone", None)

    def clean_reason(self) -> str:
        if not self.texts.reasons:
            return ""
        code: str = self.cleaned_data["reason"]
        if self.texts.find_reason(code) is None:
            raise forms.ValidationError(gettext("Please choose the reason that fits best."))
        return code

    def clean_ask_again_on(self) -> date:
        day: date = self.cleaned_data["ask_again_on"] or self.days.default
        if not self.days.first <= day <= self.days.last:
            raise forms.ValidationError(BAD_DAY)
        return day

    def clean_comment(self) -> str:
        comment: str = self.cleaned_data["comment"]
        reason = self.texts.find_reason(self.cleaned_data.get("reason", ""))
        if reason is not None and reason.asks_for_comment and not comment:
            raise forms.ValidationError(gettext("Please tell us the reason in a few words."))
        return comment

    @property
    def message(self) -> Message:
        """The comment and the phone number of a valid form."""
        data = self.cleaned_data
        return Message(comment=data.get("comment", ""), phone=data.get("phone", ""))
