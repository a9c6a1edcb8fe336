from __future__ import annotations

import json
from typing import Any

import pytest

from tests.audit import judge

WEAK = {"id": "PYSEC-1", "fix_versions": ["2.0"]}


def package(**fields: Any) -> dict[str, Any]:
    return {"name": "django", "version": "1.0", "vulns": [], **fields}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([package()], 0, "none of 1 packages has a known weakness"),
        ([package(vulns=[WEAK])], 1, "django 1.0 has PYSEC-1; mended in 2.0."),
        (
            [package(), package(name="x", skip_reason="unknown")],
            0,
            "only in part: the index does not know x.",
        ),
        ([package(skip_reason="unknown")], 0, "NOT checked"),
    ],
    ids=["clean", "weak", "in part", "not at all"],
)
def test_only_a_finding_fails_and_nothing_is_hushed_up(packages, code, words, capsys):
    assert judge("office", json.dumps({"dependencies": packages}), "") == code
    assert words in capsys.readouterr().out


def test_an_index_that_cannot_be_asked_is_said(capsys):
    assert judge("office", "", "connection refused") == 0
    assert (
        "NOT checked, because the package index cannot be asked: connection refused"
        in capsys.readouterr().out
    )
