"""Health checks of the connection to the public service."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from crm.core.health import Finding
from feedback import sealing
from feedback.backoffice.api_client import ApiClient, SyncError
from feedback.backoffice.models import RejectedAnswer, SyncState

MIN_CERTIFICATE_DAYS = 14
MAX_CLOCK_SKEW = timedelta(minutes=2)
HTTPS_PORT = 443


def check_answers(now: datetime) -> Iterator[Finding]:
    pulled_at = SyncState.get().pulled_at
    if pulled_at is None:
        text = _("Answers have never been fetched. Run `python manage.py sync_feedback`.")
        yield Finding("answers", text, is_ok=False)
    elif now - pulled_at > 2 * SyncState.STALE_AFTER:
        minutes = (now - pulled_at) // timedelta(minutes=1)
        text = _("Answers were last fetched %s minutes ago; no reminders are sent.")
        yield Finding("answers", text % minutes, is_ok=False)
    else:
        yield Finding("answers", _("Answers are up to date."))
    rejected = RejectedAnswer.objects.filter(resolved_at=None).count()
    if rejected:
        text = _("%s rejected answers wait for a decision in the back office.")
        yield Finding("rejected answers", text % rejected, is_ok=False)


def check_clocks(now: datetime) -> Iterator[Finding]:
    """Check that both clocks agree, because answers of robots are recognised by the time."""
    skew = timedelta(seconds=SyncState.get().clock_skew_seconds)
    if abs(skew) > MAX_CLOCK_SKEW:
        text = _(
            "The clocks of the office and the public service differ by %s. Set both by a time server."
        )
        yield Finding("clocks", text % abs(skew), is_ok=False)
    else:
        yield Finding("clocks", _("Office and public service agree on the time."))


def check_sealing_key(now: datetime) -> Iterator[Finding]:
    try:
        sealing.public_key_of(settings.FEEDBACK_SEALING_PRIVATE_KEY)
    except sealing.SealError as error:
        text = _("%s `python manage.py make_keys` prints one.")
        yield Finding("sealing key", text % error, is_ok=False)
    else:
        yield Finding("sealing key", _("Comments of customers can be read."))


def check_public_service(now: datetime) -> Iterator[Finding]:
    try:
        with ApiClient.from_settings() as client:
            client.get_status()
    except SyncError as error:
        yield Finding("public service", str(error), is_ok=False)
    else:
        yield Finding("public service", _("The public service answers and accepts our key."))


def check_certificate(now: datetime) -> Iterator[Finding]:
    address = urlsplit(settings.FEEDBACK_BASE_URL)
    if address.scheme != "https" or address.hostname is None:
        is_ok = address.hostname in ("localhost", "127.0.0.1")
        yield Finding("certificate", _("The public service does not use TLS."), is_ok=is_ok)
        return
    try:
        left = _expiry(address.hostname, address.port or HTTPS_PORT) - now
    except (OSError, ssl.SSLError) as error:
        text = _("The certificate could not be checked: %s.")
        yield Finding("certificate", text % error, is_ok=False)
        return
    text = _("The certificate is valid for %s more days.")
    yield Finding("certificate", text % left.days, is_ok=left.days >= MIN_CERTIFICATE_DAYS)


def _expiry(host: str, port: int) -> datetime:
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=host) as secure,
    ):
        certificate = secure.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
