"""What the machine lacks for the whole suite, gathered over its runs: said in one line, an error in
CI.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def note(what: str) -> None:
    """Remember that something was not tested for want of `what`, when `make test` gathers that
    (LACKS).
    """
    if path := os.environ.get("LACKS"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(what + "\n")


def main(path: Path) -> int:
    if not path.exists():
        print("All checks passed.")
        return 0
    missing = ", ".join(sorted(set(path.read_text(encoding="utf-8").splitlines())))
    print(f"All checks passed that this machine can run. It lacks: {missing}.")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
