"""Who is told of changed offers: the functions that the settings name."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from offers.models import Offer


def announce(offers: Sequence[Offer]) -> None:
    """Tell the listeners of `settings.OFFERS_LISTENERS` that these offers were stored or changed.

    Call it inside the transaction that changed them: each listener is `listener(offers)` and its
    rows are committed together with the offers.
    """
    if offers:
        for path in settings.OFFERS_LISTENERS:
            import_string(path)(offers)


def find_own_mails(message_ids: Sequence[str]) -> dict[str, int]:
    """Return which of the Message-IDs are of mails that Nachfass sent itself, with the key of their
    offer.

    `settings.OFFERS_OWN_MAILS` names the function that knows, because the offers do not know the
    reminders.
    """
    if not message_ids or not settings.OFFERS_OWN_MAILS:
        return {}
    found: dict[str, int] = import_string(settings.OFFERS_OWN_MAILS)(message_ids)
    return found
