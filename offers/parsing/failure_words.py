"""Judge the words of mail servers: do they tell a failure, and what is it about? Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of

_JUDGED_TEXT = 4_000
_AFTER_CODE = 400
# The subjects of reports, in the languages of mail servers.
_SUBJECT = re.compile(
    any_of(r"""
        undeliver|unzustellbar|nicht zustellbar|zustellung fehlgeschlagen
        nicht (?:zugestellt|übermittelt|ausgeliefert)
        fehler bei der (?:zustellung|übermittlung)|zustellungsverz|zustell(?:ungs)?fehler
        (?:e-?)?mail konnte nicht|(?:ihre )?(?:nachricht|e-?mail|mail) .{0,60}nicht zugestellt
        (?:mail )?delivery (?:has )?(?:failed|failure|status notification)
        (?:mail )?delivery (?:has )?(?:error|problem|delayed|report)
        delivery .{0,30}(?:failure|failed)|returned (?:e-?mail|to sender)|failure notice|failed mail
        (?:e-?)?mail (?:failed|not delivered|error|returned)|non-?delivery|failure delivery
        email delivery failure|mail system error|mail delivery
        message (?:status )?(?:could not be )?(?:undeliverable|delivered)
        message (?:not|delayed|rejected|blocked)|your (?:message|mail) .{0,60}(?:could|can)not be
        mail could not be delivered|warning: (?:could not send|message .{0,30} delayed)
        non (?:remis|distribu)|échec (?:de la remise|de remise|d.envoi)|remise impossible
        mancato recapito|mancata consegna|impossibile recapitare|non recapitabile|non consegnat
        no (?:se ha podido )?entrega|error de entrega|onbestelbaar|niet bezorgd|niedostarczon
    """),
    re.IGNORECASE,
)
# An enhanced code such as `5.1.1` (RFC 3463), and a reply code such as `550` before words.
_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[ -])(?![ -]\d{3,})")
_DELAYED = re.compile(
    any_of("""
        delay|will be retried|will (?:keep trying|continue to)|keep trying
        still being|(?:not yet|yet to) been delivered|warning only|not been delivered yet
        could not send message for past
        verzöger|noch nicht (?:zugestellt|übermittelt)|weitere (?:zustell)?versuche|weiter versucht
        erneut versucht|pas encore été|nouvelle tentative|retard|non ancora|ulteriori tentativi
    """),
    re.IGNORECASE,
)
_ABOUT_ADDRESS = re.compile(
    any_of(r"""
        user unknown|unknown (?:local )?(?:user|recipient|address|account|mailbox|local.part)
        addressee unknown|no such (?:user|mailbox|address|recipient|account|person|domain|host)
        (?:does|do|did) not (?:have|exist)|doesn.t (?:have|exist)|not exist|no mailbox
        (?:is )?not (?:a )?(?:known|valid|listed in|recognized)|(?:not|n.t) (?:be )?found
        unable to find user|badrcptto|no longer (?:valid|on server|in use|work|avail|employed)
        (?:invalid|bad|unrouteable|illegal|incorrect|unresolvable) (?:recipient|address|mailbox)
        (?:invalid|bad) (?:user|destination)|address rejected|recipient rejected
        (?:mailbox|account|user|address|recipient).{0,40}(?:full|disabled|inactive|suspended)
        (?:mailbox|account|user|recipient).{0,40}(?:discontinued|expired|locked|closed|frozen)
        mailbox (?:is )?(?:unavailable|not available|unknown)|account (?:is )?unavailable
        quota|(?:enough|insufficient) .{0,20}(?:space|storage)|mailbox exceeds|overdrawn
        (?:host|domain|name or service|server) (?:unknown|not (?:found|known))|unrouteable
        connection (?:refused|timed out)|timed out|unreachable|retry time|expired|no route
        unbekannt|existiert nicht|nicht (?:gefunden|vorhanden|bekannt|erreichbar|mehr gültig)
        (?:postfach|mailbox|konto|speicher).{0,30}(?:voll|gesperrt|gelöscht|deaktiviert|geschlossen)
        ungültige\w* (?:adresse|empfänger)|speicherplatz
        inconnue?|n.existe pas|introuvable|bo[iî]te .{0,20}pleine|adresse .{0,20}non valide
        sconosciut|inesistente|non esiste|non trovat|casella .{0,20}piena
    """),
    re.IGNORECASE,
)
_ABOUT_MAIL = re.compile(
    any_of(r"""
        spam|unsolicited|\bjunk|bulk e?-?mail|\bube\b|virus|malware|malicious|phishing|infected
        (?:message|mail|attachment|size)s? .{0,30}(?:too (?:large|big|long)|exceed)|too (?:large|big)
        exceed\w* .{0,40}(?:size|limit)|size limit|oversized?|max(?:imum)? .{0,20}size|size exceed
        policy|policies|dmarc|\bspf\b|dkim|black ?list|block ?list|\w*\brbl|uribl|dnsbl|reputation
        content|attachment|filter|banned|blocked|quarantine|local scanning
        relay(?:ing)? (?:access )?(?:denied|not |prohibited)|(?:to|not|cannot|.t) relay
        authentication|not (?:authori[sz]ed|permitted|allowed|accepted)|unauthori[sz]ed
        sender (?:address )?(?:rejected|denied|refused|verify|not|unknown|domain)
        recipient preferences|frequency|rate limit|too many|throttl
        zu gro(?:ß|ss)|größe|grösse|überschreitet|richtlinie|anhang|anhänge|blockiert|viren
        trop (?:volumineu|gros)|taille (?:maximale|limite)|indésirable|pièces? jointe|stratégie
        troppo grand|dimension|allegat|criteri
    """),
    re.IGNORECASE,
)
# RFC 3463: too large, content, security and policy, and the sender's own address.
_MAIL_STATUS = re.compile(r"5\.(?:[67]\.\d+|2\.3|3\.4|1\.[78]|5\.3)\Z")
_PERMANENT = re.compile(
    any_of("""
        permanent (?:fatal )?error|fatal error|permanent failure|given up|giving up
        (?:could|can) ?not be delivered|did not reach|unable to deliver|wasn.t able to deliver
        delivery .{0,40}failed|not delivered|nicht zugestellt werden|nicht erreicht
    """),
    re.IGNORECASE,
)
# A filter that lets a mail pass once its sender has answered.
_CHALLENGE = re.compile(
    any_of("""
        guest list|pre-?approved|(?:confirm|verify) (?:that )?you(?:r e-?mail| are|.re)
        spamarrest|challenge
    """),
    re.IGNORECASE,
)
# What content filters write, some of them from the address of the person whom they guard.
_REFUSAL = re.compile(
    any_of(r"""
        \b(?:ihre|die|diese|folgende) (?:e-?mail|mail|nachricht)\b.{0,120}(?:abgewiesen|abgelehnt)
        \b(?:ihre|die|diese|folgende) (?:e-?mail|mail|nachricht)\b.{0,120}(?:zurückgewiesen|blockiert)
        \b(?:ihre|die|diese|folgende) (?:e-?mail|mail|nachricht)\b.{0,120}(?:verweigert|quarantäne)
        \b(?:ihre|die|diese|folgende) (?:e-?mail|mail|nachricht)\b.{0,120}nicht (?:zugest|angenom)
        \b(?:your|the|this) (?:e-?mail|mail|message)\b.{0,120}(?:rejected|refused|blocked)
        \b(?:your|the|this) (?:e-?mail|mail|message)\b.{0,120}(?:quarantin|not (?:been )?deliver)
        \b(?:votre|le|ce) (?:e-?mail|mail|message|courriel)\b.{0,120}(?:rejeté|refusé|bloqué)
        \b(?:suo|vostro|tuo|il|questo) (?:e-?mail|messaggio)\b.{0,120}(?:respint|rifiutat|bloccat)
    """),
    re.IGNORECASE,
)
_FILTER = re.compile(
    any_of(r"""
        filter|filtr|spam|virus|viren|malware|gateway|firewall|mail-?server|security|sicherheit
        richtlinie|policy|politique|automati|dateityp|file type
    """),
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:ich|mir|mich|meine?[mnrs]?|i|i.m|me|my|je|j.ai|moi|mon|mes|io|mio|mia)\b", re.IGNORECASE
)


def begins_as_report(subject: str) -> bool:
    """Return whether a subject begins as those of delivery reports do."""
    return _SUBJECT.match(subject) is not None


def names_failure(subject: str) -> bool:
    """Return whether a subject has such words anywhere."""
    return _SUBJECT.search(subject) is not None


def says_failure(text: str) -> bool:
    """Return whether the text of a mail server tells a failure for good."""
    return any(pattern.search(text) for pattern in (_PERMANENT, _ABOUT_ADDRESS))


def says_delay(text: str) -> bool:
    """Return whether the server goes on trying."""
    return _DELAYED.search(text) is not None


def asks_confirmation(text: str) -> bool:
    """Return whether a filter asks the sender to confirm the mail."""
    return _CHALLENGE.search(text) is not None


def says_refusal(text: str) -> bool:
    """Return whether a content filter, and no person, writes that it refused a mail."""
    words = " ".join(text[:_JUDGED_TEXT].split())
    is_refusal = _REFUSAL.search(words) is not None and _FILTER.search(words) is not None
    return is_refusal and _PERSON.search(words) is None


def find_status(text: str) -> str:
    """Return the first enhanced code; from a reply code only its class, such as `5.0.0`."""
    if found := _STATUS.search(text):
        return found[1]
    if found := _REPLY_CODE.search(text):
        return f"{found[1][0]}.0.0"
    return ""


def is_about_mail(status: str, text: str) -> bool:
    """Return whether a server refused this mail (size, content, policy), not the address."""
    words = _leave_out_names(text[:_JUDGED_TEXT])
    code = _STATUS.search(words) or _REPLY_CODE.search(words)
    passages = [words]
    if code:
        # The words behind the code are the server's reason; a text may also have a footer.
        passages.insert(0, words[code.start() : code.start() + _AFTER_CODE])
    for passage in passages:
        if _ABOUT_ADDRESS.search(passage):
            return False
        if _ABOUT_MAIL.search(passage):
            return True
    return _MAIL_STATUS.match(status) is not None


def _leave_out_names(text: str) -> str:
    """Return the words without addresses, links and hosts: `mx.spamfilter.example` says nothing."""
    words: list[str] = []
    for word in text.split():
        is_host = word.count(".") >= 2 and not _STATUS.search(word)
        if not ("@" in word or "://" in word or is_host):
            words.append(word)
    return " ".join(words)
