"""Read what the own mail server found out about the sender of a mail (RFC 8601). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from offers.parsing.mail import Mail

_QUOTED = re.compile(r'"[^"]*"|\([^()]*\)')
_DMARC = re.compile(r"\s*dmarc\s*(?:/\s*\d+\s*)?=\s*([a-z]+)", re.IGNORECASE)


def is_forged(mail: Mail, *, servers: Collection[str], own_domains: Collection[str]) -> bool:
    """Return whether the own mail server noted `dmarc=fail`.

    `servers` are the names with which our mail servers sign (authserv-id), in lower case. Without
    them every host under the own domains counts. Each server puts its line on top, so the first
    line that speaks of DMARC counts; lines of other servers can be written by anybody.
    """
    for name, value in mail.headers:
        if name != "authentication-results":
            continue
        # What stands in comments and quotation marks is the sender's.
        server, _, results = _QUOTED.sub("", value).partition(";")
        if not _is_ours(server, servers, own_domains):
            continue
        for result in results.split(";"):
            if found := _DMARC.match(result):
                return found[1].lower() == "fail"
    return False


def _is_ours(server: str, servers: Collection[str], own_domains: Collection[str]) -> bool:
    words = server.lower().split()
    if not words:
        return False
    if servers:
        return words[0] in servers
    return any(words[0] == own or words[0].endswith(f".{own}") for own in own_domains)
