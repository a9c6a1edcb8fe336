"""Export and erase what the reminders store about a person."""

from __future__ import annotations

from typing import Any

from offers.models import Customer
from offers.privacy import as_dicts, erased_address
from reminders.models import CustomerPlan, FollowUp, Reminder


def export(customer: Customer) -> dict[str, Any]:
    """Return every reminder, and when the next one is planned."""
    return {
        "reminders": as_dicts(Reminder.objects.filter(offer__customer=customer)),
        "follow_ups": as_dicts(FollowUp.objects.filter(offer__customer=customer)),
    }


def erase(customer: Customer) -> None:
    """Empty addresses and texts; that a step was sent stays for the figures."""
    # Also the Message-ID, because it leads to the address in the log of a mail server.
    Reminder.objects.filter(offer__customer=customer).update(
        recipient=erased_address(customer), subject="", server_reply="", message_id=""
    )
    FollowUp.objects.filter(offer__customer=customer).update(own_text="")
    CustomerPlan.objects.filter(customer=customer).delete()
