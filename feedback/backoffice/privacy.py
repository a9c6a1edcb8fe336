"""Export and erase what links and answers store about a person."""

from __future__ import annotations

from typing import Any

from feedback.backoffice.links import revoke_link
from feedback.backoffice.models import Answer, Invitation, RejectedAnswer
from offers.models import Customer
from offers.privacy import as_dicts


def export(customer: Customer) -> dict[str, Any]:
    """Return the answers and the links, without the tokens, with which anybody could answer."""
    links = as_dicts(Invitation.objects.filter(offer__customer=customer))
    for link in links:
        for name in ("token", "digest", "card_hash", "version"):
            link.pop(name, None)
    return {"answers": as_dicts(Answer.objects.filter(offer__customer=customer)), "links": links}


def erase(customer: Customer) -> None:
    """Empty the comments and revoke the links; kind and reason stay for the figures."""
    links = Invitation.objects.filter(offer__customer=customer)
    for link in links.filter(state=Invitation.State.ACTIVE):
        revoke_link(link)
    digests = list(links.values_list("digest", flat=True))
    RejectedAnswer.objects.filter(content__digest__in=digests).delete()
    Answer.objects.filter(offer__customer=customer).update(
        comment="", note="", sealed_comment="", phone=""
    )
