"""What the VPS checks beyond the shared wire format, and what it answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from feedback import sealing, wire

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
MAX_REASONS = 100


def check_sensible(value: datetime) -> None:
    """Refuse times that a database cannot store in every time zone."""
    if not EARLIEST < value < LATEST:
        raise DjangoValidationError("This time is not between the years 2000 and 2200.")


class PushedInvitationSerializer(wire.InvitationSerializer):
    expires_at = serializers.DateTimeField(validators=[check_sensible])


class PushedInvitationsSerializer(wire.InvitationsSerializer):
    invitations = PushedInvitationSerializer(many=True, max_length=wire.MAX_INVITATIONS)  # type: ignore[call-arg]  # of its ListSerializer


class PushedFormSerializer(wire.FormSerializer):
    reasons = wire.ReasonSerializer(many=True, max_length=MAX_REASONS)  # type: ignore[call-arg]  # of its ListSerializer

    def validate_public_key(self, value: str) -> str:
        try:
            sealing.seal_message(sealing.Message(comment="?"), value)
        except sealing.SealError as error:
            raise serializers.ValidationError(str(error)) from error
        return value

    def validate_reasons(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        codes = [reason["code"] for reason in value]
        if len(codes) != len(set(codes)):
            raise serializers.ValidationError("Two reasons have the same code.")
        return value


class PullQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """The query of `GET /api/feedbacks`."""

    limit = serializers.IntegerField(
        min_value=1, max_value=wire.MAX_FEEDBACKS, default=wire.MAX_FEEDBACKS
    )
    since = serializers.DateTimeField(required=False, validators=[check_sensible])


class RegisteredSerializer(serializers.Serializer[dict[str, Any]]):
    """The answer to `PUT /api/invitations`."""

    stored = serializers.IntegerField()
    answered = serializers.ListField(child=serializers.CharField())


class StatusSerializer(serializers.Serializer[dict[str, Any]]):
    """The answer to `GET /api/status`."""

    version = serializers.CharField()
    schema = serializers.IntegerField()
    waiting_answers = serializers.IntegerField()
    invitations = serializers.IntegerField()
    last_pull_at = serializers.DateTimeField(allow_null=True)
