"""Which mails Nachfass sent itself: asked by the import through `settings.OFFERS_OWN_MAILS`."""

from __future__ import annotations

from collections.abc import Sequence

from reminders.models import Reminder


def find_own_mails(message_ids: Sequence[str]) -> dict[str, int]:
    """Return which of the Message-IDs are of our reminders, with the key of the offer that each reminded of."""
    return dict(Reminder.objects.filter(message_id__in=message_ids).values_list("message_id", "offer_id"))
