"""Watch the mail folders and import files as they arrive."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import Error, close_old_connections
from watchfiles import Change, watch

from offers.models import MailFolder, SourceFile

logger = logging.getLogger(__name__)

# Watchers miss events: on network shares, when their queue overflows, when a share comes back.
RESCAN_SECONDS = 300.0
_NETWORK = frozenset(
    {"cifs", "smb2", "smb3", "smbfs", "nfs", "nfs4", "9p", "drvfs", "afs", "fuse.sshfs", "vboxsf"}
)


def watch_folders(
    folder: str | None,
    run: Callable[[], object],
    *,
    stop: threading.Event | None = None,
    rescan_seconds: float = RESCAN_SECONDS,
) -> None:
    """Call `run` at once, on each new or changed mail file, and every `rescan_seconds`.

    Ends at `stop` or Ctrl-C. An error of the database or of a folder is logged and tried again.
    """
    stop = stop or threading.Event()
    with suppress(KeyboardInterrupt):
        while not stop.is_set():
            until = time.monotonic() + rescan_seconds
            has_waiting = _run_safely(run)
            # Loaded again at each rescan, so that added and changed folders are noticed.
            paths = [path for path in _find_paths(folder) if Path(path).is_dir()]
            if paths:
                _watch_until(paths, until, run, stop=stop, has_waiting=has_waiting)
            else:
                stop.wait(min(rescan_seconds, 60))


def is_on_network(path: str, mounts: Iterable[str] | None = None) -> bool:
    """Return whether a folder is on a network share, where the system reports no changes.

    `mounts` are the lines of /proc/mounts.
    """
    # A UNC path. On Windows it is the only sign, because there is no /proc/mounts.
    if path.startswith(("\\\\", "//")):
        return True
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(errors="replace").splitlines()
        except OSError:
            return False
    # The longest mount point above the folder is the one that it lies on.
    real, best, kind = os.path.realpath(path), "", ""
    for line in mounts:
        _device, point, filesystem, *_rest = line.split(" ")
        point = point.replace("\\040", " ")
        if len(point) >= len(best) and (real == point or real.startswith(point.rstrip("/") + "/")):
            best, kind = point, filesystem
    return kind in _NETWORK


def _watch_until(
    paths: list[str],
    until: float,
    run: Callable[[], object],
    *,
    stop: threading.Event,
    has_waiting: bool,
) -> None:
    # Waiting files are checked again after the time that a file needs to settle.
    tick = max(0.2, min(5.0, settings.OFFERS_SETTLE_SECONDS))
    changes = watch(
        *paths,
        watch_filter=_is_mail,
        stop_event=stop,
        recursive=False,
        rust_timeout=int(tick * 1000),
        yield_on_timeout=True,
        force_polling=True if any(is_on_network(path) for path in paths) else None,
    )
    try:
        is_new = True
        for found in changes:
            # The watcher does not report files that came between the last run and its start.
            if found or has_waiting or is_new:
                has_waiting, is_new = _run_safely(run), False
            if time.monotonic() >= until:
                return
    except (OSError, RuntimeError) as error:  # a watched folder was unmounted
        logger.warning("watching stopped and starts again: %s", error)
        stop.wait(tick)


def _is_mail(_change: Change, path: str) -> bool:
    return path[-4:].lower() == ".eml"


def _run_safely(run: Callable[[], object]) -> bool:
    """Call `run`; return whether files must be checked again soon."""
    try:
        # The database may have closed a connection that was idle for long.
        close_old_connections()
        run()
        return SourceFile.objects.filter(state=SourceFile.State.WAITING).exists()
    except Error:
        logger.exception("the database is away; the files wait")
        return True


def _find_paths(folder: str | None) -> list[str]:
    if folder is not None:
        return [folder]
    try:
        return list(MailFolder.objects.filter(is_active=True).values_list("path", flat=True))
    except Error:
        return []
