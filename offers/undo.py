"""Answer a question about a mail so that the answer can be taken back.

Callers must update links and plans of the changed offers through `crm.backoffice.changes`, in whose
transaction these functions run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _

from offers.answering import Act, AnswerError, Given
from offers.mail_import.effects import undo_effects
from offers.mail_import.recheck import HasHistory, check_again, is_unused
from offers.mail_import.store import lock_import, match_received
from offers.models import Customer, Offer, SenderRule, SourceFile, number_key
from offers.new_offers import AfterStore
from offers.revisions import refresh_offers
from offers.superseding import reopen_superseded_by

State = SourceFile.State

_FILE_COLUMNS = [
    "state", "reason", "detail", "holds", "number", "offer_id", "sent_at", "decided_by_id",
    "decided_at",
]  # fmt: skip
_OFFER_COLUMNS = [
    "customer_id", "status", "status_channel", "status_at", "status_by_id", "superseded_by_id",
    "needs_review", "paused_until", "sent_at", "first_sent_at", "revision", "subject", "message_id",
    "sender_email", "sender_name", "contacted_at", "replied_at",
]  # fmt: skip
_CUSTOMER_COLUMNS = ["bounced_at", "bounce_detail"]

Columns = dict[str, Any]


def answer_question(
    file: SourceFile, act: Act, given: Given, *, rule: SenderRule | None = None
) -> list[Offer]:
    """Carry out an answer and remember what it changed; return the changed offers.

    `rule` is stored with it. Raises AnswerError when somebody else decided about the mail in the
    meantime, or the answer cannot be carried out.
    """
    lock_import()
    locked = SourceFile.objects.select_for_update().filter(pk=file.pk, state=file.state)
    if locked.first() is None:
        raise AnswerError(_("Somebody has decided about this mail in the meantime."))
    offers, customers = _find_involved(file, given)
    before = _read_columns(file, _FILE_COLUMNS)
    offers_before = {offer.pk: _read_columns(offer, _OFFER_COLUMNS) for offer in offers}
    customers_before = {each.pk: _read_columns(each, _CUSTOMER_COLUMNS) for each in customers}
    changed = {offer.pk for offer in act(file, given)} | set(offers_before)
    now_offers = list(Offer.objects.filter(pk__in=changed).lock())
    file.undo = {
        "file": before,
        "offers": _compare(now_offers, offers_before),
        "customers": _compare(Customer.objects.filter(pk__in=customers_before), customers_before),
        # Only a new offer makes a mail its first one.
        "created": [file.offer_id] if file.state == State.OFFER else [],
        "rules": _store_rule(rule, given),
    }
    file.save(update_fields=["undo"])
    return now_offers


def take_back(
    file: SourceFile, given: Given, *, after_store: AfterStore, has_history: HasHistory
) -> list[Offer]:
    """Restore what was before an answer; return the changed offers.

    What changed again since the answer stays as it is. Received mails that found their offer by the
    answer are checked again. Raises AnswerError when the answer made an offer about which more has
    happened.
    """
    lock_import()
    locked = SourceFile.objects.select_for_update().filter(pk=file.pk, undo__isnull=False)
    found = locked.first()
    if found is None:
        raise AnswerError(_("There is no answer to take back."))
    undo: dict[str, Any] = found.undo or {}
    file.undo = None
    created = list(Offer.objects.filter(pk__in=undo["created"]).lock())
    for offer in created:
        if not _is_only_made_by(file, offer) or has_history(offer):
            words = _("More has happened to offer %s since. Close it on its page instead.")
            raise AnswerError(words % offer)
    matched = _find_matched(file, created)
    _write_columns(file, undo["file"])
    file.save(update_fields=[*undo["file"], "undo"])
    offers = list(Offer.objects.filter(pk__in=undo["offers"]).lock())
    for offer in offers:
        _restore(offer, undo["offers"][str(offer.pk)])
    for customer in Customer.objects.filter(pk__in=undo["customers"]):
        _restore(customer, undo["customers"][str(customer.pk)])
    SenderRule.objects.filter(pk__in=undo["rules"]).delete()
    undo_effects(matched)
    for offer in created:
        offers += _remove(offer, given)
    match_received([], created, now=given.at)
    refresh_offers(offers, now=given.at)
    check_again(matched, after_store=after_store, has_history=has_history)
    return offers


def _find_involved(file: SourceFile, given: Given) -> tuple[list[Offer], list[Customer]]:
    """Return the offers and customers that an answer may change."""
    emails = {given.email.lower()} - {""}
    keys = {offer.pk for offer in (file.offer, given.offer) if offer is not None}
    if file.offer is not None:
        emails.add(file.offer.customer.email)
    customers = list(Customer.objects.filter(email__in=emails))
    named = Q(pk__in=keys) | Q(customer__in=customers, status=Offer.Status.OPEN)
    named |= Q(customer__in=customers, number_key=number_key(given.number))
    return list(Offer.objects.filter(named).lock()), customers


def _read_columns(row: models.Model, names: Sequence[str]) -> Columns:
    columns = {}
    for name in names:
        value = getattr(row, name)
        columns[name] = value.isoformat() if isinstance(value, date) else value
    return columns


def _write_columns(row: models.Model, columns: Columns) -> None:
    fields = {field.attname: field for field in row._meta.concrete_fields}
    for name, value in columns.items():
        setattr(row, name, fields[name].to_python(value))


def _compare(
    rows: Iterable[models.Model], before: Mapping[int, Columns]
) -> dict[int, dict[str, list[Any]]]:
    """Return the columns that changed, each with the value before and after, by key of the row."""
    changes: dict[int, dict[str, list[Any]]] = {}
    for row in rows:
        old = before.get(row.pk, {})
        new = _read_columns(row, list(old))
        changed = {name: [old[name], new[name]] for name in old if old[name] != new[name]}
        if row.pk in before:
            changes[row.pk] = changed
    return changes


def _restore(row: models.Model, changes: dict[str, list[Any]]) -> None:
    """Give the columns the value from before, except those that changed again."""
    now = _read_columns(row, list(changes))
    columns = {name: old for name, (old, new) in changes.items() if now[name] == new}
    _write_columns(row, columns)
    row.save(update_fields=list(columns))


def _store_rule(rule: SenderRule | None, given: Given) -> list[int]:
    """Store a rule unless it is known; return the keys of what was stored."""
    if rule is None:
        return []
    stored, is_new = SenderRule.objects.get_or_create(
        kind=rule.kind,
        address=rule.address,
        wording=rule.wording,
        defaults={"created_by": given.by, "created_at": given.at},
    )
    return [stored.pk] if is_new else []


def _find_matched(file: SourceFile, created: Sequence[Offer]) -> list[SourceFile]:
    """Return the mails that the import decided again because of the answer."""
    because = Q(decided_at=file.decided_at) | Q(offer__in=created)
    found = SourceFile.objects.filter(because, decided_by=None).exclude(pk=file.pk)
    return list(found.select_related("folder"))


def _is_only_made_by(file: SourceFile, offer: Offer) -> bool:
    """Return whether no person has done anything about the offer but decide about this mail."""
    decided = offer.files.filter(decided_by__isnull=False).exclude(pk=file.pk)
    happened = (decided, offer.contacts, offer.sent_messages)
    is_untouched = offer.status == Offer.Status.OPEN and not offer.note
    return is_untouched and not any(rows.exists() for rows in happened)


def _remove(offer: Offer, given: Given) -> list[Offer]:
    """Remove an offer, and its customer unless there is more to know about that person.

    Return the offers that it superseded.
    """
    customer = offer.customer
    opened = reopen_superseded_by(offer, now=given.at)
    offer.delete()
    if is_unused(customer):
        customer.delete()
    return opened
