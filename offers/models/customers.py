"""Customers, contacts with them besides the imported mails, and the addresses of erased ones."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models.functions import Lower, Replace, StrIndex, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import person_field
from crm.core.folding import fold
from offers.models.languages import Language
from offers.parsing.addresses import fold_email
from offers.parsing.mailboxes import GMAIL, mailbox_key, spell_address


class CustomerQuerySet(models.QuerySet["Customer"]):
    def bulk_create(self, objs: Iterable[Customer], *args: Any, **kwargs: Any) -> list[Customer]:
        # Django does not call `save` for many at once.
        customers = list(objs)
        for customer in customers:
            customer.fill_search_text()
        return super().bulk_create(customers, *args, **kwargs)

    def at_mailboxes(self, emails: Iterable[str]) -> list[Customer]:
        """Return the customers with these mailboxes, however their addresses are spelled."""
        spellings: set[str] = set()
        at_gmail: set[str] = set()
        for email in emails:
            spellings |= spell_address(email)
            name, _, domain = mailbox_key(email).rpartition("@")
            if domain in GMAIL:
                at_gmail.add(name)
        found = list(self.filter(email__in=spellings))
        if at_gmail:
            local = Substr("email", 1, StrIndex("email", models.Value("@")) - 1)
            letters = Replace(local, models.Value("."), models.Value(""))
            found += (
                self.filter(email_domain__in=GMAIL)
                .alias(letters=letters)
                .filter(letters__in=at_gmail)
            )
        return found


class Customer(models.Model):
    """A person at an e-mail address."""

    # Company, name and e-mail, folded: one column to search and sort by. The first of the table,
    # because a search reads it in every row (see `Offer`).
    search_text = models.TextField(editable=False)
    email = models.EmailField(_("e-mail"), max_length=254)
    # Kept by the database, so that colleagues of a customer are found by an index.
    email_domain = models.GeneratedField(
        expression=Substr("email", StrIndex("email", models.Value("@")) + 1),
        output_field=models.CharField(max_length=254),
        db_persist=True,
        db_index=True,
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True, db_index=True)
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=Language.GERMAN
    )
    do_not_contact = models.BooleanField(_("do not contact"), default=False)
    opted_out_at = models.DateTimeField(_("opted out"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("address bounced"), null=True, blank=True)
    bounce_detail = models.TextField(_("what the mail server said"), blank=True)
    paused_until = models.DateField(_("no reminders until"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["email"]
        # Lists that are sorted by customer or company follow it, instead of sorting all their rows.
        indexes = [models.Index(fields=["search_text"], name="offers_customer_search_text")]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="offers_customer_unique_email"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="offers_customer_lower_case_email"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.email = fold_email(self.email)
        is_new, before = self._state.adding, self.search_text
        if is_new:
            ErasedAddress.block_erased([self])
        if update_fields is None or {"email", "name", "company"} & set(update_fields):
            self.fill_search_text()
            update_fields = None if update_fields is None else {*update_fields, "search_text"}
        super().save(update_fields=update_fields, **kwargs)
        if not is_new and self.search_text != before:
            self.offers.refresh_search_text()

    @property
    def domain(self) -> str:
        return self.email.rpartition("@")[2]

    def fill_search_text(self) -> None:
        words = "\n".join(map(fold, (self.company, self.name, self.email)))
        # Folded letters can become several, and PostgreSQL refuses to index more than 2,700 bytes.
        self.search_text = words[:660]


class ErasedAddress(models.Model):
    """The HMAC of the address of an erased person, so that no mail is sent to it again."""

    # HMAC-SHA-256 with the salt, which is one per office and lies here and in the erasure list
    # alone: without it nobody can try whether an address is among them.
    digest = models.CharField(max_length=64, unique=True)
    salt = models.CharField(max_length=64)
    erased_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("erased address")
        verbose_name_plural = _("erased addresses")
        default_permissions = ()

    def __str__(self) -> str:
        return self.digest[:8]

    @staticmethod
    def digest_of(email: str, salt: str) -> str:
        key, address = bytes.fromhex(salt), email.strip().lower().encode()
        return hmac.new(key, address, hashlib.sha256).hexdigest()

    @classmethod
    def block_erased(cls, customers: Iterable[Customer]) -> None:
        """Set `do_not_contact` of those who were erased before, in memory only."""
        by_digest: dict[str, Customer] = {}
        for salt in set(cls.objects.values_list("salt", flat=True)):
            for customer in customers:
                by_digest[cls.digest_of(customer.email, salt)] = customer
        if not by_digest:
            return
        erased = cls.objects.filter(digest__in=by_digest)
        for digest in erased.values_list("digest", flat=True):
            by_digest[digest].do_not_contact = True


class Contact(models.Model):
    """A call or a visit about an offer. Quiet days follow it."""

    offer = models.ForeignKey(
        "offers.Offer", models.CASCADE, related_name="contacts", verbose_name=_("offer")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = person_field(_("who"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.offer}, {self.at:%Y-%m-%d}"


class SentMessage(models.Model):
    """A mail that Nachfass sent. Its Message-ID leads from a reply or a bounce to the offer."""

    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    # A mail about several offers is kept once, with the first of them.
    offer = models.ForeignKey(
        "offers.Offer", models.CASCADE, related_name="sent_messages", verbose_name=_("offer")
    )
    recipient = models.EmailField(_("to"), max_length=254)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("sent message")
        verbose_name_plural = _("sent messages")
        default_permissions = ()

    def __str__(self) -> str:
        return self.message_id
