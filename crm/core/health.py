"""What a health check is and what it finds. `crm.operations` lists and runs those of all apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Finding:
    """What a check found: `detail` is a sentence without personal data, with what to do."""

    name: str
    detail: str
    is_ok: bool = True


Check = Callable[[datetime], Iterable[Finding]]
