"""What the tests of the public service share."""

from __future__ import annotations

import pytest

from tests.feedback_public import make

KEY = "key-for-tests"


@pytest.fixture
def form(db: None) -> None:
    """The form as an office would send it."""
    make.make_form()


@pytest.fixture
def office(client):
    """A client that knows the key."""
    client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {KEY}"
    return client
