"""The queue's worker as `qcluster` starts it, which looks at its schedules at once instead of after
half a minute.

Django-Q2 looks every 30 seconds, counted in rounds of its guard and from the end of the first one.
"""

from __future__ import annotations

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    from django_q.conf import Conf

    Conf.GUARD_CYCLE = 30
    call_command("qcluster")
