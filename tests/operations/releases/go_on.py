"""The office of an upgraded release goes on with its work; prints what came of it as JSON.

`manage.py shell -c 'from tests.operations.releases import go_on; go_on.work("folder")'`
"""

from __future__ import annotations

import json
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from feedback.backoffice.models import Invitation
from offers.models import Offer
from reminders.models import Reminder
from reminders.services import release_hold


def work(folder: str) -> None:
    """Import what lies in the folder and send what is due."""
    _run("import_offers", folder=folder)
    _run("sync_feedback")
    release_hold(by=None, now=timezone.now())
    _run("plan_reminders")
    sent_before = Reminder.objects.filter(state=Reminder.State.SENT).count()
    _run("send_reminders")
    alive = Invitation.objects.filter(state="active", expires_at__gt=timezone.now()).exclude(
        registered_at=None
    )
    done = {
        "offers": Offer.objects.count(),
        "sent": Reminder.objects.filter(state=Reminder.State.SENT).count() - sent_before,
        "links": [
            [str(each.token), each.offer.number]
            for each in alive.select_related("offer").order_by("-pk")[:3]
        ],
    }
    print(json.dumps(done))


def _run(job: str, **options: object) -> None:
    call_command(job, stdout=StringIO(), **options)
