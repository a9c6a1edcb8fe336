"""Reads many mail files ahead in a process of its own, while the caller stores those before
them.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import threading
from collections.abc import Callable, Generator, Sequence
from itertools import islice
from typing import BinaryIO

from offers.mail_import.folder import Sighting
from offers.mail_import.message import Letter

logger = logging.getLogger(__name__)

# For fewer files the few milliseconds of starting a process are not worth it.
PAYS_FROM = 300
_CHUNK = 25
_AHEAD_BYTES = (
    1024 * 1024
)  # what an unprivileged process may let a pipe hold on Linux: about 1,500 letters

Read = Callable[[Sighting], Letter]


def read_ahead(read: Read, sightings: Sequence[Sighting]) -> Generator[Letter, None, None]:
    """Yield what `read` says of each file, in their order; of many files it is called in a forked
    process.

    `read` must not use the database. A reading process that dies costs nothing but speed: what is
    left is read here. Where the system cannot fork (Windows) or has one processor, everything is;
    and where other threads run, whose locks a forked process might wait for in vain.
    """
    done = 0
    if _may_fork() and len(sightings) >= PAYS_FROM:
        for letter in _read_in_child(read, sightings):
            yield letter
            done += 1
        if done < len(sightings):
            logger.warning(
                "the process that reads mails ahead has died; reading goes on without it"
            )
    for sighting in islice(sightings, done, None):
        yield read(sighting)


def _may_fork() -> bool:
    return hasattr(os, "fork") and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


def _read_in_child(read: Read, sightings: Sequence[Sighting]) -> Generator[Letter, None, None]:
    """Yield the letters that a child sends, until all are there or the child is gone."""
    ours, theirs = os.pipe()
    _widen(theirs)
    child = os.fork()
    if child == 0:
        os.close(ours)
        _send_and_exit(read, sightings, theirs)
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as stream, contextlib.suppress(EOFError, pickle.UnpicklingError):
            for _start in range(0, len(sightings), _CHUNK):
                yield from pickle.load(stream)  # noqa: S301 - from our own child
    finally:
        os.waitpid(child, 0)  # it ends at the closed pipe, if it has not ended yet


def _send_and_exit(read: Read, sightings: Sequence[Sighting], pipe: int) -> None:
    """Send all letters through the pipe and end the child, without the parent's clean-up at its
    exit.
    """
    gc.disable()  # reading leaves no cycles behind; looking for some takes a tenth of the time
    try:
        with os.fdopen(pipe, "wb") as stream:
            for start in range(0, len(sightings), _CHUNK):
                _send([read(each) for each in sightings[start : start + _CHUNK]], stream)
    except BrokenPipeError:
        pass  # the parent is gone, or wants no more
    finally:
        os._exit(0)


def _send(letters: Sequence[Letter], stream: BinaryIO) -> None:
    # Whoever decides about a letter needs no header field that is not named in its mail.
    for letter in letters:
        letter.mail = letter.mail._replace(headers=())
    pickle.dump(letters, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _widen(pipe: int) -> None:
    """Let a pipe hold more where the system can, so that the child does not wait while the parent
    stores.
    """
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 - not on Windows

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _AHEAD_BYTES)
