"""Store links and answers on the VPS. The database decides which request was first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from crm.core.durable import durable_commits
from crm.core.models import JobRun
from feedback import links
from feedback.public.models import RegisteredLink, SubmittedAnswer

DECISIONS = ("interested", "declined")
# A link stays valid after "still undecided", so one person could submit without limit. Ten is more
# than any customer needs.
MAX_UNDECIDED = 10
PULL = "pull"
# What the office may change of a link. Not `answered_at`, so that it never revives a link.
REGISTERED_FIELDS = ["card", "language", "expires_at", "state"]


class SubmissionOutcome(Enum):
    """What became of a submission."""

    STORED = auto()
    REPEATED = auto()
    CONFLICT = auto()
    GONE = auto()
    TOO_MANY = auto()


@dataclass(frozen=True)
class Submission:
    """What a customer sends, validated, with the comment sealed."""

    kind: str
    reason: str = ""
    sealed_comment: str = ""
    ask_again_on: date | None = None
    suspect: bool = False
    # Identifies the form as rendered, so that a second click on the button counts once.
    form_id: str = ""


def find_link(token: UUID) -> RegisteredLink | None:
    """Return the link as long as it is kept, whatever its state."""
    return RegisteredLink.objects.filter(digest=links.digest(token)).first()


def find_decision(digest: str) -> SubmittedAnswer | None:
    """Return the interested or declined answer to the link, or None."""
    return SubmittedAnswer.objects.filter(link__digest=digest, kind__in=DECISIONS).first()


@durable_commits()
def store_answer(digest: str, submission: Submission, *, now: datetime) -> SubmissionOutcome:
    """Store what the customer sent. A decision uses up the link, "undecided" leaves it valid."""
    is_decision = submission.kind in DECISIONS
    unanswered = RegisteredLink.objects.filter(
        digest=digest, answered_at=None, state=RegisteredLink.State.ACTIVE, expires_at__gt=now
    )
    with transaction.atomic():
        # One conditional UPDATE decides who was first: of 200 simultaneous requests it changes a
        # row for exactly one. The others wait for that transaction and find its answer below.
        # Without a decision it only locks the row.
        if not unanswered.update(answered_at=now if is_decision else None):
            return _compare_with_decision(digest, submission)
        link = RegisteredLink.objects.get(digest=digest)
        if is_decision:
            _create_answer(link, submission, now, uuid4())
            return SubmissionOutcome.STORED
        return _store_undecided(link, submission, now)


def _compare_with_decision(digest: str, submission: Submission) -> SubmissionOutcome:
    recorded = find_decision(digest)
    if recorded is None:
        return SubmissionOutcome.GONE
    if (recorded.kind, recorded.reason) == (submission.kind, submission.reason):
        return SubmissionOutcome.REPEATED
    return SubmissionOutcome.CONFLICT


def _store_undecided(
    link: RegisteredLink, submission: Submission, now: datetime
) -> SubmissionOutcome:
    uid = _uid_of_form(link, submission)
    earlier = link.answers.filter(kind=submission.kind)
    if earlier.filter(uid=uid).exists():
        return SubmissionOutcome.REPEATED
    if earlier.count() >= MAX_UNDECIDED:
        return SubmissionOutcome.TOO_MANY
    _create_answer(link, submission, now, uid)
    return SubmissionOutcome.STORED


def _uid_of_form(link: RegisteredLink, submission: Submission) -> UUID:
    """Return the same uid each time this rendered form is sent."""
    parts = f"{link.digest}|{submission.form_id}|{submission.ask_again_on}"
    code = salted_hmac("feedback.public.uid", parts, algorithm="sha256").digest()
    return UUID(bytes=code[:16], version=4)


def _create_answer(link: RegisteredLink, submission: Submission, now: datetime, uid: UUID) -> None:
    SubmittedAnswer.objects.create(
        uid=uid,
        link=link,
        kind=submission.kind,
        reason=submission.reason,
        sealed_comment=submission.sealed_comment,
        ask_again_on=submission.ask_again_on,
        suspect=submission.suspect,
        submitted_at=now,
    )


@durable_commits()
def opt_out(digest: str, *, now: datetime) -> None:
    """Store that no more reminders are wanted. Idempotent: a second call changes nothing."""
    with transaction.atomic():
        # Every stored link is accepted, also an answered, revoked or expired one. The row lock
        # serialises concurrent requests.
        link = RegisteredLink.objects.select_for_update().filter(digest=digest).first()
        if link is None:
            return  # deleted by `prune` since the request found it
        recorded = link.answers.filter(kind="opted_out").first()
        if recorded is None:
            _create_answer(link, Submission(kind="opted_out"), now, uuid4())
        elif recorded.acknowledged_at is not None:
            # Delivered again: the office may have allowed reminders since.
            recorded.uid, recorded.submitted_at, recorded.acknowledged_at = uuid4(), now, None
            recorded.save(update_fields=["uid", "submitted_at", "acknowledged_at"])


@durable_commits()
def register_links(items: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    """Store or update the links by their digest; return (how many, the digests that are answered).

    Idempotent. If a digest occurs more than once, the last item is stored.
    """
    rows = {}
    for item in items:
        columns = {name: item[name] for name in REGISTERED_FIELDS}
        rows[item["digest"]] = RegisteredLink(digest=item["digest"], **columns)
    # Always in the same order, so that concurrent calls cannot deadlock.
    digests = sorted(rows)
    with transaction.atomic():
        RegisteredLink.objects.bulk_create(
            [rows[digest] for digest in digests],
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=REGISTERED_FIELDS,
        )
        known = RegisteredLink.objects.filter(digest__in=digests, answered_at__isnull=False)
        answered = known.order_by("digest").values_list("digest", flat=True)
        return len(digests), list(answered)


def list_waiting(*, limit: int) -> tuple[list[SubmittedAnswer], int]:
    """Return (the oldest answers not acknowledged, how many more); record the time of the pull."""
    answers = _page(SubmittedAnswer.objects.filter(acknowledged_at=None), limit)
    # The health check of the VPS alarms when the office does not pull for a day.
    JobRun.objects.update_or_create(name=PULL, defaults={"succeeded_at": timezone.now()})
    return answers


def list_since(since: datetime, *, limit: int) -> tuple[list[SubmittedAnswer], int]:
    """Return (the oldest answers from `since` on, how many more follow).

    Start the next page at `submitted_at` of the last answer, which is then returned again.
    """
    return _page(SubmittedAnswer.objects.filter(submitted_at__gte=since), limit)


def _page(answers: QuerySet[SubmittedAnswer], limit: int) -> tuple[list[SubmittedAnswer], int]:
    oldest = answers.select_related("link").defer("link__card").order_by("submitted_at", "pk")
    page = list(oldest[:limit])
    if len(page) < limit:
        return page, 0
    return page, max(answers.count() - len(page), 0)


def acknowledge(uids: Sequence[UUID], *, now: datetime) -> int:
    """Mark the answers as stored in the office; return how many of them are known. Idempotent."""
    known = SubmittedAnswer.objects.filter(uid__in=uids)
    known.filter(acknowledged_at=None).update(acknowledged_at=now)
    return known.count()


@dataclass(frozen=True)
class ServiceStatus:
    """The content of `GET /api/status`. `last_pull_at` is None before the first pull."""

    waiting: int
    links: int
    last_pull_at: datetime | None


def get_status() -> ServiceStatus:
    """Return the figures of the service."""
    pull = JobRun.objects.filter(name=PULL).first()
    return ServiceStatus(
        waiting=SubmittedAnswer.objects.filter(acknowledged_at=None).count(),
        links=RegisteredLink.objects.count(),
        last_pull_at=pull.succeeded_at if pull else None,
    )


def prune(*, now: datetime, dry_run: bool = False) -> str:
    """Delete what is no longer needed; return one sentence of sums."""
    # Answers are deleted FEEDBACK_KEEP_DAYS after their acknowledgement, links as long after their
    # expiry. An answer that is not acknowledged is never deleted.
    limit = now - timedelta(days=settings.FEEDBACK_KEEP_DAYS)
    answers = SubmittedAnswer.objects.filter(acknowledged_at__lt=limit)
    if dry_run:
        kept = SubmittedAnswer.objects.exclude(acknowledged_at__lt=limit)
        expired = RegisteredLink.objects.filter(expires_at__lt=limit)
        unused = expired.exclude(pk__in=kept.values("link"))
        return f"Would delete {answers.count()} answers and {unused.count()} links."
    deleted_answers, _ = answers.delete()
    deleted_links, _ = RegisteredLink.objects.filter(expires_at__lt=limit, answers=None).delete()
    return f"Deleted {deleted_answers} answers and {deleted_links} links."
