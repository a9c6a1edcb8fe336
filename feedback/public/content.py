"""The texts of the form as the office sent them last."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from feedback import wire
from feedback.public.models import Form


@dataclass(frozen=True)
class Reason:
    """One entry of the drop-down. `labels` are pairs of language code and text."""

    code: str
    labels: tuple[tuple[str, str], ...]
    asks_for_comment: bool

    def label(self, language: str) -> str:
        """Return the text in the language, else in English, else in any, else the code."""
        texts = dict(self.labels)
        return texts.get(language) or texts.get("en") or next(iter(texts.values()), self.code)


@dataclass(frozen=True)
class Content:
    """Who asks, and which reasons there are. Empty before the office has sent anything: the page
    works all the same.
    """

    company: str = ""
    email: str = ""
    phone: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    public_key: str = ""
    reasons: tuple[Reason, ...] = ()

    @property
    def takes_words(self) -> bool:
        """True when words can be sealed. Without the office's key the page must not ask for any."""
        return bool(self.public_key)

    @property
    def dial(self) -> str:
        """The phone number as a link takes it."""
        return self.phone.replace(" ", "")

    def find_reason(self, code: str) -> Reason | None:
        """Return the reason with this code, or None."""
        return next((reason for reason in self.reasons if reason.code == code), None)


TEXTS = ("company", "email", "phone", "imprint_url", "privacy_url", "public_key")
# Every page needs the texts and they hardly ever change: a process looks again after so many
# seconds.
KEEP_SECONDS = 5.0


class _Kept:
    """The texts as this process read them last. Not in Django's cache, which would unpickle them
    for every page.
    """

    content: Content | None = None
    until: float = 0.0


def get_content() -> Content:
    """Return what the office sent, as of at most KEEP_SECONDS ago; an empty Content when it has
    sent nothing yet.
    """
    if _Kept.content is None or time.monotonic() > _Kept.until:
        _Kept.content, _Kept.until = _load_content(), time.monotonic() + KEEP_SECONDS
    return _Kept.content


def forget_content() -> None:
    """Make this process read the texts anew."""
    _Kept.content = None


def _load_content() -> Content:
    stored = Form.objects.values_list("content", flat=True).first()
    if stored is None:
        return Content()
    reasons = tuple(
        Reason(
            reason["code"],
            tuple(sorted(reason["labels"].items())),
            bool(reason["asks_for_comment"]),
        )
        for reason in stored["reasons"]
    )
    return Content(reasons=reasons, **{name: stored.get(name, "") for name in TEXTS})


def replace_content(data: dict[str, Any]) -> None:
    """Store the validated body of `PUT /api/form` in the place of what was there.

    Only what the page uses is kept, and labels in its own languages: what a newer office sends
    beyond that must not end in a page that cannot be read.
    """
    reasons = [
        {
            "code": reason["code"],
            "labels": {
                code: text for code, text in reason["labels"].items() if code in wire.LANGUAGES
            },
            "asks_for_comment": reason["asks_for_comment"],
        }
        for reason in data["reasons"]
    ]
    content = {name: data[name] for name in TEXTS} | {"reasons": reasons}
    Form.objects.update_or_create(pk=1, defaults={"content": content})
    forget_content()
