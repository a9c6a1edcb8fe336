"""Notice many doubtful mails at once: they are one line of work and one alarm, not many."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.core.incidents import begin_incident, end_incident
from offers.models import SourceFile

State, Reason = SourceFile.State, SourceFile.Reason
# What mails from outside can be made to ask by the dozen.
DOUBTFUL = (
    Reason.FORGED, Reason.UNKNOWN_SENDER, Reason.MAYBE_BOUNCED, Reason.MANY_BOUNCES,
    Reason.LONG_ABSENCE,
)  # fmt: skip
MOST_QUESTIONS = 10
SPAN = timedelta(hours=1)


class FloodKind(TextChoices):
    # The labels are shown in alarms and in the list of incidents.
    DOUBTFUL_MAILS = "doubtful_mails", gettext_lazy("many doubtful mails at once")
    MANY_BOUNCES = "many_bounces", gettext_lazy("many addresses bounce at once")


def find_flood() -> set[int]:
    """Return the keys of open questions of which more than ten came within an hour."""
    questions = SourceFile.objects.filter(
        state=State.REVIEW, reason__in=DOUBTFUL, sent_at__isnull=False
    )
    found: list[tuple[int, datetime]] = []
    for file in questions.only("sent_at").order_by("sent_at", "pk"):
        if file.sent_at is not None:
            found.append((file.pk, file.sent_at))
    flood: set[int] = set()
    for start in range(len(found) - MOST_QUESTIONS):
        together = found[start : start + MOST_QUESTIONS + 1]
        if together[-1][1] - together[0][1] <= SPAN:
            flood.update(key for key, _at in together)
    return flood


def check_floods(now: datetime) -> None:
    """Begin the incident of a flood, or end it when its questions are answered."""
    flood = find_flood()
    if flood:
        detail = _(
            "%d received mails came within a short time whose senders cannot be believed. Nothing was changed "
            "because of them. Look at them in the list of questions."
        )
        begin_incident(FloodKind.DOUBTFUL_MAILS, detail % len(flood), now)
    else:
        end_incident(FloodKind.DOUBTFUL_MAILS, now)
    bounces = SourceFile.objects.filter(state=State.REVIEW, reason=Reason.MANY_BOUNCES).count()
    if bounces:
        detail = _(
            "Many mails came back within an hour. %d further addresses were not marked. Is our own mail server "
            "refused? Look at them in the list of questions."
        )
        begin_incident(FloodKind.MANY_BOUNCES, detail % bounces, now)
    else:
        end_incident(FloodKind.MANY_BOUNCES, now)
