"""Python's search for cycles, put off where many rows are read that leave none behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_later() -> Iterator[None]:
    """Let no search for cycles interrupt what is within: twenty thousand rows set one off through
    the whole program.

    For work of a second at most, in a process that may have other threads: whoever came first lets
    it begin again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
