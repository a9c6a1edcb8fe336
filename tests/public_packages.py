"""The public service with nothing but what requirements/public.txt installs, in an environment that
has more.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import packages_distributions

from tests.commands import ROOT

GUNICORN = ROOT / "deploy" / "public" / "gunicorn.conf.py"


@cache
def only_public_packages() -> dict[str, str]:
    """Return the environment variables that hide all other packages from a Python that is started
    with them.
    """
    pinned = re.findall(
        r"(?m)^([\w.-]+)(?:\[[\w,]+\])?==", (ROOT / "requirements" / "public.txt").read_text()
    )
    public = {canonical(name) for name in pinned} | {"pip", "setuptools"}
    hidden = [
        module
        for module, distributions in packages_distributions().items()
        if module.isidentifier() and public.isdisjoint(map(canonical, distributions))
    ]
    return {
        "PYTHONPATH": str(ROOT / "tests" / "feedback_public" / "vps"),
        "HIDDEN_MODULES": " ".join(hidden),
    }


def canonical(name: str) -> str:
    """Return the name of a distribution in the form that all its spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()
