"""What a customer may send.

Plain Python instead of a Django form, which copies its fields for every request: that took a sixth
of a POST.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from feedback import wire
from feedback.public.content import Content
from feedback.sealing import Message

MAX_DAYS = 90
# Asked again after this when the customer names no day: the office needs one.
DEFAULT_DAYS = 14
MAX_PHONE = 50
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


@dataclass
class AnswerForm:
    """Exactly one answer; only the fields of that answer are looked at.

    `errors` has a sentence per field in the language that is active; while it is empty, the other
    fields hold what may be stored: `reason` is "" or one of the office's codes, and `ask_again_on`
    None unless undecided.
    """

    data: Mapping[str, str]
    content: Content
    days: Days
    kind: str = ""
    reason: str = ""
    message: Message = field(default_factory=Message)
    ask_again_on: date | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kind = self.chosen("answer", KINDS)
        if not self.kind:
            self.errors["answer"] = _("Please choose one of the three answers.")
        if self.kind == "declined":
            self._read_reason()
        elif self.kind == "undecided":
            self._read_day()
        if self.content.takes_words:
            self._read_words()

    def typed(self, name: str) -> str:
        """What was typed into the field, without NUL, which PostgreSQL cannot store. Line breaks
        count once, as they do in the browser's own limit.
        """
        return self.data.get(name, "").replace("\0", "").replace("\r\n", "\n").strip()

    def chosen(self, name: str, values: Collection[str]) -> str:
        """What was chosen of the values; "" when it is none of them."""
        return self.typed(name) if self.typed(name) in values else ""

    def _read_words(self) -> None:
        comment, phone = (
            self.typed("comment"),
            self.typed("phone") if self.kind == "interested" else "",
        )
        if len(comment) > wire.MAX_COMMENT:
            text = _("Your message is longer than %(limit_value)s characters. Please shorten it.")
            self.errors["comment"] = text % {"limit_value": wire.MAX_COMMENT}
        if len(phone) > MAX_PHONE:
            text = _("Please enter a phone number of at most %(limit_value)s characters.")
            self.errors["phone"] = text % {"limit_value": MAX_PHONE}
        self.message = Message(comment=comment, phone=phone)

    def _read_reason(self) -> None:
        reason = self.content.find_reason(self.typed("reason"))
        if reason is not None:
            self.reason = reason.code
        elif self.content.reasons:
            self.errors["reason"] = _("Please choose the reason that fits best.")
        asks_for_comment = (
            reason is not None and reason.asks_for_comment and self.content.takes_words
        )
        if asks_for_comment and not self.typed("comment"):
            self.errors["comment"] = _("Please tell us the reason in a few words.")

    def _read_day(self) -> None:
        text = self.typed("ask_again_on")
        day = _parse_day(text) if text else self.days.default
        if day is None or not self.days.first <= day <= self.days.last:
            self.errors["ask_again_on"] = _(
                "Please choose a day from tomorrow to 90 days from now."
            )
        self.ask_again_on = day


def _parse_day(text: str) -> date | None:
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None
