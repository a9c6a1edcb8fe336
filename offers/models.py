"""Customers, their offers, and the ledger of every mail file that was ever seen."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower, StrIndex, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.folding import fold

DEFAULT_CURRENCY = "EUR"


class Language(models.TextChoices):
    GERMAN = "de", "Deutsch"
    ENGLISH = "en", "English"
    FRENCH = "fr", "Français"
    ITALIAN = "it", "Italiano"


class MailFolder(models.Model):
    """A folder into which the mail system exports. It is only ever read."""

    class Direction(models.TextChoices):
        OUTGOING = "outgoing", _("outgoing mail")
        INCOMING = "incoming", _("incoming mail")

    name = models.CharField(_("name"), max_length=100)
    path = models.CharField(_("path"), max_length=500, unique=True)
    direction = models.CharField(
        _("direction"), max_length=10, choices=Direction, default=Direction.OUTGOING
    )
    number_pattern = models.CharField(
        _("pattern of the offer number"),
        max_length=500,
        blank=True,
        help_text=_(
            "A regular expression with one group around the number. Empty: the built-in recognition."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)
    scanned_at = models.DateTimeField(_("last looked at"), null=True, blank=True, editable=False)
    error = models.TextField(_("problem"), blank=True, editable=False)

    class Meta:
        verbose_name = _("mail folder")
        verbose_name_plural = _("mail folders")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Customers, whose derived columns are also filled when many are stored at once."""

    def bulk_create(self, objs: Iterable[Customer], *args: Any, **kwargs: Any) -> list[Customer]:
        customers = list(objs)
        for customer in customers:
            customer.fill_search_text()
        return super().bulk_create(customers, *args, **kwargs)

    def bulk_update(
        self, objs: Iterable[Customer], fields: Iterable[str], *args: Any, **kwargs: Any
    ) -> int:
        customers = list(objs)
        for customer in customers:
            customer.fill_search_text()
        number = super().bulk_update(customers, [*fields, "search_text"], *args, **kwargs)
        Offer.objects.filter(customer__in=customers).refresh_search_text()
        return number


class Customer(models.Model):
    """A person at an e-mail address."""

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
    search_text = models.TextField(editable=False, help_text="Folded: company, name, e-mail.")

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(fields=["email"], name="offers_customer_unique_email"),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="offers_customer_lower_case_email"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.name else self.email

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        is_new, before = self._state.adding, self.search_text
        if is_new:
            ErasedAddress.silence([self])
        if update_fields is None or {"email", "name", "company"} & set(update_fields):
            self.fill_search_text()
            update_fields = None if update_fields is None else {*update_fields, "search_text"}
        super().save(update_fields=update_fields, **kwargs)
        if not is_new and self.search_text != before:
            self.offers.refresh_search_text()

    @property
    def domain(self) -> str:
        """The part behind the @."""
        return self.email.rpartition("@")[2]

    def fill_search_text(self) -> None:
        """Fill the column by which the customer is searched and sorted."""
        self.search_text = "\n".join(map(fold, (self.company, self.name, self.email)))


def number_key(number: str) -> str:
    """Return what two spellings of one offer number have in common: upper case, white space
    folded.
    """
    return " ".join(number.split()).upper()


class OfferQuerySet(models.QuerySet["Offer"]):
    """Offers, whose derived columns are also filled when many are stored at once."""

    def bulk_create(self, objs: Iterable[Offer], *args: Any, **kwargs: Any) -> list[Offer]:
        offers = list(objs)
        for offer in offers:
            offer.fill_derived()
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = Offer.with_derived(kwargs["update_fields"])
        return super().bulk_create(offers, *args, **kwargs)

    def bulk_update(
        self, objs: Iterable[Offer], fields: Iterable[str], *args: Any, **kwargs: Any
    ) -> int:
        offers, changed = list(objs), list(fields)
        for offer in offers:
            offer.fill_derived(changed)
        return super().bulk_update(offers, Offer.with_derived(changed), *args, **kwargs)

    def refresh_search_text(self) -> None:
        """Write anew by which words these offers are found, because their customer changed."""
        offers = list(self.select_related("customer"))
        for offer in offers:
            offer.fill_search_text()
        super().bulk_update(offers, ["search_text"], batch_size=500)

    def raise_version(self, offers: Sequence[Offer]) -> None:
        """Count a change of each of these offers, in the database and in memory.

        A plan keeps the version it was made from, so that an offer that changed since is found and
        planned again. A copy in memory that is behind stays behind and is planned once more.
        """
        self.filter(pk__in=[offer.pk for offer in offers]).update(version=F("version") + 1)
        for offer in offers:
            offer.version += 1


