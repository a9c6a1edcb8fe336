"""Apply the rules that people made about senders (SenderRule), before a question is asked.

No database.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from offers.mail_import.decide import MessageDecision, find_external
from offers.mail_import.message import MailMessage
from offers.models import SenderRule, SourceFile
from offers.parsing.prefixes import split_prefixes

State, Reason, Kind = SourceFile.State, SourceFile.Reason, SenderRule.Kind

# Which kind of rule answers which question.
_ANSWERS = {
    Reason.FOREIGN_NUMBER: Kind.NOT_OURS,
    Reason.FOREIGN_OFFER: Kind.NOT_OURS,
    Reason.NO_PERSON: Kind.NO_PERSON,
    Reason.MAYBE_AUTOMATIC: Kind.AUTOMATIC,
    Reason.SAME_COMPANY: Kind.AUTOMATIC,
    Reason.SEVERAL_OPEN_OFFERS: Kind.AUTOMATIC,
    Reason.UNKNOWN_SENDER: Kind.AUTOMATIC,
}

_NUMBERS = re.compile(r"[^\W\d_]*\d[\w./#-]*|[\[\](){}#:;,]+")


def fold_wording(subject: str) -> str:
    """Return a subject without reply prefixes, numbers and brackets, in lower case."""
    words = _NUMBERS.sub(" ", split_prefixes(subject[:500]).rest.casefold())
    return " ".join(words.split())[:200]


class SenderRules:
    """The rules by kind and address, to be asked about many mails."""

    def __init__(self, rules: Iterable[SenderRule] = ()) -> None:
        self._wordings: dict[tuple[str, str], set[str]] = defaultdict(set)
        for rule in rules:
            self._wordings[rule.kind, rule.address].add(rule.wording)

    def applies(self, kind: SenderRule.Kind, email: str, subject: str = "") -> bool:
        """Return whether a rule of this kind is about the address or its domain."""
        for address in (email, email.rpartition("@")[2]):
            wordings = self._wordings.get((kind, address))
            if wordings and ("" in wordings or fold_wording(subject) in wordings):
                return True
        return False

    def settle(
        self, decision: MessageDecision, message: MailMessage, own_domains: Collection[str]
    ) -> MessageDecision:
        """Return the decision, or what a rule says in place of a question."""
        kind = _ANSWERS.get(decision.reason)
        if decision.state != State.REVIEW or kind is None:
            return decision
        emails = [message.sender_email]
        if kind != Kind.AUTOMATIC:
            external = find_external(message.mail.recipients, own_domains)
            emails = [recipient.email for recipient in external]
        subject = message.mail.subject
        if not emails or not all(self.applies(kind, email, subject) for email in emails):
            return decision
        state = State.AUTOMATIC if kind == Kind.AUTOMATIC else State.NOT_AN_OFFER
        return MessageDecision(state, Reason.BY_RULE, str(kind.label), decision.offer)
