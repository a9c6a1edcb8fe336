"""A guard against reading that never ends; not a measurement."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

SECONDS = 20


def _give_up(signum: int, frame: FrameType | None) -> None:
    raise AssertionError(f"still busy after {SECONDS} s")


@pytest.fixture
def hang_guard() -> Iterator[None]:
    """Fail a test whose work has not ended long after it should have. `re` looks for signals while it searches."""
    before = signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
