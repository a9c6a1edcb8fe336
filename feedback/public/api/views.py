"""The API that the office calls (docs/openapi.yaml). The office opens every connection."""

from __future__ import annotations

import gc
from contextlib import suppress
from datetime import UTC
from typing import Any

from django.http import HttpRequest, UnreadablePostError
from django.utils import timezone, translation
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
    Throttled,
)
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm import __version__
from feedback import wire
from feedback.public import content, services
from feedback.public.api.authentication import ApiKeyAuthentication, check_network
from feedback.public.api.parsers import BoundedJSONParser
from feedback.public.limits import seconds_to_wait

# client_max_body_size of deploy/public/nginx.conf.
REST_BYTES = 6 * 1024 * 1024
PIECE_BYTES = 64 * 1024


class OfficeView(APIView):
    """A call of the office. Network and key are checked before the body is read."""

    authentication_classes = [ApiKeyAuthentication]
    parser_classes = [BoundedJSONParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            check_network(request)
            self.perform_authentication(request)
        except (NotAuthenticated, AuthenticationFailed, PermissionDenied):
            self._throttle(seconds_to_wait(request, "api_refused"))
            raise
        self._throttle(seconds_to_wait(request, "api"))
        # DRF's requests and serializers point at each other, so that the pages of a large sync stay
        # in memory until Python collects such cycles: 69 MiB a process, with this 64; 70 are
        # promised.
        gc.collect()
        super().initial(request, *args, **kwargs)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        # Programs and administrators read the errors, whatever the language of the form.
        with translation.override("en"):
            response = super().dispatch(request, *args, **kwargs)
        _read_rest(request)
        return response

    def _throttle(self, wait: int | None) -> None:
        if wait is not None:
            raise Throttled(wait=wait)


def _read_rest(request: HttpRequest) -> None:
    """Read the rest of the body of a call that was refused before it was read."""
    # When the service closes the connection while nginx is still sending, nginx may answer 502 and
    # hide what is wrong.
    with suppress(UnreadablePostError):
        for _piece in range(REST_BYTES // PIECE_BYTES):
            if not request.read(PIECE_BYTES):
                return


class InvitationsView(OfficeView):
    def put(self, request: Request) -> Response:
        """Register links or change them. Idempotent; an answered link is never revived."""
        body = wire.InvitationsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        stored, answered = services.register_links(body.validated_data["invitations"])
        return Response({"stored": stored, "answered": answered})


class FormView(OfficeView):
    def put(self, request: Request) -> Response:
        """Replace the texts of the form: company, links, public key and reasons."""
        body = wire.FormSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        content.replace_content(body.validated_data)
        return Response({"stored": len(body.validated_data["reasons"])})


class FeedbacksView(OfficeView):
    def get(self, request: Request) -> Response:
        """Return the answers not acknowledged, oldest first, or with `since` all from then on."""
        query = wire.PullQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        limit, since = query.validated_data["limit"], query.validated_data.get("since")
        if since:
            answers, remaining = services.list_since(since, limit=limit)
        else:
            answers, remaining = services.list_waiting(limit=limit)
        page = {
            "schema": wire.SCHEMA,
            "server_time": timezone.now(),
            "feedbacks": answers,
            "remaining": remaining,
        }
        with timezone.override(UTC):
            return Response(wire.FeedbacksSerializer(page).data)


class AcknowledgementView(OfficeView):
    def post(self, request: Request) -> Response:
        """Mark answers as acknowledged: the office has stored them. Idempotent."""
        body = wire.AcknowledgementSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        known = services.acknowledge(body.validated_data["uids"], now=timezone.now())
        return Response({"acknowledged": known})


class StatusView(OfficeView):
    def get(self, request: Request) -> Response:
        """Return version, schema and figures."""
        status = services.get_status()
        figures = {
            "version": __version__,
            "schema": wire.SCHEMA,
            "waiting_answers": status.waiting,
            "invitations": status.links,
            "last_pull_at": status.last_pull_at,
        }
        return Response(figures)
