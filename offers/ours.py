"""Which addresses are ours, and which of the others belong to people who could get an offer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.conf import settings

from offers.models import SenderRule
from offers.parsing.addresses import encode_domain, is_directory_name
from offers.parsing.mail import Address, Mail
from offers.parsing.robots import is_robot


@dataclass(frozen=True)
class Ours:
    """Our domains, with what is below them, and our addresses elsewhere."""

    domains: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    # Addresses and domains of which a person said that nobody reads there.
    read_by_nobody: frozenset[str] = frozenset()

    @property
    def is_known(self) -> bool:
        """Return whether anything is said about who we are."""
        return bool(self.domains)

    def has(self, address: Address) -> bool:
        """Return whether an address is ours."""
        if address.email in self.emails or address.domain in self.domains:
            return True
        return any(address.domain.endswith(f".{domain}") for domain in self.domains)

    def has_message_id(self, message_id: str) -> bool:
        """Return whether a mail with this Message-ID was most likely written by us."""
        return self.has(Address(message_id.strip("<>")))

    def find_external(self, addresses: Iterable[Address]) -> list[Address]:
        """Return the addresses outside the company."""
        return [address for address in addresses if not self.has(address)]

    def find_people(self, addresses: Iterable[Address]) -> list[Address]:
        """Return the addresses outside the company that a person reads."""
        people = []
        for address in self.find_external(addresses):
            if not (is_robot(address) or is_directory_name(address.email)):
                people.append(address)
        unread = self.read_by_nobody
        return [each for each in people if not {each.email, each.domain} & unread]

    def find_author(self, mail: Mail) -> Address | None:
        """Return which of us a sent mail is from, else its sender.

        A no-reply address stands for the person in `Reply-To`; somebody outside, in whose name one
        of us sent it, for that one.
        """
        sender = mail.sender
        if sender is None or not is_robot(sender):
            candidates = [sender, mail.sent_by, mail.resent_from]
        else:
            candidates = [*mail.reply_to, sender, mail.sent_by, mail.resent_from]
        for candidate in filter(None, candidates):
            if self.has(candidate):
                return candidate
        return sender


def load_ours(further_emails: Collection[str] = ()) -> Ours:
    """Return what settings and rules name as ours, and further addresses: those of the accounts."""
    domains = {encode_domain(name.strip().lower()) for name in settings.OFFERS_OWN_DOMAINS}
    emails = {email.strip().lower() for email in settings.OFFERS_OWN_ADDRESSES}
    unread: set[str] = set()
    for kind, address in SenderRule.objects.values_list("kind", "address"):
        if kind == SenderRule.Kind.OURS:
            emails.add(address)
        elif kind == SenderRule.Kind.NO_PERSON:
            unread.add(address)
    return Ours(frozenset(domains), frozenset((*emails, *further_emails)), frozenset(unread))
