"""The open questions about mails, in the order in which a person answers them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from crm.accounts.models import User
from offers.models import MailFolder, SourceFile

# More questions of one kind than this within an hour are shown as one line.
MOST_IN_AN_HOUR = 10


def find_questions(user: User, *, with_others: bool = True) -> QuerySet[SourceFile]:
    """Return the open questions, those about the person's own mails and offers first.

    Without those that another salesperson answers, nobody's questions stay.
    """
    mine = Q(offer__salesperson=user)
    if user.email:
        mine |= Q(sender__iexact=user.email)
        # As text, because SQLite cannot search JSON for a value at any place.
        received = Q(folder__direction=MailFolder.Direction.INCOMING)
        mine |= received & Q(recipients__icontains=f'"{user.email}"')
    waiting = SourceFile.objects.filter(state=SourceFile.State.REVIEW)
    if not with_others:
        senders = User.objects.filter(is_active=True, email__iexact=OuterRef("sender"))
        waiting = waiting.exclude((Q(offer__salesperson__is_active=True) | Exists(senders)) & ~mine)
    order = Case(When(mine, then=Value(0)), default=Value(1))
    return waiting.order_by(order, "-first_seen_at", "-pk")


def find_many(questions: Iterable[tuple[str, datetime]]) -> Counter[str]:
    """Return how many questions there are of each kind of which many came within an hour.

    `questions` are pairs of reason and time.
    """
    times: dict[str, list[datetime]] = defaultdict(list)
    for reason, at in questions:
        times[reason].append(at)
    many: Counter[str] = Counter()
    for reason, moments in times.items():
        moments.sort()
        for first, last in zip(moments, moments[MOST_IN_AN_HOUR:], strict=False):
            if last - first <= timedelta(hours=1):
                many[reason] = len(moments)
                break
    return many


@dataclass(frozen=True)
class Place:
    """Where a question stands among the open ones of a round: "3 of 7"."""

    number: int
    total: int
    # None after the last one.
    next_key: int | None


def find_place(user: User, file: SourceFile, total: str = "") -> Place:
    """Return the place of a question in the person's round of `total` questions."""
    keys = list(find_questions(user).values_list("pk", flat=True))
    position = keys.index(file.pk) if file.pk in keys else len(keys)
    left = max(len(keys) - position, 1)
    size = max(int(total) if total.isdecimal() else len(keys), left)
    following = keys[position + 1 : position + 2]
    return Place(size - left + 1, size, following[0] if following else None)


def find_answered(key: str) -> SourceFile | None:
    """Return the mail that was just decided about, if that can be taken back."""
    if not key.isdecimal():
        return None
    return SourceFile.objects.filter(pk=key, undo__isnull=False).first()
