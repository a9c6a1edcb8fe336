from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from feedback.public import services
from feedback.public.models import RegisteredLink, SubmittedAnswer
from feedback.public.services import Submission, SubmissionOutcome
from tests import disk
from tests.feedback_public import make

pytestmark = pytest.mark.django_db


def answered(*, days_ago: float = 0, acknowledged: bool = True, **invitation) -> SubmittedAnswer:
    _, row = make.make_invitation(**invitation)
    then = timezone.now() - timedelta(days=days_ago)
    services.store_answer(
        row.digest, Submission("interested"), now=min(then, row.expires_at - timedelta(1))
    )
    answer = row.answers.get()
    if acknowledged:
        services.acknowledge([answer.uid], now=then)
    return answer


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["answer", "opt out", "register"])
def test_what_a_customer_or_the_office_was_promised_survives_a_loss_of_power(act):
    token, invitation = make.make_invitation()
    with disk.watch("INSERT INTO") as waited:
        if act == "answer":
            services.store_answer(invitation.digest, Submission("interested"), now=timezone.now())
        elif act == "opt out":
            services.opt_out(invitation.digest, now=timezone.now())
        else:
            services.register_links([make.invitation_item(token)])
    assert waited
    assert all(waited)


def test_a_link_that_expires_between_looking_and_answering_takes_no_answer():
    _, invitation = make.make_invitation()
    result = services.store_answer(
        invitation.digest, Submission("interested"), now=invitation.expires_at
    )
    assert result is SubmissionOutcome.GONE
    assert not SubmittedAnswer.objects.exists()


@pytest.mark.parametrize("kind", ["interested", "declined", "undecided"])
def test_a_link_that_is_revoked_between_looking_and_answering_takes_no_answer(kind):
    _, invitation = make.make_invitation()
    RegisteredLink.objects.update(state="revoked")
    assert (
        services.store_answer(invitation.digest, Submission(kind), now=timezone.now())
        is SubmissionOutcome.GONE
    )


def test_undecided_after_a_decision_is_a_conflict():
    answer = answered()
    outcome = services.store_answer(answer.digest, Submission("undecided"), now=timezone.now())
    assert outcome is SubmissionOutcome.CONFLICT


def test_prune_deletes_what_the_office_has_kept_long_enough():
    old, new, waiting = (
        answered(days_ago=15),
        answered(days_ago=13),
        answered(days_ago=40, acknowledged=False),
    )
    assert services.prune(now=timezone.now(), dry_run=True) == "Would delete 1 answers and 0 links."
    assert services.prune(now=timezone.now()) == "Deleted 1 answers and 0 links."
    assert set(SubmittedAnswer.objects.all()) == {new, waiting}
    assert old.link in RegisteredLink.objects.all()


def test_prune_deletes_links_a_while_after_they_expired():
    now = timezone.now()
    make.make_invitation(expires_at=now - timedelta(days=15))
    make.make_invitation(expires_at=now - timedelta(days=13))
    kept = answered(days_ago=30, acknowledged=False, expires_at=now - timedelta(days=15))
    assert services.prune(now=now, dry_run=True) == "Would delete 0 answers and 1 links."
    assert services.prune(now=now) == "Deleted 0 answers and 1 links."
    assert RegisteredLink.objects.count() == 2
    assert kept.link in RegisteredLink.objects.all()


def test_pruning_twice_changes_nothing_more():
    answered(days_ago=20)
    services.prune(now=timezone.now())
    assert services.prune(now=timezone.now()) == "Deleted 0 answers and 0 links."
