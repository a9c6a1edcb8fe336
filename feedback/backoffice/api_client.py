"""The HTTP client of the API, by which the office calls the public service. `sync.py` says when.

Every call may be repeated: registering and acknowledging are idempotent, pulling changes nothing.
"""

from __future__ import annotations

import gzip
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from rest_framework import serializers

from feedback import wire

CONNECT_SECONDS = 5
READ_SECONDS = 30
TRIES = 5
BACKOFF_SECONDS = 0.5
PASSING_STATUSES = {500, 502, 503, 504}
BAD_ADDRESSES = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


class SyncError(Exception):
    """The exchange with the public service failed. The text is one sentence for a person."""


class UnreachableError(SyncError):
    """The public service does not respond as it should; trying again may help."""


class ContractError(SyncError):
    """One side does not keep to the agreed format; trying again does not help."""


@dataclass(frozen=True)
class AnswerPage:
    """One page of answers as received, not validated. `remaining` counts those after it."""

    feedbacks: list[object]
    remaining: int
    server_time: datetime


class _AnswerPageSerializer(serializers.Serializer[dict[str, object]]):
    """A page whose items are not validated: one invalid item must not hide the others."""

    server_time = serializers.DateTimeField()
    feedbacks = serializers.ListField()
    remaining = serializers.IntegerField(min_value=0)


class ApiKeyAuth(AuthBase):
    """Sends the key. Not a plain header, to which requests prefers a password from a .netrc file."""

    def __init__(self, key: str) -> None:
        self.key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Api-Key {self.key}"
        return request


class ApiClient:
    """One connection to the public service, a context manager. Every method may raise a SyncError."""

    def __init__(self, url: str, key: str) -> None:
        if not url:
            text = _("Set FEEDBACK_API_URL or FEEDBACK_BASE_URL to the address of the form.")
            raise SyncError(text)
        if not key:
            text = _("Set FEEDBACK_API_KEY to the key whose hash the public service knows.")
            raise SyncError(text)
        self.url = url.rstrip("/")
        self.session = requests.Session()
        self.session.auth = ApiKeyAuth(key)
        self.session.headers.update({"User-Agent": "Nachfass", "Accept": "application/json"})
        self.session.mount(self.url, HTTPAdapter(pool_connections=1, pool_maxsize=1))

    @classmethod
    def from_settings(cls) -> ApiClient:
        """Return a client for the service that the settings name."""
        return cls(settings.FEEDBACK_API_URL, settings.FEEDBACK_API_KEY)

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()

    def put_form(self, content: dict[str, object]) -> None:
        """Replace the texts of the form (`wire.FormSerializer`)."""
        self._call("PUT", "form", content=content)

    def put_invitations(self, invitations: Sequence[dict[str, object]]) -> set[str]:
        """Register up to 1,000 links (`wire.InvitationSerializer`); return the answered digests."""
        body = self._call(
            "PUT", "invitations", content={"schema": wire.SCHEMA, "invitations": list(invitations)}
        )
        answered = body.get("answered")
        if not isinstance(answered, list):
            raise ContractError(self._breach())
        return {str(digest) for digest in answered}

    def get_feedbacks(self, *, since: datetime | None = None) -> AnswerPage:
        """Return the oldest answers not acknowledged; with `since` all submitted from then on."""
        query = {"limit": str(wire.MAX_FEEDBACKS)}
        if since is not None:
            query["since"] = since.isoformat()
        head = _AnswerPageSerializer(data=self._call("GET", "feedbacks", params=query))
        if not head.is_valid():
            raise ContractError(self._breach())
        return AnswerPage(**head.validated_data)

    def acknowledge(self, uids: Sequence[UUID]) -> None:
        """Tell the service that these answers are stored here."""
        self._call("POST", "feedbacks/ack", content={"uids": [str(uid) for uid in uids]})

    def get_status(self) -> dict[str, Any]:
        """Return version, schema and figures of the service."""
        return self._call("GET", "status")

    def _call(
        self,
        method: str,
        path: str,
        *,
        content: dict[str, object] | None = None,
        params: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"params": params}
        if content is not None:
            request["data"] = gzip.compress(json.dumps(content).encode(), compresslevel=1, mtime=0)
            request["headers"] = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        # Not by urllib3's `Retry`: it does not notice a response that is cut off.
        for attempt in range(TRIES - 1):
            try:
                return self._call_once(method, path, **request)
            except UnreachableError:
                # With jitter, so that offices do not retry at the same time.
                time.sleep(BACKOFF_SECONDS * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311
        return self._call_once(method, path, **request)

    def _call_once(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            # A redirect means a wrong address, and the key must not be sent to its target.
            response = self.session.request(
                method,
                f"{self.url}/api/{path}",
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                **request,
            )
        except BAD_ADDRESSES as error:
            raise SyncError(_("FEEDBACK_API_URL is not a web address: %s.") % self.url) from error
        except requests.exceptions.SSLError as error:
            raise UnreachableError(_("The certificate of %s is not valid.") % self.url) from error
        except requests.RequestException as error:
            text = _("The public service at %s cannot be reached.")
            raise UnreachableError(text % self.url) from error
        self._raise_for_status(response)
        try:
            body = response.json()
        except ValueError as error:
            text = _("The answer of %s was cut off or is not JSON.")
            raise UnreachableError(text % self.url) from error
        if not isinstance(body, dict):
            raise ContractError(self._breach())
        return body

    def _raise_for_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status in PASSING_STATUSES:
            text = _("The public service at %(url)s fails with %(status)s.")
            raise UnreachableError(text % {"url": self.url, "status": status})
        if status == 401:
            text = _(
                "The public service refuses the API key: compare FEEDBACK_API_KEY here with"
                " FEEDBACK_API_KEY_HASHES there."
            )
            raise SyncError(text)
        if status == 403:
            text = _(
                "The public service refuses this network: add it to FEEDBACK_API_ALLOWED_NETWORKS there."
            )
            raise SyncError(text)
        if status == 429:
            seconds = response.headers.get("Retry-After", "60")
            raise SyncError(_("The public service asks to wait %s seconds.") % seconds)
        if status != 200:
            try:
                detail = str(response.json()["detail"])[:500]
            except (ValueError, TypeError, KeyError):
                detail = ""
            raise ContractError(f"{self._breach(status)} {detail}".strip())

    def _breach(self, status: int = 200) -> str:
        return _(
            "The address %(url)s does not answer as the public service should (%(status)s): is FEEDBACK_API_URL right,"
            " and are both sides of the same version?"
        ) % {"url": self.url, "status": status}
