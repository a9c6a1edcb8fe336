"""Known weaknesses of the pinned packages, by pip-audit: `python -m tests.audit office public`.

A finding is an error. An index that cannot be asked, or a mirror that knows of no weaknesses, is
none, but is said plainly, so that nobody takes silence for a clean result.
"""

from __future__ import annotations

import json
import subprocess
import sys


def main(names: list[str]) -> int:
    worst = 0
    for name in names:
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--requirement",
            f"requirements/{name}.txt",
            "--disable-pip",
        ]
        done = subprocess.run(
            [*command, "--require-hashes", "--format=json", "--progress-spinner=off"],
            capture_output=True,
            text=True,
            check=False,
        )
        worst = max(worst, judge(name, done.stdout, done.stderr))
    return worst


def judge(name: str, output: str, errors: str) -> int:
    """Say what pip-audit found in one list of packages; return 0 when it is clean."""
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError):
        last = (errors.strip().splitlines() or ["it gave no reason"])[-1]
        print(
            f"requirements/{name}.txt was NOT checked, because the package index cannot be asked: {last}"
        )
        return 0
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    weak = [package for package in packages if package.get("vulns")]
    for package in weak:
        for weakness in package["vulns"]:
            fixed = ", ".join(weakness["fix_versions"]) or "no version yet"
            print(
                f"{package['name']} {package['version']} has {weakness['id']}; mended in {fixed}."
            )
    if len(skipped) == len(packages):
        print(
            f"requirements/{name}.txt was NOT checked, because this package index knows of no weaknesses."
        )
    elif skipped:
        print(
            f"requirements/{name}.txt was checked only in part: the index does not know {', '.join(skipped)}."
        )
    elif not weak:
        print(f"requirements/{name}.txt: none of {len(packages)} packages has a known weakness.")
    return 1 if weak else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
