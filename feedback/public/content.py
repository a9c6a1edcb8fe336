"""The texts of the form as the office sent them last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from feedback import wire
from feedback.public.models import Form


@dataclass(frozen=True)
class Reason:
    """One entry of the drop-down. `labels` maps a language code to its text."""

    code: str
    labels: dict[str, str]
    asks_for_comment: bool

    def label(self, language: str) -> str:
        """Return the text in the language, else in English, else in any, else the code."""
        return self.labels.get(language) or self.labels.get("en") or next(iter(self.labels.values()), self.code)


@dataclass(frozen=True)
class Content:
    """Who asks, and which reasons there are. Empty before the office has sent anything: the page works all the same."""

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

    def find_reason(self, code: str) -> Reason | None:
        """Return the reason with this code, or None."""
        return next((reason for reason in self.reasons if reason.code == code), None)


TEXTS = ("company", "email", "phone", "imprint_url", "privacy_url", "public_key")


def get_content() -> Content:
    """Return what the office sent last; an empty Content when it has sent nothing yet."""
    stored = Form.objects.values_list("content", flat=True).first()
    if stored is None:
        return Content()
    reasons = tuple(
        Reason(reason["code"], dict(reason["labels"]), bool(reason["asks_for_comment"])) for reason in stored["reasons"]
    )
    return Content(reasons=reasons, **{name: stored.get(name, "") for name in TEXTS})


def replace_content(data: dict[str, Any]) -> None:
    """Store the validated body of `PUT /api/form` in the place of what was there.

    Only what the page uses is kept, and labels in its own languages: what a newer office sends beyond that must not
    end in a page that cannot be read.
    """
    reasons = [
        {
            "code": reason["code"],
            "labels": {code: text for code, text in reason["labels"].items() if code in wire.LANGUAGES},
            "asks_for_comment": reason["asks_for_comment"],
        }
        for reason in data["reasons"]
    ]
    content = {name: data[name] for name in TEXTS} | {"reasons": reasons}
    Form.objects.update_or_create(pk=1, defaults={"content": content})
