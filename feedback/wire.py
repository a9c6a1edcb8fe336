"""The JSON exchanged between office and VPS, as DRF serializers. Shared by both, no models.

In it a link is an `invitation` and an answer a `feedback`.

The VPS rejects what is not valid. Fields may be added, never renamed: an old office works with a
new VPS and the reverse.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from feedback import sealing

SCHEMA = 1
MAX_INVITATIONS = 1000
MAX_FEEDBACKS = 500
MAX_COMMENT = 2000
MAX_REASONS = 100
LANGUAGES = ["de", "en", "fr", "it"]
KINDS = ["interested", "declined", "undecided", "opted_out"]
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def check_sensible(value: datetime) -> None:
    """Raise ValidationError for a time that a database cannot store in every time zone."""
    if not EARLIEST < value < LATEST:
        raise ValidationError("This time is not between the years 2000 and 2200.")


class InvitationSerializer(serializers.Serializer[dict[str, object]]):
    """One item of `PUT /api/invitations`."""

    digest = serializers.RegexField(r"^[0-9a-f]{64}$")
    card = serializers.CharField(max_length=4000)
    language = serializers.ChoiceField(choices=LANGUAGES)
    expires_at = serializers.DateTimeField(validators=[check_sensible])
    state = serializers.ChoiceField(choices=["active", "revoked"])


class InvitationsSerializer(serializers.Serializer[dict[str, object]]):
    """The body of `PUT /api/invitations`."""

    schema = serializers.IntegerField(default=SCHEMA)
    invitations = InvitationSerializer(many=True, max_length=MAX_INVITATIONS)  # type: ignore[call-arg]  # of its ListSerializer


class ReasonSerializer(serializers.Serializer[dict[str, object]]):
    """One decline reason with its label in each language."""

    code = serializers.SlugField(max_length=50)
    labels = serializers.DictField(child=serializers.CharField(max_length=200))
    asks_for_comment = serializers.BooleanField(default=False)

    def validate_labels(self, value: dict[str, str]) -> dict[str, str]:
        # A newer office may send languages that this form does not have.
        return {language: value[language] for language in LANGUAGES if language in value}


class FormSerializer(serializers.Serializer[dict[str, object]]):
    """The body of `PUT /api/form`, which replaces the one before."""

    schema = serializers.IntegerField(default=SCHEMA)
    company = serializers.CharField(max_length=200, allow_blank=True)
    email = serializers.EmailField(allow_blank=True, default="")
    phone = serializers.CharField(max_length=50, allow_blank=True, default="")
    imprint_url = serializers.URLField(allow_blank=True, default="")
    privacy_url = serializers.URLField(allow_blank=True, default="")
    public_key = serializers.CharField(max_length=100)
    reasons = ReasonSerializer(many=True, max_length=MAX_REASONS)  # type: ignore[call-arg]  # of its ListSerializer

    def validate_public_key(self, value: str) -> str:
        try:
            sealing.seal_message(sealing.Message(comment="?"), value)
        except sealing.SealError as error:
            raise serializers.ValidationError(str(error)) from error
        return value

    def validate_reasons(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        codes = {reason["code"] for reason in value}
        if len(codes) < len(value):
            raise serializers.ValidationError("Two reasons have the same code.")
        return value


class PullQuerySerializer(serializers.Serializer[dict[str, object]]):
    """The query of `GET /api/feedbacks`."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_FEEDBACKS, default=MAX_FEEDBACKS)
    since = serializers.DateTimeField(required=False, validators=[check_sensible])


class FeedbackSerializer(serializers.Serializer[dict[str, object]]):
    """One answer in `GET /api/feedbacks`."""

    uid = serializers.UUIDField()
    digest = serializers.CharField()
    kind = serializers.ChoiceField(choices=KINDS)
    reason = serializers.CharField(allow_blank=True, default="")
    sealed_comment = serializers.CharField(allow_blank=True, default="")
    ask_again_on = serializers.DateField(allow_null=True, default=None)
    submitted_at = serializers.DateTimeField()
    suspect = serializers.BooleanField(default=False)


class FeedbacksSerializer(serializers.Serializer[dict[str, object]]):
    """The response to `GET /api/feedbacks`."""

    schema = serializers.IntegerField()
    server_time = serializers.DateTimeField()
    feedbacks = FeedbackSerializer(many=True)
    remaining = serializers.IntegerField(min_value=0)


class AcknowledgementSerializer(serializers.Serializer[dict[str, object]]):
    """The body of `POST /api/feedbacks/ack`."""

    uids = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_FEEDBACKS)
