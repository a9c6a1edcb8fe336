"""What a health check is and what it finds. The checks of an app stand in its own `health.py`;
`crm.operations` lists them and looks at what they find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Finding:
    """What a check found: `detail` is a sentence without personal data. When the check failed it
    says what to do.
    """

    name: str
    detail: str
    is_ok: bool = True


Check = Callable[[datetime], Iterable[Finding]]
