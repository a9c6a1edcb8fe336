"""A guard against reading that never ends; not a measurement."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

SECONDS = 20


def _give_up(signum: int, frame: FrameType | None) -> None:
    raise AssertionError(f"still busy after {SECONDS} s of computing")


@pytest.fixture
def hang_guard() -> Iterator[None]:
    """Fail a test whose work has not ended long after it should have. `re` looks for signals while
    it searches.
    """
    before = signal.signal(signal.SIGPROF, _give_up)
    wind_up()
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


def wind_up() -> None:
    """Let the guard count from here: the time of this process only, so that a busy machine proves
    nothing.
    """
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
