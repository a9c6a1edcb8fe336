"""Recognise addresses that no person reads: no-reply, robots, mailboxes of tools. Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of
from offers.parsing.mail import Address

# As a word of its own in the part before the @: `no-reply`, `portal-noreply2`, `noreply+4711`.
_WORD = re.compile(
    r"(?:^|[-_.+])"
    + any_of(r"""
        no[-_.]?(?:reply|response|answer|responder)|noresponder|dont[-_.]?reply
        do[-_.]?not[-_.]?(?:reply|respond)|nur[-_.]?versand
        nicht[-_.]?antworten|keine[-_.]?antwort(?:en)?
        ne[-_.]?pas[-_.]?(?:repondre|repondez)|non[-_.]?rispondere
        mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|bounces?|mailrobot|robot|bot|autoresponder
        notifications?|benachrichtigung(?:en)?|automailer|automat|workflow|messaging
        emailtosalesforce|dropbox|maildrop|mailin|bcc|crm|undisclosed[-_.]?recipients?
    """)
    + r"\d{0,6}(?:$|[-_.+])"
)
# The names of hosts by which tools take in mails: `4711@bcc.tool.example`.
_HOST = re.compile(
    r"(?:^|\.)(?:bcc|dropbox|maildrop|mail-?in|inbound|parse|crm|box)\d{0,3}\.[^.]+\.[^.]+"
)
_TOOL = re.compile(
    r"(?:^|[.-])"
    + any_of(r"""
        hubspot|pipedrive|pipedrivemail|salesforce|zohocrm|capsulecrm|centralstationcrm|insightly
        nutshell|teamleader|weclapp|activecampaign|prosperworks|trello|zapier|mailparser|ansmtp
        crm-(?:ablage|dropbox|archiv|import)
    """)
    + r"[.-]"
)


def is_robot(address: Address) -> bool:
    """Return whether no person reads the mails to this address."""
    local_part = address.email.rpartition("@")[0]
    domain = address.domain
    return bool(_WORD.search(local_part) or _HOST.search(domain) or _TOOL.search(domain))
