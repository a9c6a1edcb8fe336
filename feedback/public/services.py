"""What the VPS does with links and answers. Each decision is taken by the database, so it holds for
any number of processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from crm.core.bulk import insert_rows
from crm.core.durable import durable_commits
from crm.core.models import JobRun
from feedback.public.models import Answer, Invitation

DECISIONS = ("interested", "declined")
# A link stays valid after "still undecided", so its holder could fill the disk. Nobody hesitates
# more often than this.
MAX_UNDECIDED = 10
PULL = "pull"


class Outcome(Enum):
    """What became of a submission."""

    STORED = auto()
    REPEATED = auto()
    CONFLICT = auto()
    GONE = auto()
    TOO_MANY = auto()


@dataclass(frozen=True)
class Submission:
    """What a customer sends: already validated, its words already sealed.

    `form_id` names the copy of the form that was filled in, so that a second click on the button
    counts once.
    """

    kind: str
    reason: str = ""
    sealed_comment: str = ""
    ask_again_on: date | None = None
    suspect: bool = False
    form_id: str = ""


@dataclass(frozen=True)
class Result:
    """The outcome, and the decision on record where there is one."""

    outcome: Outcome
    recorded: Answer | None = None


@dataclass(frozen=True)
class Link:
    """An invitation as one request finds it. `is_valid` when it still shows something: not expired,
    and active or answered; an answered one that is revoked still does, because the answer is the
    customer's own.
    """

    digest: str
    card: str
    language: str
    is_valid: bool
    is_answered: bool


# The two statements that every request runs are written out: Django takes several times as long to
# build them as the database takes to run them.
_FIND = (
    "SELECT card, language, expires_at > %s AND (state = 'active' OR answered_at IS NOT NULL), answered_at IS NOT NULL"
    " FROM feedback_public_invitation WHERE digest = %s"
)
_TAKE = (
    "UPDATE feedback_public_invitation SET answered_at = %s"
    " WHERE digest = %s AND answered_at IS NULL AND state = 'active' AND expires_at > %s RETURNING id"
)


def find_link(digest: str, *, now: datetime) -> Link | None:
    """Return the link as long as it is kept, whatever its state."""
    row = _fetch(_FIND, [now, digest])
    return Link(digest, row[0], row[1], bool(row[2]), bool(row[3])) if row else None


def find_decision(digest: str) -> Answer | None:
    """Return the interested or declined answer to the link, or None."""
    return Answer.objects.filter(invitation__digest=digest, kind__in=DECISIONS).first()


@durable_commits()
def store_answer(digest: str, submission: Submission, *, now: datetime) -> Result:
    """Store what the customer sent: a decision uses the link up, "undecided" leaves it valid."""
    is_decision = submission.kind in DECISIONS
    with transaction.atomic():
        # One conditional UPDATE decides who was first: of 200 simultaneous requests it changes a
        # row for exactly one. The others wait for that transaction and find its answer below.
        # Without a decision it only locks the row.
        taken = _fetch(_TAKE, [now if is_decision else None, digest, now])
        if taken is None:
            return _find_out(digest, submission)
        if is_decision:
            return Result(Outcome.STORED, _create_answer(taken[0], submission, now, uid=uuid4()))
        return _store_undecided(taken[0], digest, submission, now)


def _find_out(digest: str, submission: Submission) -> Result:
    recorded = find_decision(digest)
    if recorded is None:
        return Result(Outcome.GONE)
    is_same = (recorded.kind, recorded.reason) == (submission.kind, submission.reason)
    return Result(Outcome.REPEATED if is_same else Outcome.CONFLICT, recorded)


def _store_undecided(
    invitation_id: int, digest: str, submission: Submission, now: datetime
) -> Result:
    uid = _uid_of_form(digest, submission)
    earlier = Answer.objects.filter(invitation=invitation_id, kind=submission.kind)
    if repeated := earlier.filter(uid=uid).first():
        return Result(Outcome.REPEATED, repeated)
    if earlier.count() >= MAX_UNDECIDED:
        return Result(Outcome.TOO_MANY)
    return Result(Outcome.STORED, _create_answer(invitation_id, submission, now, uid=uid))


def _uid_of_form(digest: str, submission: Submission) -> UUID:
    parts = f"{digest}|{submission.form_id}|{submission.ask_again_on}"
    return UUID(
        bytes=salted_hmac("feedback.public.uid", parts, algorithm="sha256").digest()[:16], version=4
    )


def _create_answer(
    invitation_id: int, submission: Submission, now: datetime, *, uid: UUID
) -> Answer:
    answer = Answer(
        uid=uid,
        invitation_id=invitation_id,
        kind=submission.kind,
        reason=submission.reason,
        sealed_comment=submission.sealed_comment,
        ask_again_on=submission.ask_again_on,
        suspect=submission.suspect,
        submitted_at=now,
    )
    insert_rows([answer])
    return answer


def _fetch(sql: str, values: list[Any]) -> tuple[Any, ...] | None:
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            sql, [adapt(value) if isinstance(value, datetime) else value for value in values]
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
        return row


@durable_commits()
def opt_out(digest: str, *, now: datetime) -> None:
    """Store that no more reminders are wanted. Twice is once.

    An answered, revoked or expired link is good enough: who wants no more mails must be heard as
    long as we know the link. One that the office has seen already is delivered again, for it may
    have allowed reminders since.
    """
    with transaction.atomic():
        # The lock makes of two wishes at once one after the other.
        invitation = Invitation.objects.select_for_update().filter(digest=digest).first()
        if invitation is None:
            return  # pruned since the request looked
        recorded = invitation.answers.filter(kind="opted_out").first()
        if recorded is None:
            _create_answer(invitation.pk, Submission(kind="opted_out"), now, uid=uuid4())
        elif recorded.acknowledged_at is not None:
            recorded.uid, recorded.submitted_at, recorded.acknowledged_at = uuid4(), now, None
            recorded.save(update_fields=["uid", "submitted_at", "acknowledged_at"])


@durable_commits()
def register_invitations(items: Iterable[dict[str, Any]]) -> tuple[int, list[str]]:
    """Store or update the invitations by their digest; return (how many, digests that are answered
    already).

    Twice is once; of doubles in one call the last counts. Rows go in by digest, so that two calls
    at once cannot block each other.
    """
    rows = {item["digest"]: Invitation(**_columns(item)) for item in items}
    digests = sorted(rows)
    with transaction.atomic():
        Invitation.objects.bulk_create(
            [rows[digest] for digest in digests],
            update_conflicts=True,
            unique_fields=["digest"],
            update_fields=["card", "language", "expires_at", "state"],
        )
        answered = Invitation.objects.filter(
            digest__in=digests, answered_at__isnull=False
        ).order_by("digest")
        return len(digests), list(answered.values_list("digest", flat=True))


def _columns(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("digest", "card", "language", "expires_at", "state")}


def list_waiting(*, limit: int) -> tuple[list[Answer], int]:
    """Return (the oldest answers that the office has not acknowledged, how many more wait), and
    note the pull.
    """
    answers = _page(Answer.objects.filter(acknowledged_at=None), limit)
    JobRun.objects.update_or_create(name=PULL, defaults={"succeeded_at": timezone.now()})
    return answers


def list_since(since: datetime, *, limit: int) -> tuple[list[Answer], int]:
    """Return (the oldest answers from `since` on, how many more follow), acknowledged ones
    included.

    The next page starts at `submitted_at` of the last answer: that one comes again, and its uid
    tells.
    """
    return _page(Answer.objects.filter(submitted_at__gte=since), limit)


def _page(answers: QuerySet[Answer], limit: int) -> tuple[list[Answer], int]:
    page = list(
        answers.select_related("invitation")
        .defer("invitation__card")
        .order_by("submitted_at", "pk")[:limit]
    )
    return page, max(answers.count() - len(page), 0) if len(page) == limit else 0


def acknowledge(uids: Sequence[UUID], *, now: datetime) -> int:
    """Mark the answers as safe in the office; return how many of them are known. Twice is once."""
    known = Answer.objects.filter(uid__in=uids)
    known.filter(acknowledged_at=None).update(acknowledged_at=now)
    return known.count()


@dataclass(frozen=True)
class Status:
    """What `GET /api/status` tells. `last_pull_at` is None before the first pull."""

    waiting: int
    invitations: int
    last_pull_at: datetime | None


def get_status() -> Status:
    """Return the figures of the service."""
    pull = JobRun.objects.filter(name=PULL).first()
    return Status(
        waiting=Answer.objects.filter(acknowledged_at=None).count(),
        invitations=Invitation.objects.count(),
        last_pull_at=pull.succeeded_at if pull else None,
    )


def prune(*, now: datetime, dry_run: bool = False) -> str:
    """Delete what is no longer needed; return one sentence of sums.

    An answer goes `FEEDBACK_KEEP_DAYS` after the office acknowledged it, a link as long after it
    expired. What the office has not seen stays, however old.
    """
    limit = now - timedelta(days=settings.FEEDBACK_KEEP_DAYS)
    answers = Answer.objects.filter(acknowledged_at__lt=limit)
    if dry_run:
        kept = Answer.objects.exclude(acknowledged_at__lt=limit)
        links = (
            Invitation.objects.filter(expires_at__lt=limit)
            .exclude(pk__in=kept.values("invitation"))
            .count()
        )
        return f"Would delete {answers.count()} answers and {links} links."
    deleted_answers, _ = answers.delete()
    deleted_links, _ = Invitation.objects.filter(expires_at__lt=limit, answers=None).delete()
    return f"Deleted {deleted_answers} answers and {deleted_links} links."
