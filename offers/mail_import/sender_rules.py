"""Apply the rules that people made about senders (SenderRule), before a question is asked.

No database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from offers.mail_import.decide import MessageDecision
from offers.mail_import.message import MailMessage
from offers.models import SenderRule, SourceFile
from offers.ours import Ours
from offers.parsing.prefixes import split_prefixes

State, Reason, Kind = SourceFile.State, SourceFile.Reason, SenderRule.Kind

# Which kind of rule answers which question.
_ANSWERS = {
    Reason.FOREIGN_NUMBER: Kind.NOT_OURS,
    Reason.FOREIGN_OFFER: Kind.NOT_OURS,
    Reason.LATER_MAIL: Kind.NOT_OURS,
    Reason.OTHER_DOCUMENT: Kind.NOT_OURS,
    Reason.NO_PERSON: Kind.NO_PERSON,
    Reason.MAYBE_AUTOMATIC: Kind.AUTOMATIC,
    Reason.UNKNOWN_SENDER: Kind.AUTOMATIC,
}


def fold_wording(subject: str) -> str:
    """Return the words of a subject in lower case, without prefixes and words with digits."""
    words = []
    for word in split_prefixes(subject[:500]).rest.casefold().split():
        if not any(map(str.isdigit, word)):
            words.append(word.strip("[](){}#:;,.!?-"))
    return " ".join(filter(None, words))[:200]


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
        self, decision: MessageDecision, message: MailMessage, ours: Ours
    ) -> MessageDecision:
        """Return the decision, or what a rule says in place of a question."""
        kind = _ANSWERS.get(decision.reason)
        if decision.state != State.REVIEW or kind is None:
            return decision
        if kind == Kind.NOT_OURS and decision.offer is not None:
            return decision
        emails = [message.sender_email]
        if kind != Kind.AUTOMATIC:
            external = ours.find_external(message.mail.recipients)
            emails = [recipient.email for recipient in external]
        subject = message.mail.subject
        if not emails or not all(self.applies(kind, email, subject) for email in emails):
            return decision
        state = State.AUTOMATIC if kind == Kind.AUTOMATIC else State.NOT_AN_OFFER
        return MessageDecision(state, Reason.BY_RULE, str(kind.label), decision.offer)
