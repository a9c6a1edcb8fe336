"""Offers: one row for each offer number that was sent to one customer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.accounts.models import person_field
from crm.core.folding import fold, make_plain
from offers.models.languages import Language

DEFAULT_CURRENCY = "EUR"
_SEPARATORS = re.compile(r"[\s/._-]+")


def number_key(number: str) -> str:
    """Return an offer number in one spelling, to compare two of them.

    It is in upper case, and all hyphens, blanks and other separators are one: a file name has
    `AN_2026-1042` for `AN 2026/1042`.
    """
    return _SEPARATORS.sub("-", make_plain(number)).strip("-").upper()


# Columns of an offer by which the dashboard groups, and those that it counts or sums in a group.
GROUPED = ("status", "customer_reason", "salesperson_reason", "answered_step", "currency")
MEASURED = ("sent_on", "answered_on", "amount", "reaction_seconds")


class OfferQuerySet(models.QuerySet["Offer"]):
    # Django does not call `save` for many at once, so that derived columns are filled here.

    def bulk_create(self, objs: Iterable[Offer], *args: Any, **kwargs: Any) -> list[Offer]:
        offers = list(objs)
        for offer in offers:
            offer.fill_derived()
        return super().bulk_create(offers, *args, **kwargs)

    def bulk_update(
        self, objs: Iterable[Offer], fields: Iterable[str], *args: Any, **kwargs: Any
    ) -> int:
        offers, changed = list(objs), set(fields)
        names = set(changed)
        for offer in offers:
            names.update(offer.fill_derived(changed) or ())
        return super().bulk_update(offers, names, *args, **kwargs)

    def lock(self) -> OfferQuerySet:
        """Return the offers with their customers; the offers stay locked in this transaction."""
        # In one order, so that two importers at once wait for each other without a deadlock.
        found = self.select_related("customer").order_by("pk")
        if connection.features.has_select_for_update_of:
            found = found.select_for_update(of=("self",))
        return found

    def refresh_search_text(self) -> None:
        offers = list(self.select_related("customer"))
        for offer in offers:
            offer.fill_search_text()
        super().bulk_update(offers, ["search_text"], batch_size=500)

    def raise_version(self, offers: Sequence[Offer]) -> None:
        """Increment `version` of these offers, in the database and in memory."""
        # A plan keeps the version it was made from, so that an offer that changed since is found
        # and planned again.
        self.filter(pk__in=[offer.pk for offer in offers]).update(version=F("version") + 1)
        # An outdated copy in memory stays outdated; its offer is only planned once more.
        for offer in offers:
            offer.version += 1


class Offer(models.Model):
    """One offer number sent to one customer. The newest mail of it counts.

    State transitions: open → any other; interested, no_answer → any; declined, ordered, superseded, withdrawn →
    open by a person. A late answer reopens `no_answer`.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        INTERESTED = "interested", _("interested")
        DECLINED = "declined", _("declined")
        ORDERED = "ordered", _("ordered")
        NO_ANSWER = "no_answer", _("no answer")
        SUPERSEDED = "superseded", _("superseded")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Channel(models.TextChoices):
        LINK = "link", _("feedback link")
        PHONE = "phone", _("phone")
        MAIL = "mail", _("e-mail")
        ORDER = "order", _("order")
        AUTOMATIC = "automatic", _("automatic")

    class ContactBasis(models.TextChoices):
        """Why the customer may be written to; docs/privacy/ names the legal grounds."""

        REQUEST = "request", _("the customer asked for the offer")
        CUSTOMER = "customer", _("existing customer")
        CONSENT = "consent", _("the customer agreed to be written to")
        NONE = "none", _("none: nothing may be sent")

    class Source(models.TextChoices):
        MAIL = "mail", _("mail file")
        MANUAL = "manual", _("entered by hand")
        UPLOAD = "upload", _("uploaded list")

    # The columns from which `fill_derived` fills the search text, and those of the figures.
    WORDS_FROM = frozenset({"number", "subject", "customer"})
    FIGURES_FROM = frozenset(
        {"first_sent_at", "first_answer_at", "status", "status_at", "status_channel"}
    )
    # States that somebody decided.
    DECIDED = (Status.INTERESTED, Status.DECLINED, Status.ORDERED)
    # A newer mail reopens "no answer" and leaves "interested" as it is.
    NOT_CLOSED = (Status.OPEN, Status.INTERESTED, Status.NO_ANSWER)

    # Number, subject and the customer's search text, folded: one column to search and sort by.
    # The first of the table, because a search reads it in every row and PostgreSQL steps over the
    # columns before it one by one: with 250,000 offers 0.1 s instead of 0.2 s.
    search_text = models.TextField(editable=False)
    number = models.CharField(_("offer number"), max_length=100)
    # The unique constraint and the indexes below begin with it: an index of its own would only slow
    # the import.
    number_key = models.CharField(max_length=100, editable=False)
    customer = models.ForeignKey(
        "offers.Customer", models.PROTECT, related_name="offers", verbose_name=_("customer")
    )
    salesperson = person_field(_("salesperson"), related_name="offers", db_index=False)
    sender_email = models.EmailField(_("sent from"), max_length=254, blank=True)
    sender_name = models.CharField(_("sender"), max_length=200, blank=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    message_id = models.CharField(
        _("Message-ID"), max_length=500, blank=True, db_index=True, editable=False
    )
    first_sent_at = models.DateTimeField(_("first sent"))
    sent_at = models.DateTimeField(
        _("sent"), db_index=True, help_text=_("The newest mail of the offer.")
    )
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, default=DEFAULT_CURRENCY)
    language = models.CharField(
        _("language"), max_length=2, choices=Language, default=Language.GERMAN
    )
    source = models.CharField(
        _("source"), max_length=10, choices=Source, default=Source.MAIL, editable=False
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.OPEN)
    status_at = models.DateTimeField(_("status since"), default=timezone.now)
    status_channel = models.CharField(
        _("status through"), max_length=10, choices=Channel, blank=True
    )
    status_by = person_field(_("status set by"), db_index=False)
    # The first answer through any channel that says something about the offer.
    first_answer_at = models.DateTimeField(null=True, editable=False)
    # Codes of the reasons that the customer gave with the newest decline, and the salesperson for it.
    customer_reason = models.CharField(max_length=50, blank=True, editable=False)
    salesperson_reason = models.CharField(max_length=50, blank=True, editable=False)
    # Columns, although they follow from others: the indexes for the figures are made of them. The
    # days are local ones.
    sent_on = models.DateField(editable=False)
    # Answered for the figures: the first answer that says something about the offer, also "still
    # undecided", else the status that a person set without one. A link is answered by a decision.
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_on = models.DateField(null=True, editable=False)
    # How many reminders had been sent before it; only `reminders.planning` knows and writes it.
    answered_step = models.PositiveSmallIntegerField(default=0, editable=False)
    reaction_seconds = models.PositiveIntegerField(null=True, editable=False)
    superseded_by = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="supersedes",
        verbose_name=_("superseded by"),
    )
    needs_review = models.CharField(_("to check"), max_length=300, blank=True)
    contacted_at = models.DateTimeField(
        _("last contact"),
        null=True,
        blank=True,
        help_text=_("The newest follow-up or reply about this offer."),
    )
    replied_at = models.DateTimeField(_("customer replied by mail"), null=True, blank=True)
    paused_until = models.DateField(_("no reminders until"), null=True, blank=True)
    reminders_stopped = models.BooleanField(_("no more reminders"), default=False)
    contact_basis = models.CharField(
        _("basis of contact"),
        max_length=10,
        choices=ContactBasis,
        blank=True,
        help_text=_(
            "On what ground the customer may be written to. Empty: as the reminder plan says."
        ),
    )
    note = models.TextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-sent_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["number_key", "customer"], name="offers_offer_unique_number_per_customer"
            )
        ]
        indexes = [
            models.Index(fields=["status", "sent_at"], name="offers_offer_status_sent"),
            models.Index(fields=["salesperson", "status"], name="offers_offer_salesperson"),
            # All that the dashboard counts, in the order in which it groups: all time of 250,000
            # offers is counted in 0.3 s from the index alone, without it in 1.2 s. The other one
            # finds a period: 12 months take 0.15 s on PostgreSQL, without it 0.46 s.
            models.Index(fields=[*GROUPED, *MEASURED], name="offers_offer_figures"),
            models.Index(fields=["sent_on", *GROUPED, *MEASURED[1:]], name="offers_offer_period"),
            models.Index(
                fields=["sent_at"],
                condition=~models.Q(needs_review=""),
                name="offers_offer_to_check",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        super().save(update_fields=self.fill_derived(update_fields), **kwargs)

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN

    def fill_derived(self, changed: Iterable[str] | None = None) -> set[str] | None:
        """Fill the columns that follow from the changed ones; return the names of both."""
        # None stands for all columns, as in `save`.
        names = self.WORDS_FROM | self.FIGURES_FROM if changed is None else set(changed)
        derived: set[str] = set()
        if self.WORDS_FROM & names:
            self.number_key = number_key(self.number)
            self.fill_search_text()
            derived |= {"number_key", "search_text"}
        if self.FIGURES_FROM & names:
            self._fill_figure_columns()
            derived |= {
                "sent_on", "answered_at", "answered_on", "answered_step", "reaction_seconds",
            }  # fmt: skip
        return None if changed is None else derived | names

    def fill_search_text(self) -> None:
        words = (fold(self.number), fold(self.subject), self.customer.search_text)
        self.search_text = "\n".join(words)

    def _fill_figure_columns(self) -> None:
        self.sent_on = timezone.localdate(self.first_sent_at)
        self.answered_at = self.first_answer_at
        is_by_hand = self.status_channel != self.Channel.AUTOMATIC
        if self.answered_at is None and self.status in self.DECIDED and is_by_hand:
            self.answered_at = self.status_at
        if self.answered_at is None:
            self.answered_on, self.answered_step, self.reaction_seconds = None, 0, None
        else:
            self.answered_on = timezone.localdate(self.answered_at)
            # An answer recorded with a day before the mail counts as given at once.
            reaction = self.answered_at - self.first_sent_at
            self.reaction_seconds = max(0, int(reaction.total_seconds()))
