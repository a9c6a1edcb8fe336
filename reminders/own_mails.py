"""Which mails Nachfass sent itself: asked by the import through `settings.OFFERS_OWN_MAILS`."""

from __future__ import annotations

from collections.abc import Sequence

from crm.core.bulk import find_keys
from reminders.models import Reminder


def find_own_mails(message_ids: Sequence[str]) -> dict[str, int]:
    """Return which of the Message-IDs are of our reminders, with the key of the offer that each
    reminded of.
    """
    keys = find_keys(Reminder, "message_id", message_ids)
    return (
        dict(Reminder.objects.filter(pk__in=keys).values_list("message_id", "offer_id"))
        if keys
        else {}
    )
