"""Questions about mails that keep the reminders of an offer back until a person answers them."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from offers.models import Offer, SourceFile


def apply_questions(offer: Offer, open_questions: Sequence[SourceFile]) -> None:
    """Hold an offer while questions about it are open, and release it after the last one.

    What else is to check about the offer stays as it is.
    """
    with translation.override(settings.LANGUAGE_CODE):
        known = {str(reason.label) for reason in SourceFile.Reason}
        asked = [str(SourceFile.Reason(file.reason).label) for file in open_questions]
    if offer.needs_review in known and offer.needs_review not in asked:
        offer.needs_review = ""
    if asked and not offer.needs_review and offer.status in Offer.NOT_CLOSED:
        offer.needs_review = asked[0]


def hold_named(named: Sequence[Offer], answered: Offer | None) -> list[Offer]:
    """Hold the offers that a reply to another offer names too; return those that are held by it."""
    held = []
    for offer in named:
        if offer is not answered and not offer.needs_review:
            with translation.override(settings.LANGUAGE_CODE):
                offer.needs_review = _("A reply to another offer names this one too.")
            held.append(offer)
    return held
