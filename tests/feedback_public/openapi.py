"""Writes the description of the API: `python -m tests.feedback_public.openapi docs/openapi.yaml`.

A tool of development: the service itself needs no generator, so drf-spectacular is installed
nowhere else. What the code cannot say by itself, the errors and the key, is added here.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import django
from django.conf import settings

DESCRIPTION = """\
What the office calls on the public service. The office opens every connection; all calls may be repeated.

Bodies are JSON in UTF-8, plain or with `Content-Encoding: gzip`, of at most 5 MiB. Errors have a code and a
sentence."""
ERRORS = {
    400: "The request does not keep to this description; the sentence names the place.",
    401: "The API key is missing or not known.",
    403: "The call comes from a network that is not allowed.",
    413: "The body is too large.",
    415: "The body is neither JSON nor gzip of it.",
    429: "Too many calls; `Retry-After` says after how many seconds to come again.",
}
BODY_ERRORS = {413, 415}


def build() -> str:
    """Return the description as YAML. Django is set up on first use, with the generator beside the
    real apps.
    """
    if not settings.configured:
        configure()
    from drf_spectacular.generators import SchemaGenerator
    from drf_spectacular.renderers import OpenApiYamlRenderer

    from feedback import wire

    describe_key()
    describe_views()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = SchemaGenerator(urlconf="feedback.public.urls").get_schema(
            request=None, public=True
        )
    components = schema["components"]["schemas"]
    # The generator leaves the length of lists of objects out.
    components["Invitations"]["properties"]["invitations"]["maxItems"] = wire.MAX_INVITATIONS
    components["Form"]["properties"]["reasons"]["maxItems"] = wire.MAX_REASONS
    schema["paths"] = {
        path: item for path, item in schema["paths"].items() if path.startswith("/api/")
    }
    return OpenApiYamlRenderer().render(schema, renderer_context={}).decode()


def configure() -> None:
    """Take the settings of the service under test and add the generator."""
    from crm.settings import test_public

    values = {name: getattr(test_public, name) for name in dir(test_public) if name.isupper()}
    values["INSTALLED_APPS"] = [*values["INSTALLED_APPS"], "rest_framework", "drf_spectacular"]
    values["REST_FRAMEWORK"] = {
        **values["REST_FRAMEWORK"],
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    }
    values["SPECTACULAR_SETTINGS"] = {
        "TITLE": "Nachfass public service",
        "DESCRIPTION": DESCRIPTION,
        "VERSION": "1",
        "OAS_VERSION": "3.1.0",
        "SERVE_INCLUDE_SCHEMA": False,
        "ENUM_NAME_OVERRIDES": {},
    }
    settings.configure(**values)
    django.setup()


def describe_key() -> None:
    """Say how the office shows its key; registered by being defined."""
    from drf_spectacular.extensions import OpenApiAuthenticationExtension

    class ApiKeyExtension(OpenApiAuthenticationExtension):
        target_class = "feedback.public.api.authentication.ApiKeyAuthentication"
        name = "apiKey"

        def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
            return {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Api-Key` and the key; two keys may be valid at once.",
            }


def describe_views() -> None:
    """Say what each call takes and answers."""
    from drf_spectacular.utils import (
        OpenApiResponse,
        extend_schema,
        extend_schema_view,
        inline_serializer,
    )
    from rest_framework import serializers

    from feedback import wire
    from feedback.public.api import views

    error = inline_serializer(
        "Error", {"error": serializers.CharField(), "detail": serializers.CharField()}
    )

    def describe(operation_id: str, answer: Any, *, body: Any = None, query: Any = None) -> Any:
        responses = {200: answer} | {
            code: OpenApiResponse(error, text)
            for code, text in ERRORS.items()
            if body is not None or code not in BODY_ERRORS
        }
        return extend_schema(
            operation_id=operation_id,
            request=body,
            responses=responses,
            parameters=[query] if query else [],
            tags=["office"],
        )

    registered = inline_serializer(
        "Registered",
        {
            "stored": serializers.IntegerField(),
            "answered": serializers.ListField(child=serializers.CharField()),
        },
    )
    status = inline_serializer(
        "Status",
        {
            "version": serializers.CharField(),
            "schema": serializers.IntegerField(),
            "waiting_answers": serializers.IntegerField(),
            "invitations": serializers.IntegerField(),
            "last_pull_at": serializers.DateTimeField(allow_null=True),
        },
    )
    stored = inline_serializer("FormStored", {"stored": serializers.IntegerField()})
    acknowledged = inline_serializer("Acknowledged", {"acknowledged": serializers.IntegerField()})
    for view, calls in (
        (
            views.InvitationsView,
            {
                "put": describe(
                    "registerInvitations",
                    registered,
                    body=wire.InvitationsSerializer,
                )
            },
        ),
        (views.FormView, {"put": describe("replaceForm", stored, body=wire.FormSerializer)}),
        (
            views.FeedbacksView,
            {
                "get": describe(
                    "pullFeedbacks", wire.FeedbacksSerializer, query=wire.PullQuerySerializer
                )
            },
        ),
        (
            views.AcknowledgementView,
            {
                "post": describe(
                    "acknowledgeFeedbacks", acknowledged, body=wire.AcknowledgementSerializer
                )
            },
        ),
        (views.StatusView, {"get": describe("getStatus", status)}),
    ):
        extend_schema_view(**calls)(view)


def main() -> int:
    if len(sys.argv) != 2:
        print("Name the file to write: python -m tests.feedback_public.openapi docs/openapi.yaml")
        return 1
    Path(sys.argv[1]).write_text(build())
    return 0


if __name__ == "__main__":
    sys.exit(main())
