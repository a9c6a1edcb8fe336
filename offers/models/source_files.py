"""The mail folders, and the import log of every mail file that was ever seen in them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MailFolder(models.Model):
    """A folder into which the mail system exports. Nachfass only reads it."""

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


class SourceFile(models.Model):
    """One row per file ever seen in a mail folder, with what became of it and why.

    State transitions: waiting → any; review → offer, revision, not_an_offer (by a person); any → any by "check
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
        """Why a mail file is in its state. `SourceFile.detail` adds the particulars."""

        NEW_NUMBER = (
            "new_number",
            _("The subject has an offer number that is new for this customer."),
        )
        NUMBER_IN_ATTACHMENT = (
            "number_in_attachment",
            _("The number stands in the name of an attachment."),
        )
        NEWER_MAIL = ("newer_mail", _("A newer mail of a known offer. It counts from now on."))
        BY_PERSON = "by_person", _("A person made it an offer.")
        ATTACHED = "attached", _("A person said to which offer it belongs.")
        IGNORED = "ignored", _("A person decided that it is no offer.")
        BY_ANSWER = "by_answer", _("A person answered the question about it.")
        BY_RULE = "by_rule", _("A rule that a person made decided about it.")
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
        REPLY_BY_NUMBER = ("reply_by_number", _("The customer wrote and named the offer number."))
        REPLY_BY_SENDER = ("reply_by_sender", _("The customer wrote and has one open offer."))
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
        # Questions about sent mails.
        LATER_MAIL = (
            "later_mail",
            _("A later mail about a known offer that offers nothing anew. What became of it?"),
        )
        THIRD_PARTY = (
            "third_party",
            _("A known offer number went to another company. Is it an offer to that company?"),
        )
        FOREIGN_NUMBER = (
            "foreign_number",
            _("It answers a mail from outside and names an unknown number. Is it our offer?"),
        )
        FOREIGN_OFFER = (
            "foreign_offer",
            _("It seems to be about an offer of the other side. Is it an offer of ours?"),
        )
        NO_PERSON = (
            "no_person",
            _("Only addresses that no person reads received it. Who is the customer?"),
        )
        NOT_OURS = "not_ours", _("Its sender is none of us. Is it an offer of ours?")
        DRAFT = "draft", _("A draft that was not sent.")
        CLOSED_CONTENT = (
            "closed_content",
            _("Its content cannot be looked into. Is it an offer?"),
        )
        NUMBER_IN_TEXT = (
            "number_in_text",
            _("An offer number stands only in its text. Is it an offer?"),
        )
        ONLY_PDF = "only_pdf", _("It is a single PDF. Is it an offer?")
        # Questions about received mails.
        UNKNOWN_SENDER = (
            "unknown_sender",
            _("Somebody unknown answered in the thread of an offer. Is it the customer?"),
        )
        MAYBE_AUTOMATIC = (
            "maybe_automatic",
            _("A person or a program may have written it. Is it a reply?"),
        )
        LONG_ABSENCE = (
            "long_absence",
            _("The sender is away for more than 60 days. Should the reminders wait as long?"),
        )
        FORGED = "forged", _("Our mail server says that its sender is forged. Is it genuine?")
        MAYBE_BOUNCED = (
            "maybe_bounced",
            _("A delivery report without proof. Could the mail not be delivered?"),
        )
        MAIL_REFUSED = (
            "mail_refused",
            _("The mail was refused, not its address. Did the customer get the offer another way?"),
        )
        MANY_BOUNCES = (
            "many_bounces",
            _("Many mails came back within an hour, this one too. Is its address wrong?"),
        )
        KEPT = "kept", _("It matches no offer yet. It is kept for 90 days.")
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
    # In `content_hash` where the file was gone or too large before it could be copied.
    NOTHING_TO_COPY = "gone"

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
        "offers.Offer",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="files",
        verbose_name=_("offer"),
    )
    holds = models.BooleanField(_("holds the reminders"), default=False)
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
    # What an answer to its question changed, so that it can be taken back (`offers.undo`).
    undo = models.JSONField(null=True, editable=False)

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
        # Not `db_index=True`: that adds a second index for LIKE on PostgreSQL. Indexes of unordered
        # values cost an import beside a million rows the most.
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

    @property
    def archive_path(self) -> Path | None:
        """Where the archived copy lies, or None without one."""
        if not settings.OFFERS_ARCHIVE_DIR or self.content_hash in ("", self.NOTHING_TO_COPY):
            return None
        return Path(settings.OFFERS_ARCHIVE_DIR, self.content_hash[:2], f"{self.content_hash}.eml")
