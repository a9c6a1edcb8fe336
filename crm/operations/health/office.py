"""What the health check of the office looks at."""

from __future__ import annotations

from crm.core.mail_dns import check_sender_domain
from crm.operations.health import machine, queue
from feedback.backoffice import health as feedback_health
from offers import health as offers_health
from reminders import health as reminders_health

CHECKS = [
    machine.check_migrations,
    machine.check_disk,
    queue.check_jobs,
    queue.check_tasks,
    queue.check_failed_tasks,
    machine.check_clock,
    machine.check_watch,
    machine.check_incidents,
    offers_health.check_folders,
    feedback_health.check_answers,
    feedback_health.check_clocks,
    feedback_health.check_sealing_key,
    reminders_health.check_sending,
    reminders_health.check_overdue,
]
OUTSIDE_CHECKS = [
    machine.check_web,
    feedback_health.check_public_service,
    feedback_health.check_certificate,
    reminders_health.check_mail_server,
]
ADVICE = [check_sender_domain]
