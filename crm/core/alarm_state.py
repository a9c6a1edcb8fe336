"""What the last look at the health found: a small file, which outlives a database that is away."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """A failed check. `told_at` is None until a mail about it was accepted; times are aware."""

    name: str
    detail: str
    since: datetime
    told_at: datetime | None = None


def recall() -> tuple[datetime | None, list[Problem]]:
    """Return when the last look was, None when there was none, and the problems that it left."""
    try:
        content = json.loads(Path(settings.HEALTH_FILE).read_text(encoding="utf-8"))
        problems = [
            Problem(p["name"], p["detail"], _time(p["since"]), p["told_at"] and _time(p["told_at"]))
            for p in content["problems"]
        ]
        return _time(content["looked_at"]), problems
    except (OSError, ValueError, KeyError, TypeError):
        return None, []


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def remember(now: datetime, problems: list[Problem]) -> None:
    """Keep what a look found. A disk that takes nothing is logged: the next look then tells
    again.
    """
    content = {"looked_at": now, "problems": [asdict(problem) for problem in problems]}
    text = json.dumps(content, default=datetime.isoformat)
    path = Path(settings.HEALTH_FILE)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        logger.warning("The state of the alarms could not be written: %s", error)
