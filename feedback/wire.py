"""What goes over the wire between the office and the VPS, as DRF serializers. Shared by both
halves, no models.

The office keeps to what it sends; the VPS refuses what does not fit. Fields may be added, never
renamed: an old office talks to a new VPS and the reverse.
"""

from __future__ import annotations

from rest_framework import serializers

SCHEMA = 1
MAX_INVITATIONS = 1000
MAX_FEEDBACKS = 500
MAX_COMMENT = 2000
LANGUAGES = ["de", "en", "fr", "it"]
KINDS = ["interested", "declined", "undecided", "opted_out"]


class InvitationSerializer(serializers.Serializer[dict[str, object]]):
    """One item of `PUT /api/invitations`."""

    digest = serializers.RegexField(r"^[0-9a-f]{64}$")
    card = serializers.CharField(max_length=4000)
    language = serializers.ChoiceField(choices=LANGUAGES)
    expires_at = serializers.DateTimeField()
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


class FormSerializer(serializers.Serializer[dict[str, object]]):
    """The body of `PUT /api/form`: replaces what was there."""

    schema = serializers.IntegerField(default=SCHEMA)
    company = serializers.CharField(max_length=200, allow_blank=True)
    email = serializers.EmailField(allow_blank=True, default="")
    phone = serializers.CharField(max_length=50, allow_blank=True, default="")
    imprint_url = serializers.URLField(allow_blank=True, default="")
    privacy_url = serializers.URLField(allow_blank=True, default="")
    public_key = serializers.CharField(max_length=100)
    reasons = ReasonSerializer(many=True)


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
    """The answer to `GET /api/feedbacks`."""

    schema = serializers.IntegerField()
    server_time = serializers.DateTimeField()
    feedbacks = FeedbackSerializer(many=True)
    remaining = serializers.IntegerField(min_value=0)


class AcknowledgementSerializer(serializers.Serializer[dict[str, object]]):
    """The body of `POST /api/feedbacks/ack`."""

    uids = serializers.ListField(child=serializers.UUIDField(), max_length=MAX_FEEDBACKS)
