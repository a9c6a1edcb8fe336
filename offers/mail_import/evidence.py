"""What is known about a mail besides what it says itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from offers.models import Customer, Offer, SourceFile


class EarlierCopy(NamedTuple):
    """A mail that was imported before and may be the same one."""

    file: SourceFile
    reason: SourceFile.Reason


class MessageContext(NamedTuple):
    """What the database knows that matters to one mail.

    `same_number` are offers with its number, `in_thread` the offer of a mail that it answers,
    `of_sender` the open offers of its sender that were sent before it, `of_company` those of the
    sender's company. `is_own` is a mail that Nachfass sent itself, `own_offer` its offer. `bounced`
    are the customers to whom the mail could not be delivered; of a bounce `of_sender` are their
    open offers.
    """

    own_domains: Collection[str] = ()
    is_own: bool = False
    own_offer: Offer | None = None
    earlier_copy: EarlierCopy | None = None
    same_number: Sequence[Offer] = ()
    in_thread: Offer | None = None
    of_sender: Sequence[Offer] = ()
    of_company: Sequence[Offer] = ()
    bounced: Sequence[Customer] = ()
