"""The types of health checks and findings. `crm.operations` lists and runs those of all apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Finding:
    """A check's result: `detail` is a sentence that says what to do, without personal data."""

    name: str
    detail: str
    is_ok: bool = True


Check = Callable[[datetime], Iterable[Finding]]
