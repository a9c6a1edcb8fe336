"""Who is told of changed offers, and which mails are our own."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from offers.models import Offer, SentMessage


def announce(offers: Sequence[Offer]) -> None:
    """Tell the listeners of `settings.OFFERS_LISTENERS` that these offers were stored or changed.

    Call it inside the transaction that changed them: each listener is `listener(offers)` and its
    rows are committed together with the offers.
    """
    if offers:
        for path in settings.OFFERS_LISTENERS:
            import_string(path)(offers)


def find_own_mails(message_ids: Sequence[str]) -> dict[str, int]:
    """Return which of the Message-IDs are of mails that Nachfass sent itself, with the key of the
    offer of each.
    """
    rows = SentMessage.objects.filter(message_id__in=message_ids)
    return dict(rows.values_list("message_id", "offer_id"))
