"""The timers say the same as the schedules of the queue, which they can replace."""

from __future__ import annotations

import pytest
from django.conf import settings

from crm.operations.schedules import JOBS

UNITS = settings.BASE_DIR / "deploy" / "office" / "units"
CALENDAR = {
    "* * * * *": "*-*-* *:*:00",
    "*/5 * * * *": "*-*-* *:00/5:00",
    "30 0 * * *": "*-*-* 00:30:00",
    "30 3 * * *": "*-*-* 03:30:00",
    "15 4 * * *": "*-*-* 04:15:00",
    "30 7 * * 1-6": "Mon..Sat *-*-* 07:30:00",
}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_has_a_timer_of_the_same_rhythm(job):
    text = (UNITS / f"nachfass-{job.name}.timer").read_text()
    assert f"\nOnCalendar={CALENDAR[job.cron]}\n" in text
    assert f"\nUnit=nachfass-job@{job.name}.service\n" in text
