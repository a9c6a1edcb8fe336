"""Store the result of the last health check in a file, because the database may have failed."""

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


def load_problems() -> tuple[datetime | None, list[Problem]]:
    """Return when the health was last checked, None when it never was, and the problems found."""
    try:
        content = json.loads(Path(settings.HEALTH_FILE).read_text(encoding="utf-8"))
        problems = [_read_problem(row) for row in content["problems"]]
        return datetime.fromisoformat(content["looked_at"]), problems
    except (OSError, ValueError, KeyError, TypeError):
        return None, []


def _read_problem(row: dict[str, str]) -> Problem:
    told_at = None
    if row["told_at"]:
        told_at = datetime.fromisoformat(row["told_at"])
    return Problem(row["name"], row["detail"], datetime.fromisoformat(row["since"]), told_at)


def save_problems(now: datetime, problems: list[Problem]) -> None:
    """Store the result of a health check. A failure is logged; the next check then mails again."""
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
