"""Errors of the API as `{"error": code, "detail": sentence}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import JsonResponse
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}
MAX_REASONS = 5


class TooLargeError(APIException):
    """The body is larger than the API accepts."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large. Send fewer invitations at once."


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response for an error that DRF knows; None for others, which are raised."""
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        detail = " ".join(list(_sentences(error.detail))[:MAX_REASONS])
    else:
        detail = str(response.data["detail"])
    response.data = body(response.status_code, detail)
    return response


def body(status_code: int, detail: str) -> dict[str, str]:
    """Return the JSON of an error."""
    return {"error": CODES.get(status_code, "error"), "detail": detail}


def plain_response(status_code: int) -> JsonResponse:
    """Return the error for an unknown path, or for an exception that no view handled."""
    details = {
        400: "The request cannot be understood.",
        404: "There is nothing at this address.",
        500: "The service made a mistake. Try again later.",
    }
    return JsonResponse(body(status_code, details[status_code]), status=status_code)


def _sentences(detail: Any, path: str = "") -> Iterator[str]:
    """Yield `invitations.3.digest: This value does not …` for each fault, depth first."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _sentences(inner, f"{path}.{key}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                yield from _sentences(inner, f"{path}.{index}")
            else:
                yield from _sentences(inner, path)
    else:
        place = path.removesuffix(".non_field_errors").lstrip(".")
        sentence = str(detail).rstrip(".") + "."
        yield f"{place}: {sentence}".removeprefix(": ")
