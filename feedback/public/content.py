"""The texts of the form as the office sent them last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from feedback.public.models import FormContent

TEXTS = ("company", "email", "phone", "imprint_url", "privacy_url", "public_key")


@dataclass(frozen=True)
class FormReason:
    """One entry of the list of reasons. `labels` are texts by language code."""

    code: str
    labels: dict[str, str]
    asks_for_comment: bool

    def label(self, language: str) -> str:
        """Return the text in the language, else in English, else in any, else the code."""
        labels = self.labels
        return labels.get(language) or labels.get("en") or next(iter(labels.values()), self.code)


@dataclass(frozen=True)
class FormTexts:
    """Who asks, and which reasons there are. Empty before the office has sent anything."""

    company: str = ""
    email: str = ""
    phone: str = ""
    imprint_url: str = ""
    privacy_url: str = ""
    public_key: str = ""
    reasons: tuple[FormReason, ...] = ()

    @property
    def takes_comments(self) -> bool:
        """True when comments can be sealed. Without the office's key the form has no text fields."""
        return bool(self.public_key)

    def find_reason(self, code: str) -> FormReason | None:
        """Return the reason with this code, or None."""
        for reason in self.reasons:
            if reason.code == code:
                return reason
        return None


def get_texts() -> FormTexts:
    """Return what the office sent; empty texts when it has sent nothing yet."""
    stored = FormContent.objects.values_list("content", flat=True).first()
    if stored is None:
        return FormTexts()
    reasons = tuple(FormReason(**reason) for reason in stored["reasons"])
    return FormTexts(reasons=reasons, **{name: stored[name] for name in TEXTS})


def replace_content(data: dict[str, Any]) -> None:
    """Store the validated body of `PUT /api/form`, replacing the one before."""
    FormContent.objects.update_or_create(pk=1, defaults={"content": data})
