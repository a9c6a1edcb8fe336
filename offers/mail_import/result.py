"""The result of an import, for the people who started it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from offers.models import SourceFile


@dataclass
class ImportResult:
    """The result of an import: the number of files by state, and the problems for a person."""

    states: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def stored(self) -> int:
        """The number of files that were decided or changed their reason to wait."""
        return sum(self.states.values())

    def describe_states(self) -> str:
        """Return the number of files in each state, as words for the reader."""
        counts = []
        for state, count in sorted(self.states.items()):
            counts.append(f"{count} {SourceFile.State(state).label}")
        return ", ".join(counts)
