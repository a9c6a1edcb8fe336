"""Runs under the public profile: store the answers of stdin, one JSON object a line, through the
service's own code.

`python -m tests.feedback.give_answers THREADS`. Each object has a `digest` and the fields of a
submission.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from crm import profile


def main() -> None:
    profile.load()
    import django

    django.setup()
    answers = [json.loads(line) for line in sys.stdin]
    with ThreadPoolExecutor(int(sys.argv[1])) as pool:
        list(pool.map(store, answers))


def store(answer: dict[str, Any]) -> None:
    from django.utils import timezone

    from feedback.public.services import Submission, SubmissionOutcome, opt_out, store_answer

    digest = answer.pop("digest")
    if answer["kind"] == "opted_out":
        opt_out(digest, now=timezone.now())
        return
    if answer.get("ask_again_on"):
        answer["ask_again_on"] = date.fromisoformat(answer["ask_again_on"])
    outcome = store_answer(digest, Submission(**answer), now=timezone.now())
    assert outcome is SubmissionOutcome.STORED, outcome


if __name__ == "__main__":
    main()
