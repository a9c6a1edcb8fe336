"""Encrypt what the VPS stores. Shared by office and public service, no models.

The card is encrypted with a key from the token, the customer's message with the office's public
key, so that the disk of the VPS reveals neither.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, fields
from typing import TypeVar
from uuid import UUID

from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox


class SealError(Exception):
    """The sealed text is damaged or was sealed for another key."""


@dataclass(frozen=True)
class Card:
    """What the form shows of an offer. `offered_on` is an ISO date."""

    number: str
    subject: str
    offered_on: str
    salesperson: str
    salesperson_email: str = ""
    salesperson_phone: str = ""


@dataclass(frozen=True)
class Message:
    """What the customer wrote: free text and, if a call is wanted, the phone number."""

    comment: str = ""
    phone: str = ""


Sealed = TypeVar("Sealed", Card, Message)


def _card_box(token: UUID) -> SecretBox:
    # Another function and another input form than `links.digest`, so that the digest says nothing
    # about the key.
    key = blake2b(token.bytes, digest_size=32, person=b"nachfass-card", encoder=RawEncoder)
    return SecretBox(key)


def seal_card(card: Card, token: UUID) -> str:
    """Return the card sealed with a key derived from the token, as base64."""
    return _encode(_card_box(token).encrypt(json.dumps(asdict(card)).encode()))


def open_card(sealed: str, token: UUID) -> Card:
    """Return the card. Raises SealError when it was not sealed with this token."""
    try:
        return _read(Card, _card_box(token).decrypt(b64decode(sealed, validate=True)))
    except (CryptoError, ValueError, TypeError) as error:
        raise SealError("The card was not sealed with this token.") from error


def new_key_pair() -> tuple[str, str]:
    """Return (private key, public key), both base64 of 32 bytes (X25519)."""
    private = PrivateKey.generate()
    return _encode(bytes(private)), _encode(bytes(private.public_key))


def public_key_of(private_key: str) -> str:
    """Return the public key of a base64 private key. Raises SealError when it is not 32 bytes."""
    return _encode(bytes(_private(private_key).public_key))


def seal_message(message: Message, public_key: str) -> str:
    """Return the message sealed to the office's key, as base64; an empty message stays empty."""
    if message == Message():
        return ""
    try:
        box = SealedBox(PublicKey(b64decode(public_key, validate=True)))
    except (ValueError, TypeError, CryptoError) as error:
        raise SealError("The public key of the office is not a base64 X25519 key.") from error
    return _encode(box.encrypt(json.dumps(asdict(message)).encode()))


def open_message(sealed: str, private_key: str) -> Message:
    """Return the customer's message. Raises SealError when it was sealed to another key."""
    if not sealed:
        return Message()
    try:
        box = SealedBox(_private(private_key))
        return _read(Message, box.decrypt(b64decode(sealed, validate=True)))
    except (CryptoError, ValueError, TypeError) as error:
        raise SealError(
            "The comment was sealed to another key than FEEDBACK_SEALING_PRIVATE_KEY."
        ) from error


def _encode(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _read(kind: type[Sealed], content: bytes) -> Sealed:
    """Return what was sealed, without the fields that a newer version has added."""
    data = json.loads(content)
    return kind(**{field.name: data[field.name] for field in fields(kind) if field.name in data})


def _private(private_key: str) -> PrivateKey:
    try:
        return PrivateKey(b64decode(private_key, validate=True))
    except (ValueError, TypeError, CryptoError) as error:
        raise SealError(
            "FEEDBACK_SEALING_PRIVATE_KEY is not a base64 X25519 key of 32 bytes."
        ) from error
