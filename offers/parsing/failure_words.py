"""Judge the words of mail servers: do they tell a failure, and what is it about? Pure."""

from __future__ import annotations

import re

from offers.parsing.alternatives import any_of

_LONGEST_SUBJECT = 1_000
_JUDGED_TEXT = 4_000
_BEGINNING = 1_500
_FIRST_WORDS = 600
_BEFORE_CODE = 200
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
        delivery .{0,30}(?:failure|failed)|returned (?:(?:e-?)?mail|to sender)|failure notice
        failed mail
        (?:e-?)?mail (?:failed|failure|not delivered|error|returned)|non-?delivery|failure delivery
        .{0,20}(?:error|problem|trouble) (?:sending|delivering)
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
_STATUS = re.compile(r"(?<![\d.])([45]\.\d\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[ -])(?![ -]\d{3,})")
_DELAYED = re.compile(
    any_of("""
        delay|will be retried|will (?:keep trying|continue to)|keep trying
        still being|(?:not yet|yet to) been delivered|warning (?:message )?only
        not been delivered yet
        could not send message for past
        verzöger|(?:noch|bisher) nicht (?:zugestellt|übermittelt)|weitere (?:zustell)?versuche
        (?:weiter|erneut) versucht|pas encore été|nouvelle tentative|retard
        non ancora|ulteriori tentativi
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
        (?:invalid|bad) (?:user|destination)
        (?:mailbox|account|user|address|recipient).{0,40}(?:full|disabled|inactive|suspended)
        (?:mailbox|account|user|recipient).{0,40}(?:discontinued|expired|locked|closed|frozen)
        mailbox (?:is )?(?:unavailable|not available|unknown)|account (?:is )?unavailable
        malformed|quota\b|(?:enough|insufficient) .{0,20}(?:space|storage)
        mailbox (?:size|exceeds)|overdrawn
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
_ABOUT_SENDER = re.compile(
    r"sender (?:address )?(?:rejected|denied|refused|verify|not|unknown|domain)", re.IGNORECASE
)
_ABOUT_MAIL = re.compile(
    any_of(r"""
        spam|unsolicited|\bjunk|bulk e?-?mail|\bube\b|virus|malware|malicious|phishing|infected
        (?:message|mail|attachment|size)s? .{0,30}(?:too (?:large|big)|exceed)|too (?:large|big)
        exceed\w* .{0,40}(?:size|limit)|size limit|oversized?|max(?:imum)? .{0,20}size|size exceed
        policy|policies|dmarc|\bspf\b|dkim|black ?list|block ?list|\w*\brbl|uribl|dnsbl|reputation
        content|attachment|filter|banned|blocked|quarantine|local scanning
        relay(?:ing)? (?:access )?(?:denied|not |prohibited)|(?:to|not|cannot|.t) relay
        authentication|not (?:authori[sz]ed|permitted|allowed|accepted)|unauthori[sz]ed
        recipient preferences|frequency|rate limit|too many|throttl|gr[ea]y ?list|\(bl\)
        client host|reverse dns|\bptr\b|\bhelo\b|\btls\b|banned ip|\bip\b.{0,30}gesperrt
        zu gro(?:ß|ss)|größe|grösse|überschreitet|richtlinie|anhang|anhänge|blockiert|viren
        trop (?:volumineu|gros)|taille (?:maximale|limite)|indésirable|pièces? jointe|stratégie
        troppo grand|dimension|allegat|criteri
    """),
    re.IGNORECASE,
)
# Codes of RFC 3463 that say it alone: no such address, full or closed, not to be reached.
_ADDRESS_STATUS = re.compile(r"[45]\.(?:1\.(?:[1236]|10)|2\.[12]|4\.\d+)\Z")
# RFC 3463: too large, content, security and policy, and the sender's own address.
_MAIL_STATUS = re.compile(r"5\.(?:[67]\.\d+|2\.3|3\.4|1\.[78]|5\.3)\Z")
# The subject of the returned mail, which says nothing about the failure.
_SUBJECT_LINE = re.compile(
    r"^[> \t]{0,9}(?:subj(?:ect)?|betreff|objet|oggetto)[ \t]?:.*", re.I | re.M
)
_PERMANENT = re.compile(
    any_of("""
        permanent (?:fatal )?error|fatal error|permanent failure|given up|giving up
        (?:could|can) ?not be delivered|did not reach|unable to deliver|wasn.t able to deliver
        delivery .{0,40}failed|not delivered|nicht zugestellt werden|nicht erreicht
    """),
    re.IGNORECASE,
)
# Behind a colon, the list of those whom a mail did not reach.
_LISTED = re.compile(
    r"(?:(?:not|n.t) (?:be )?(?:delivered|reach)|undeliver|nicht (?:zugestellt|erreicht|übermittelt))"
    r"[^.!?:@]{0,80}:\s{1,9}[\"'<]?[^\s@]{1,64}@",
    re.IGNORECASE,
)
# A filter that lets a mail pass once its sender has answered.
_CHALLENGE = re.compile(
    any_of(r"""
        guest list|pre-?approved|challenge.response|spamarrest
        (?:confirm|verify|prove) .{0,20}you(?:.re| are) (?:a |an |not )*(?:human|person|legit|robot)
        (?:click|klick|(?:following|folgenden) link).{0,80}(?:deliver|release|zustell|zugest)
        bestätigen .{0,80}(?:absender|robot|mensch|zugestellt wird|zuzustellen)
        (?:erst|only) (?:nach|after|when|once).{0,80}(?:zugestellt|zustellen|deliver)
    """),
    re.IGNORECASE,
)
_SUCCESS = re.compile(
    any_of(r"""
        successful(?:ly)? (?:mail )?(?:deliver|relay)|(?:deliver|relay)\w* (?:was )?successful
        has been (?:successfully )?(?:delivered|relayed)|erfolgreich (?:zugestellt|übermittelt)
        remis avec succès|recapitato correttamente|consegna riuscita
    """),
    re.IGNORECASE,
)
# What content filters write, some of them from the address of the person whom they guard. Footers
# say what a filter may do; a refusal says what it did.
_MAIL_DE = r"\b(?:ihre|deine|die|diese|folgende) (?:e-?mail|mail|nachricht)\b[^.!?]{0,80}\b"
_REFUSED_DE = (
    r"\b(?:abgewiesen|abgelehnt|zurückgewiesen|blockiert|verweigert|quarantäne|zurückgehalten"
    r"|angehalten|verworfen|nicht (?:zugestellt|angenommen|übermittelt))"
)
_MAIL_EN = r"\b(?:your|this|the following) (?:\w+ )?(?:e-?mail|mail|message)\b[^.!?]{0,80}\b"
_MAIL_FR = r"\b(?:votre|le|ce) (?:e-?mail|mail|message|courriel)\b[^.!?]{0,80}\b"
_MAIL_IT = (
    r"\b(?:suo|vostro|tuo|sua|vostra|il|la|quest[ao]) (?:e-?mail|messaggio|mail)\b[^.!?]{0,80}\b"
)
_REFUSAL = re.compile(
    any_of(rf"""
        {_MAIL_DE}(?:wurde|konnte|kann|ist)\b[^.!?]{{0,80}}{_REFUSED_DE}
        \b(?:haben|hat)\b[^.!?]{{0,40}}{_MAIL_DE}{_REFUSED_DE}
        {_MAIL_EN}(?:was|were|been|is)\b[^.!?]{{0,20}}\b(?:rejected|refused|blocked|quarantined)
        {_MAIL_EN}not (?:been |be )?delivered
        stopped (?:the )?delivery|delivery of (?:the|your) (?:e-?mail|mail|message) was stopped
        {_MAIL_FR}(?:rejeté|refusé|bloqué|pas (?:pu |été )[^.!?]{{0,10}}(?:remis|d[ée]li|distr))
        {_MAIL_IT}(?:respint|rifiutat|bloccat)
    """),
    re.IGNORECASE,
)
_FILTER = re.compile(
    any_of(r"""
        filter|filtr|spam|virus|viren|malware|gateway|firewall|mail-?server|security|sicherheit
        (?:mail|content|attachment) policy|policy (?:reason|violation|restriction)|mail-?richtlinie
        automati|dateityp|file type|anti-?vir|checker|banned
    """),
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:ich|mir|mich|meine?[mnrs]?|i (?:am|have|will|would|can|could|do|did|got|was|had|need)"
    r"|i['\u2019](?:m|ve|ll|d)|me|my|je|j['\u2019]ai|moi|mon|mes|io|mio|mia"
    r"|(?:hi|hallo|liebe[rs]?|salut|ciao) \w+"
    r"|(?:tag|morgen|geehrter?|grüezi|gott|dear|hello) (?:frau|herr|mrs?\.?|ms\.?|mme|signora?))\b",
    re.IGNORECASE,
)


def begins_as_report(subject: str) -> bool:
    """Return whether a subject begins as those of delivery reports do."""
    return _SUBJECT.match(subject[:_LONGEST_SUBJECT]) is not None


def names_failure(subject: str) -> bool:
    """Return whether a subject has such words anywhere."""
    return _SUBJECT.search(subject[:_LONGEST_SUBJECT]) is not None


def says_failure(text: str) -> bool:
    """Return whether the text of a mail server tells a failure for good."""
    return any(pattern.search(text) for pattern in (_STATUS, _PERMANENT, _ABOUT_ADDRESS))


def has_status(text: str) -> bool:
    """Return whether a text has a code of mail servers, such as `5.1.1` or `550`."""
    return (_STATUS.search(text) or _REPLY_CODE.search(text)) is not None


def lists_recipients(text: str) -> bool:
    """Return whether a text names, as in a list, those whom a mail did not reach."""
    return _LISTED.search(text[:_JUDGED_TEXT]) is not None


def says_delay(text: str) -> bool:
    """Return whether the server goes on trying."""
    return _DELAYED.search(_SUBJECT_LINE.sub(" ", text)) is not None


def says_success(text: str) -> bool:
    """Return whether the text of a mail server only tells that a mail arrived."""
    words = _join_lines(text)
    return _SUCCESS.search(words) is not None and _PERMANENT.search(words) is None


def asks_confirmation(text: str) -> bool:
    """Return whether a filter asks the sender to confirm the mail."""
    return _CHALLENGE.search(_join_lines(text)) is not None


def says_refusal(text: str) -> bool:
    """Return whether a text says, at its beginning, that a mail was refused or not delivered."""
    text, _, _signature = text[:_BEGINNING].partition("\n-- \n")
    # Further down stand the footers of companies, which say what their filters do.
    return _REFUSAL.search(_leave_out_names(text)[:_FIRST_WORDS]) is not None


def names_filter(text: str) -> bool:
    """Return whether a text names what refuses mails: a filter, a gateway, a policy."""
    return _FILTER.search(_join_lines(text)) is not None


def has_personal_words(text: str) -> bool:
    """Return whether somebody writes of himself, as filters do not."""
    return _PERSON.search(_leave_out_names(text[:_JUDGED_TEXT])) is not None


def says_unreachable(text: str) -> bool:
    """Return whether a text says that an address does not exist or takes no mail."""
    return _ABOUT_ADDRESS.search(_join_lines(text)) is not None


def find_status(text: str) -> str:
    """Return the first enhanced code; from a reply code only its class, such as `5.0.0`."""
    if found := _STATUS.search(text):
        return found[1]
    if found := _REPLY_CODE.search(text):
        return f"{found[1][0]}.0.0"
    return ""


def is_about_mail(status: str, diagnostic: str, text: str) -> bool:
    """Return whether a server refused this mail (size, content, policy), not the address.

    The words of its diagnostic count first, then its code, then the rest of its text, which may
    have a footer about viruses.
    """
    words = _leave_out_names(text[:_JUDGED_TEXT])
    if not diagnostic and (code := _STATUS.search(words) or _REPLY_CODE.search(words)):
        diagnostic = words[max(0, code.start() - _BEFORE_CODE) : code.start() + _AFTER_CODE]
    verdict = _judge(_leave_out_names(diagnostic[:_JUDGED_TEXT]))
    if verdict is None:
        verdict = _judge_status(status)
    if verdict is None:
        verdict = _judge(words)
    return verdict is True


def _judge_status(status: str) -> bool | None:
    if _ADDRESS_STATUS.match(status):
        return False
    if _MAIL_STATUS.match(status):
        return True
    return None


def _judge(words: str) -> bool | None:
    """Return whether words are about the mail, or None if they say nothing."""
    if _ABOUT_SENDER.search(words):
        return True
    if _ABOUT_ADDRESS.search(words):
        return False
    if _ABOUT_MAIL.search(words):
        return True
    return None


def _join_lines(text: str) -> str:
    return " ".join(_SUBJECT_LINE.sub(" ", text[:_JUDGED_TEXT]).split())


def _leave_out_names(text: str) -> str:
    """Return the words without addresses, links and hosts: `mx.spamfilter.example` says nothing."""
    words: list[str] = []
    for word in _SUBJECT_LINE.sub(" ", text).split():
        is_host = word.count(".") >= 2 and not _STATUS.search(word)
        if not ("@" in word or "://" in word or is_host):
            words.append(word)
    return " ".join(words)
