"""Offers, customers, mail folders and the import log in the admin."""

from __future__ import annotations

from offers.admin.customers import CustomerAdmin
from offers.admin.files import SourceFileAdmin
from offers.admin.folders import MailFolderAdmin
from offers.admin.offers import OfferAdmin

__all__ = ["CustomerAdmin", "MailFolderAdmin", "OfferAdmin", "SourceFileAdmin"]
