"""Customers, their offers, and the log of every mail file that was ever seen."""

from __future__ import annotations

from offers.models.customers import Contact, Customer, ErasedAddress, SentMessage
from offers.models.languages import Language
from offers.models.offers import DEFAULT_CURRENCY, Offer, OfferQuerySet, number_key
from offers.models.received_messages import ReceivedMessage, ReceivedName
from offers.models.sender_rules import SenderRule
from offers.models.source_files import MailFolder, SourceFile

__all__ = [
    "DEFAULT_CURRENCY",
    "Contact",
    "Customer",
    "ErasedAddress",
    "Language",
    "MailFolder",
    "Offer",
    "OfferQuerySet",
    "ReceivedMessage",
    "ReceivedName",
    "SenderRule",
    "SentMessage",
    "SourceFile",
    "number_key",
]