class Offer(models.Model):
    """One offer number sent to one customer. The newest mail of it counts.

    Moves: open → any other; interested, no_answer → any; declined, ordered, superseded, withdrawn →
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
        """On what ground the customer may be written to; a page for lawyers in docs/ says what each
        rests on.
        """

        REQUEST = "request", _("the customer asked for the offer")
        CUSTOMER = "customer", _("existing customer")
        CONSENT = "consent", _("the customer agreed to be written to")
        NONE = "none", _("none: nothing may be sent")

    class Source(models.TextChoices):
        MAIL = "mail", _("mail file")
        MANUAL = "manual", _("entered by hand")
        UPLOAD = "upload", _("uploaded list")

    # Which columns the search text and the columns that figures are counted by follow from.
    WORDS_FROM = frozenset({"number", "subject", "customer"})
    COUNTED_FROM = frozenset(
        {"first_sent_at", "first_answer_at", "status", "status_at", "status_channel"}
    )
    # States that somebody decided.
    DECIDED = (Status.INTERESTED, Status.DECLINED, Status.ORDERED)

    number = models.CharField(_("offer number"), max_length=100)
    # The unique constraint and the indexes below begin with it: an index of its own would only slow
    # the import.
    number_key = models.CharField(max_length=100, editable=False)
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="offers", verbose_name=_("customer")
    )
    salesperson = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="offers",
        db_index=False,
        verbose_name=_("salesperson"),
    )
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
    status_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("status set by"),
    )
    first_answer_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The first answer through any channel that says something about the offer.",
    )
    customer_reason = models.CharField(
        max_length=50,
        blank=True,
        editable=False,
        help_text="Code of the reason that the customer gave with the newest decline.",
    )
    seller_reason = models.CharField(
        max_length=50,
        blank=True,
        editable=False,
        help_text="Code of the reason that the seller gave for it.",
    )
    sent_on = models.DateField(editable=False, help_text="Local day of the first mail.")
    answered_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The first answer, else when a person decided without one.",
    )
    answered_on = models.DateField(null=True, editable=False, help_text="Its local day.")
    answered_step = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="How many reminders had been sent before it."
    )
    reaction_seconds = models.PositiveIntegerField(
        null=True, editable=False, help_text="From the first mail to the first answer."
    )
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
    search_text = models.TextField(
        editable=False, help_text="Folded: number, subject, and the customer's search text."
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["-sent_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["number_key", "customer"], name="offers_offer_unique_number_per_customer"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "sent_at"], name="offers_offer_status_sent"),
            models.Index(fields=["salesperson", "status"], name="offers_offer_seller_status"),
            # All that the dashboard counts, in the order in which it groups: 250,000 offers are
            # counted in 0.3 s from the index alone, without it and in another order in 1.2 s.
            models.Index(
                fields=[
                    "status",
                    "customer_reason",
                    "seller_reason",
                    "answered_step",
                    "currency",
                    "sent_on",
                    "answered_on",
                    "amount",
                    "reaction_seconds",
                ],
                name="offers_offer_figures",
            ),
            models.Index(
                fields=["sent_at"],
                condition=~models.Q(needs_review=""),
                name="offers_offer_to_check",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        self.fill_derived(update_fields)
        if update_fields is not None:
            update_fields = self.with_derived(update_fields)
        super().save(update_fields=update_fields, **kwargs)

    @property
    def is_open(self) -> bool:
        """True while the customer has not decided and nobody has closed the offer."""
        return self.status == self.Status.OPEN

    @classmethod
    def with_derived(cls, changed: Iterable[str]) -> set[str]:
        """Return these names of columns with those of the columns that follow from them."""
        names = set(changed)
        if cls.WORDS_FROM & names:
            names |= {"number_key", "search_text"}
        if cls.COUNTED_FROM & names:
            names |= {"sent_on", "answered_at", "answered_on", "answered_step", "reaction_seconds"}
        return names

    def fill_derived(self, changed: Iterable[str] | None = None) -> None:
        """Fill the columns that follow from the changed ones (None: from any)."""
        names = None if changed is None else set(changed)
        if names is None or self.WORDS_FROM & names:
            self.number_key = number_key(self.number)
            self.fill_search_text()
        if names is None or self.COUNTED_FROM & names:
            self._fill_answer()

    def fill_search_text(self) -> None:
        """Fill the column by which the offer is searched and sorted."""
        words = (fold(self.number), fold(self.subject), self.customer.search_text)
        self.search_text = "\n".join(words)

    def _fill_answer(self) -> None:
        self.sent_on = timezone.localdate(self.first_sent_at)
        self.answered_at = self.first_answer_at
        is_by_hand = self.status_channel != self.Channel.AUTOMATIC
        if self.answered_at is None and self.status in self.DECIDED and is_by_hand:
            self.answered_at = self.status_at
        if self.answered_at is None:
            self.answered_on, self.answered_step, self.reaction_seconds = None, 0, None
        else:
            self.answered_on = timezone.localdate(self.answered_at)
            # An answer recorded with an earlier day than the mail was given at once.
            reaction = self.answered_at - self.first_sent_at
            self.reaction_seconds = max(0, int(reaction.total_seconds()))


class Contact(models.Model):
    """A contact with the customer about an offer that no mail file tells of: a call, a visit. Quiet
    days follow it.
    """

    offer = models.ForeignKey(
        Offer, models.CASCADE, related_name="contacts", verbose_name=_("offer")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.offer}, {self.at:%Y-%m-%d}"


class SourceFile(models.Model):
    """One row per file ever seen in a mail folder, with what became of it and why.

    Moves: waiting → any; review → offer, revision, not_an_offer (by a person); any → any by "check
    again"; offer, revision and follow_up → each other, when an older or newer mail of the same
    offer turns up.
    """

    class State(models.TextChoices):
        OFFER = "offer", _("new offer")
        REVISION = "revision", _("revision")
        DUPLICATE = "duplicate", _("duplicate")
        OWN_REMINDER = "own_reminder", _("our own reminder")
        FOLLOW_UP = "follow_up", _("follow-up")
        AUTOMATIC = "automatic", _("automatic mail")
        INTERNAL = "internal", _("internal mail")
        NOT_AN_OFFER = "not_an_offer", _("not an offer")
        REVIEW = "review", _("to check")
        WAITING = "waiting", _("waiting")
        BROKEN = "broken", _("broken")

    class Reason(models.TextChoices):
        """Why a mail file is in its state: one sentence each, `SourceFile.detail` adds what the
        sentence cannot know.
        """

        NEW_NUMBER = (
            "new_number",
            _("The subject has an offer number that is new for this customer."),
        )
        NUMBER_IN_ATTACHMENT = (
            "number_in_attachment",
            _("The number stands in the name of an attachment."),
        )
        NEWER_MAIL = (
            "newer_mail",
            _("A newer mail of a known offer. It counts from now on."),
        )
        BY_PERSON = "by_person", _("A person made it an offer.")
        ATTACHED = "attached", _("A person said to which offer it belongs.")
        IGNORED = "ignored", _("A person decided that it is no offer.")
        SAME_CONTENT = "same_content", _("The same mail is there as another file.")
        SAME_MESSAGE_ID = (
            "same_message_id",
            _("A mail with the same Message-ID was already imported from this folder."),
        )
        SAME_MAIL = (
            "same_mail",
            _("Recipients, subject and time are those of a mail that was already imported."),
        )
        OWN_REMINDER = "own_reminder", _("Nachfass sent it itself.")
        REPLY_PREFIX = "reply_prefix", _("A further mail to the customer about a known offer.")
        IN_THREAD = "in_thread", _("An answer in the conversation about a known offer.")
        AUTOMATIC = "automatic", _("Written by a program, not by a person.")
        OUT_OF_OFFICE = "out_of_office", _("An automatic reply.")
        RETURN_DATE = (
            "return_date",
            _("The customer is away. The offer is paused until after the return."),
        )
        BOUNCED = (
            "bounced",
            _("The mail could not be delivered. The address is marked as not reachable."),
        )
        DELAYED = (
            "delayed",
            _("The mail could not be delivered yet. The mail server may still manage."),
        )
        BOUNCE_OF_OTHERS = (
            "bounce_of_others",
            _("A delivery report about an address that is no customer's."),
        )
        OWN_DOMAINS_ONLY = "own_domains_only", _("All recipients are colleagues.")
        FROM_COLLEAGUE = "from_colleague", _("A colleague sent it.")
        NO_OFFER = "no_offer", _("Neither an offer number nor a word for an offer was found.")
        NO_REPLY = "no_reply", _("It belongs to no offer.")
        REPLY = "reply", _("The customer replied to this offer.")
        REPLY_BY_NUMBER = (
            "reply_by_number",
            _("The customer wrote and named the offer number."),
        )
        REPLY_BY_SENDER = (
            "reply_by_sender",
            _("The customer wrote and has one open offer."),
        )
        SEVERAL_OPEN_OFFERS = (
            "several_open_offers",
            _("The customer has several open offers. Which one is meant?"),
        )
        SAME_COMPANY = (
            "same_company",
            _("The sender's company has an open offer. Is this about it?"),
        )
        HIDDEN_SUBJECT = (
            "hidden_subject",
            _("It is encrypted and hides its subject. Is it an offer?"),
        )
        NO_NUMBER = "no_number", _("It speaks of an offer, but no number was found.")
        PATTERN_TIMEOUT = (
            "pattern_timeout",
            _("The pattern for offer numbers took too long on its subject. What is its number?"),
        )
        ATTACHMENT_LOOKS_LIKE_OFFER = (
            "attachment_looks_like_offer",
            _("Only an attachment is named like an offer."),
        )
        OTHER_DOCUMENT = (
            "other_document",
            _("An order, an invoice or the like that names an offer. Was it ordered?"),
        )
        APPOINTMENT = "appointment", _("An invitation that names an offer which is not known.")
        SEVERAL_COMPANIES = (
            "several_companies",
            _("It went to several companies. Which one is the customer?"),
        )
        FORWARDED = "forwarded", _("A forwarded mail with an offer number. Whose offer is it?")
        NO_RECIPIENT = "no_recipient", _("It has no readable recipient.")
        OTHER_NUMBER = (
            "other_number",
            _("Its Message-ID belongs to a mail with another offer number."),
        )
        TOO_LARGE = (
            "too_large",
            _("It is too large to be read whole, and its subject does not decide."),
        )
        STILL_WRITTEN = "still_written", _("It was changed a moment ago and may still be written.")
        INCOMPLETE = "incomplete", _("Its end is missing. It is taken as it is after ten minutes.")
        NOT_READABLE = "not_readable", _("It cannot be read now. Nachfass tries again at each run.")
        FAILED = (
            "failed",
            _(
                "An error kept it from being read. Nachfass tries again at each run; the server's log says why."
            ),
        )
        EMPTY = "empty", _("The file is empty.")
        NO_MAIL = "no_mail", _("The file is not a mail.")
        VANISHED = "vanished", _("The file was gone before it could be read.")

    MAILS_OF_AN_OFFER = (State.OFFER, State.REVISION, State.FOLLOW_UP)

    folder = models.ForeignKey(
        MailFolder,
        models.CASCADE,
        related_name="files",
        db_index=False,
        verbose_name=_("mail folder"),
    )
    name = models.CharField(
        _("file"), max_length=1100, help_text=_("Undecodable bytes are written as \\xNN.")
    )
    size = models.BigIntegerField(_("size"))
    mtime_ns = models.BigIntegerField(_("changed (ns since 1970)"))
    state = models.CharField(_("state"), max_length=20, choices=State, db_index=True)
    reason = models.CharField(_("reason"), max_length=30, choices=Reason, db_index=True)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    header_hash = models.CharField(_("SHA-256 of the header block"), max_length=64, blank=True)
    content_hash = models.CharField(_("SHA-256 of the archived copy"), max_length=64, blank=True)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, null=True, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=500, blank=True)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    number = models.CharField(_("offer number"), max_length=100, blank=True)
    is_reply = models.BooleanField(_("answer in a conversation"), default=False)
    sender = models.CharField(_("sender"), max_length=320, blank=True)
    sender_name = models.CharField(_("sender's name"), max_length=200, blank=True)
    recipients = models.JSONField(_("recipients"), default=list)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    defects = models.JSONField(_("defects"), default=list)
    offer = models.ForeignKey(
        Offer, models.SET_NULL, null=True, blank=True, related_name="files", verbose_name=_("offer")
    )
    duplicate_of = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="duplicates",
        verbose_name=_("duplicate of"),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("decided by"),
    )
    first_seen_at = models.DateTimeField(_("first seen"), default=timezone.now, db_index=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("import log entry")
        verbose_name_plural = _("import log")
        ordering = ["-first_seen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "name"], name="offers_sourcefile_unique_name"
            ),
            models.UniqueConstraint(fields=["fingerprint"], name="offers_sourcefile_unique_mail"),
        ]
        # Here and not at the field: there, PostgreSQL would get a second one for the beginnings of
        # texts. Indexes of values in no order are what an import beside a million rows pays for
        # most.
        indexes = [
            models.Index(fields=["message_id"], name="offers_sourcefile_message_id"),
            # Equal header blocks have equal Message-IDs; only those without one are found by their
            # hash.
            models.Index(
                fields=["header_hash"],
                condition=models.Q(message_id=""),
                name="offers_sourcefile_no_id",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SentMessage(models.Model):
    """A mail that Nachfass sent itself: by its Message-ID a reply or a bounce finds the offer.

    A mail about several offers is kept once, with the first of them.
    """

    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    offer = models.ForeignKey(
        Offer, models.CASCADE, related_name="sent_messages", verbose_name=_("offer")
    )
    recipient = models.EmailField(_("to"), max_length=254)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("sent message")
        verbose_name_plural = _("sent messages")
        default_permissions = ()

    def __str__(self) -> str:
        return self.message_id


class ErasedAddress(models.Model):
    """Somebody who was erased: an HMAC of the address and no more, so that nobody writes to it
    again.

    `digest` is HMAC-SHA-256 with `salt`, which is one per office and lies here and in the erasure
    list alone.
    """

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
        """Return the fingerprint of an address: without the salt it tells nothing, not even by
        trying addresses.
        """
        return hmac.new(
            bytes.fromhex(salt), email.strip().lower().encode(), hashlib.sha256
        ).hexdigest()

    @classmethod
    def silence(cls, customers: Iterable[Customer]) -> None:
        """Mark those new customers as "do not contact" who were erased before. Stores nothing by
        itself.
        """
        salts = set(cls.objects.values_list("salt", flat=True))
        by_digest = {cls.digest_of(each.email, salt): each for each in customers for salt in salts}
        for digest in (
            cls.objects.filter(digest__in=by_digest).values_list("digest", flat=True)
            if by_digest
            else ()
        ):
            by_digest[digest].do_not_contact = True
