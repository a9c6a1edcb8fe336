"""Delivery failures as mail servers write them, all about the mail `<offer@x>` to
buehler@kunde-eins.example.

The wording and layout is that of the servers' documentation and sources; of David no report is
known to us, so its two stand for what a server could write that follows no standard.
"""

from __future__ import annotations

_TO = "To: p.vogt@muster-metallbau.example\n"
_ORIGINAL = (
    "Message-ID: <offer@x>\nFrom: p.vogt@muster-metallbau.example\nSubject: Angebot AN-2026-0815\n"
)


def _report(
    head: str,
    human: str,
    fields: str,
    *,
    original: str = _ORIGINAL,
    original_type: str = "text/rfc822-headers",
) -> str:
    """A report by RFC 3464 (multipart/report)."""
    return (
        f'{head}{_TO}Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: text/plain; charset=utf-8\n\n{human}\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; buehler@kunde-eins.example\n{fields}\n"
        f"--b\nContent-Type: {original_type}\n\n{original}\n--b--\n"
    )


FAILED = {
    "Postfix": _report(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example (Mail Delivery System)\n"
        "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n",
        "I'm sorry to have to inform you that your message could not be delivered to one or more recipients.",
        "Original-Recipient: rfc822;buehler@kunde-eins.example\nAction: failed\nStatus: 5.1.1\n"
        "Remote-MTA: dns; mx.kunde-eins.example\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n",
    ),
    "Office 365": _report(
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@muster-metallbau.example>\n"
        "Subject: =?utf-8?Q?Unzustellbar:_Angebot_AN-2026-0815?=\nIn-Reply-To: <offer@x>\nReferences: <offer@x>\n",
        "Ihre Nachricht an buehler@kunde-eins.example konnte nicht zugestellt werden.",
        "Action: failed\nStatus: 5.1.10\n"
        "Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n",
        original_type="message/rfc822",
    ),
    "Gmail": _report(
        "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\n"
        "Subject: Delivery Status Notification (Failure)\nReferences: <offer@x>\nIn-Reply-To: <offer@x>\n",
        "** Address not found **\n\nYour message wasn't delivered to buehler@kunde-eins.example.",
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 The email account\n"
        " that you tried to reach does not exist.\n",
        original_type="message/rfc822",
    ),
    "Sendmail": _report(
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\n"
        "Subject: Returned mail: see transcript for details\n",
        "   ----- The following addresses had permanent fatal errors -----\n<buehler@kunde-eins.example>",
        "Action: failed\nStatus: 5.1.2\nDiagnostic-Code: SMTP; 550 Host unknown\n",
    ),
    "Exim": (
        "Return-path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.example>\n"
        f"{_TO}X-Failed-Recipients: buehler@kunde-eins.example\nAuto-Submitted: auto-replied\n"
        "Subject: Mail delivery failed: returning message to sender\n\n"
        "A message that you sent could not be delivered to one or more of its recipients.\n\n"
        "  buehler@kunde-eins.example\n    SMTP error from remote mail server after RCPT TO: 550 Unknown user\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{_ORIGINAL}"
    ),
    "qmail": (
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\n{_TO}Subject: failure notice\n\n"
        "Hi. This is the qmail-send program at mx.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<buehler@kunde-eins.example>:\n192.0.2.1 does not like recipient.\n"
        "Remote host said: 550 5.1.1 No such user\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <p.vogt@muster-metallbau.example>\n{_ORIGINAL}"
    ),
    "GMX": (
        f'From: "GMX Mailer Daemon" <mailer-daemon@gmx.example>\n{_TO}'
        "Subject: Mail delivery failed: returning message to sender\n\n"
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its recipients.\n"
        "This is a permanent error. The following address failed:\n\n"
        "buehler@kunde-eins.example:\nSMTP error from remote server for RCPT TO command, host: mx.kunde-eins.example "
        f"(192.0.2.1) reason: 550 5.1.1 user unknown\n\n"
        f"--- The header of the original message is following. ---\n\n{_ORIGINAL}"
    ),
    "Exchange 2003": (
        f"From: System Administrator <>\n{_TO}Subject: Undeliverable: Angebot AN-2026-0815\n"
        "X-MS-Embedded-Report:\nContent-Type: text/plain\n\n"
        "Your message\n\n  To:      buehler@kunde-eins.example\n  Subject: Angebot AN-2026-0815\n"
        "  Sent:    Mon, 14 Sep 2026 09:12:40 +0200\n\ndid not reach the following recipient(s):\n\n"
        "buehler@kunde-eins.example on Mon, 14 Sep 2026 09:13:02 +0200\n"
        "    The e-mail account does not exist at the organization this message was sent to.\n"
        "    <mail.kunde-eins.example #5.1.1>\n"
    ),
    "Systemadministrator": (
        f"From: Systemadministrator <postmaster@muster-metallbau.example>\n{_TO}"
        "Subject: Unzustellbar: Angebot AN-2026-0815\n\n"
        "Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n"
        "Folgende(r) Empfänger kann/können nicht erreicht werden:\n\n"
        "      'buehler@kunde-eins.example' am 14.09.2026 09:13\n"
        "            Das E-Mail-Konto ist nicht vorhanden.\n            < mail.kunde-eins.example #5.1.1>\n"
    ),
    "Exchange 2010": (
        f"From: Microsoft Exchange <no-reply@muster-metallbau.example>\n{_TO}"
        "Subject: Unzustellbar: Angebot AN-2026-0815\nIn-Reply-To: <offer@x>\nReferences: <offer@x>\n\n"
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Verteilerlisten:\n\n"
        "buehler@kunde-eins.example<mailto:buehler@kunde-eins.example>\n"
        "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\n"
        "Diagnoseinformationen für Administratoren:\n\nGenerierender Server: ex1.muster-metallbau.example\n\n"
        "buehler@kunde-eins.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\n"
        f"Ursprüngliche Nachrichtenkopfzeilen:\n\n{_ORIGINAL}"
    ),
    "David": (
        f"From: Postman <postman@muster-metallbau.example>\n{_TO}X-David-Sym: 0\n"
        "Subject: Zustellung fehlgeschlagen: Angebot AN-2026-0815\n\n"
        "Die Nachricht konnte nicht zugestellt werden.\n\nEmpfänger: buehler@kunde-eins.example\n"
        "Fehler: 550 5.1.1 <buehler@kunde-eins.example>: Recipient address rejected: User unknown\n"
    ),
    "no sender at all": (
        f"Return-Path: <>\n{_TO}Subject: Nachricht nicht zustellbar\n\n"
        "Ihre Mail an <buehler@kunde-eins.example> wurde abgelehnt: 550 5.7.1 Mailbox gesperrt\n"
    ),
    "Office 365 in HTML": (
        "From: MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@kunde-eins.example\n"
        f"{_TO}Subject: Unzustellbar: Angebot AN-2026-0815\nIn-Reply-To: <offer@x>\n"
        "Content-Type: text/html; charset=utf-8\n\n<p>Ihre Nachricht an "
        "<a href='mailto:buehler@kunde-eins.example'>buehler@kunde-eins.example</a> konnte nicht "
        "zugestellt werden.</p><p>Die Adresse wurde nicht gefunden.</p>\n"
    ),
    "a gateway under a name of its own": (
        f'From: MailGate@kunde-eins.example\n{_TO}Subject: Undeliverable Mail: "Angebot"\n\n'
        "Your message:\n   From:    p.vogt@muster-metallbau.example\n   Subject: Angebot\n\n"
        "Could not be delivered because of\n\n550 5.1.1 User unknown\n\n"
        "The following recipients were affected:\n    buehler@kunde-eins.example\n\n"
        f"--- Original message headers ---\n\n{_ORIGINAL}"
    ),
    "a report in a mail of any sender": (
        f"From: router@kunde-eins.example\n{_TO}Subject: Rückmeldung\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nSiehe Anlage.\n--b\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; buehler@kunde-eins.example\nAction: failed\nStatus: 5.1.1\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{_ORIGINAL}\n--b--\n"
    ),
    "a server that writes Japanese": (
        f"From: MAILER-DAEMON@mx.example\n{_TO}Subject: 配信エラー\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n'
        "Content-Type: text/plain; charset=utf-8\n\nメールを配信できませんでした。\n--b\n"
        f"Content-Type: message/rfc822\n\n{_ORIGINAL}To: buehler@kunde-eins.example\n\n--b--\n"
    ),
    "a server without any sender": (
        f"Return-Path: <>\nFrom: <>\n{_TO}In-Reply-To: <offer@x>\n\n"
        "Mail for buehler@kunde-eins.example was returned: no such user at this site.\n"
    ),
    "a filter that refuses by a read receipt": (
        f"From: Mail Agent <admin@kunde-eins.example>\n{_TO}Subject: Rejected automatically\n"
        "Content-Type: multipart/report; report-type=disposition-notification; "
        'boundary="b"\n\n--b\n\nYour message to <buehler@kunde-eins.example> was '
        "automatically rejected:\nThe mailbox is full\n--b\n"
        "Content-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; buehler@kunde-eins.example\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n--b\n"
        f"Content-Type: message/rfc822\n\n{_ORIGINAL}\n--b--\n"
    ),
    "a provider that returns the mail from no-reply": (
        f"From: no-reply@provider.example\n{_TO}Subject: Hinweis zu Ihrer E-Mail\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n'
        "Ihre E-Mail konnte nicht zugestellt werden an: <buehler@kunde-eins.example>\n"
        "Das Postfach ist voll.\n"
        f"--b\nContent-Type: message/rfc822\n\n{_ORIGINAL}\n--b--\n"
    ),
    "a report that quotes a mail with words of a filter": (
        f"From: <admin@kunde-eins.example>\n{_TO}Subject: Non-Delivery: Angebot\n\n"
        "--- Report ---\nThis mail did not reach the following recipients:\n\n"
        "<buehler@kunde-eins.example>\nAddressee unknown\n\nOld message:\n\n"
        "Please click the following link, then we deliver the gate.\n"
    ),
    "given up after 4.x": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n",
        "could not be delivered",
        "Action: failed\nStatus: 4.2.2\nDiagnostic-Code: smtp; 452 4.2.2 Mailbox full\n",
    ),
}

DELAYED = {
    "Postfix, delayed": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Delayed Mail (still being retried)\nAuto-Submitted: auto-replied\n",
        "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
        "Action: delayed\nStatus: 4.4.1\nWill-Retry-Until: Sat, 19 Sep 2026 07:12:40 +0000\n",
    ),
    "Exim, delayed": (
        f"From: Mail Delivery System <Mailer-Daemon@mx.example>\n{_TO}Auto-Submitted: auto-replied\n"
        "Subject: Warning: message 1mQ0aB-0004xY-8z delayed 24 hours\n\n"
        "A message that you sent has not yet been delivered to one or more of its recipients "
        "after more than 24 hours.\n\n"
        "  buehler@kunde-eins.example\n    Delay reason: Connection timed out\n\n"
        "No action is required on your part. Delivery attempts will continue.\n"
    ),
    "Exchange, delayed": (
        f"From: Microsoft Exchange <postmaster@muster-metallbau.example>\n{_TO}"
        "Subject: Zustellungsverzögerung: Angebot AN-2026-0815\n\n"
        "Die Nachricht an buehler@kunde-eins.example wurde noch nicht zugestellt. "
        "Es werden weitere Versuche unternommen.\n"
        "#4.4.7\n"
    ),
}

# Refused for their size or content, or by policy: the address may be good.
REFUSED = {
    "too large": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n",
        "could not be delivered",
        "Action: failed\nStatus: 5.3.4\n"
        "Diagnostic-Code: smtp; 552 5.3.4 Message size exceeds fixed maximum message size\n",
    ),
    "spam": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n",
        "could not be delivered",
        "Action: failed\nStatus: 5.0.0\n"
        "Diagnostic-Code: smtp; 554 Your mail looks like spam to mx.kunde-eins.example\n",
    ),
    "DMARC": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n",
        "could not be delivered",
        "Action: failed\nStatus: 5.7.26\n"
        "Diagnostic-Code: smtp; 550-5.7.26 Unauthenticated email is not accepted\n",
    ),
    "relaying": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n",
        "could not be delivered",
        "Action: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 554 5.7.1 Relaying denied\n",
    ),
    "Exchange, too large": (
        f"From: Systemadministrator <postmaster@muster-metallbau.example>\n{_TO}"
        "Subject: Unzustellbar: Angebot AN-2026-0815\n\n"
        "Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.\n\n"
        "      'buehler@kunde-eins.example' am 14.09.2026 09:13\n"
        "            Die Nachricht ist zu groß. Höchstens 10 MB sind erlaubt.\n"
        f"            < mail.kunde-eins.example #5.2.3>\n\n--- Nachrichtenkopf ---\n{_ORIGINAL}"
    ),
    "a filter with a sender of its own": (
        f"Return-Path: <>\nFrom: Mail Security <noreply@gateway.example>\n{_TO}"
        "Subject: Message rejected: Angebot AN-2026-0815\nIn-Reply-To: <offer@x>\n\n"
        "Your message to buehler@kunde-eins.example was rejected by the content filter because "
        "of a forbidden attachment.\n"
    ),
    "a filter that writes as the customer": (
        f"From: Jörg Bühler <buehler@kunde-eins.example>\n{_TO}"
        "Subject: Ihre Nachricht wurde vom Spamfilter abgewiesen\nIn-Reply-To: <offer@x>\n\n"
        "Ihre Nachricht wurde vom Spamfilter abgewiesen.\nBetreff: Angebot AN-2026-0815\n"
    ),
    "a filter that answers in the thread": (
        f"From: buehler@kunde-eins.example\n{_TO}"
        "Subject: AW: Angebot AN-2026-0815\nIn-Reply-To: <offer@x>\n\n"
        "Diese E-Mail wurde vom Mail-Gateway der Firma nicht zugestellt, da die Anlage Makros "
        "enthält.\n"
    ),
    "a filter that writes as ourselves": (
        f"From: p.vogt@muster-metallbau.example\n{_TO}References: <offer@x>\n"
        "Subject: Nachricht blockiert: Angebot AN-2026-0815\n\nSehr geehrte Damen und Herren,\n\n"
        "Ihre Nachricht an buehler@kunde-eins.example wurde wegen der Sicherheitseinstellungen "
        "des Empfängers blockiert.\n"
    ),
    "a filter that says what it did": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: AW: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nWir haben Ihre Nachricht an Herrn Bühler nicht angenommen: Der "
        "Virenschutz fand in der Anlage Schadsoftware.\n"
    ),
    "a scanner that alarms": (
        f"From: virusalert@kunde-eins.example\n{_TO}Subject: VIRUS in mail FROM YOU\n"
        "References: <offer@x>\n\nVIRUS ALERT\n\nOur content checker found virus: Eicar in your "
        "email to the following recipient:\n-> buehler@kunde-eins.example\n\n"
        "Delivery of the email was stopped!\n"
    ),
    "a mail without return address": (
        f"Return-Path: <>\nFrom: system@kunde-eins.example\n{_TO}In-Reply-To: <offer@x>\n"
        "Subject: Angebot AN-2026-0815\n\nIhre Nachricht an buehler@kunde-eins.example wurde "
        "nicht zugestellt.\n"
    ),
    "a filter in French": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Re: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nVotre message a été rejeté par le filtre antispam.\n"
    ),
}

PEOPLE = {
    "an answer to a failure": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: AW: Unzustellbar: Angebot AN-2026-0815\n\n"
        "Meine Adresse stimmt. 550 5.1.1 kenne ich nicht.\n"
    ),
    "a person who writes about failures": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Unzustellbar ist die Ware, bitte neu liefern\n\nGruss\n"
    ),
    "a person at the post": (
        f'From: "Post, Administrator" <buehler@kunde-eins.example>\n{_TO}Subject: Angebot AN-2026-0815\n\nDanke\n'
    ),
    "a person whose filter refused the mail": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: AW: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nGuten Tag, Ihre Nachricht wurde bei mir vom Spamfilter blockiert, "
        "ich habe sie eben erst gefunden. Wir nehmen das Angebot an.\n"
    ),
    "a person who quotes a failure": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: AW: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nDanke, das passt.\n\n-----Ursprüngliche Nachricht-----\n"
        "Von: Mail Delivery System\n\nIhre Nachricht konnte nicht zugestellt werden.\n"
        "<buehler@kunde-eins.example>: 550 5.1.1 User unknown\n"
    ),
    "a person whose address is postmaster": (
        f"From: Postmaster <buehler@kunde-eins.example>\n{_TO}Subject: AW: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nGuten Tag, wir nehmen an.\n\n-----Original Message-----\n"
        "From: Petra Vogt <p.vogt@muster-metallbau.example>\n"
        "To: buehler@kunde-eins.example\nSubject: Angebot AN-2026-0815\n\nGuten Tag\n"
    ),
    "a person with a footer about filters": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: AW: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nDanke, wir bestellen.\n\nThis message was scanned for viruses. "
        "If you have received this message in error, do not deliver it to anybody. This message "
        "may be blocked by our filter.\n"
    ),
    "a person who passes a report on": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Fwd: Undelivered Mail\n"
        'In-Reply-To: <offer@x>\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\n'
        "Das kam zurück.\n--b\nContent-Type: message/delivery-status\n\n"
        "Final-Recipient: rfc822; buehler@kunde-eins.example\nAction: failed\nStatus: 5.1.1\n"
        "--b--\n"
    ),
    "a person who passes a failure on": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: WG: Unzustellbar: Angebot AN-2026-0815\n"
        "In-Reply-To: <offer@x>\n\nDas kam heute zu mir zurück, was ist da los?\n\n"
        "Die Nachricht konnte nicht zugestellt werden. 550 5.1.1\n"
    ),
}

# What mail servers and programs send that tells no failure.
NO_FAILURES = {
    "a success report": _report(
        "From: MAILER-DAEMON@mx.example\nSubject: Successful Mail Delivery Report\n",
        "Your message was delivered.",
        "Action: relayed\nStatus: 2.0.0\n",
    ),
    "a success report in words": (
        f"From: postmaster@kunde-eins.example\n{_TO}Subject: Mail delivery report\n\n"
        "Ihre Nachricht an buehler@kunde-eins.example wurde erfolgreich zugestellt.\n"
    ),
    "a complaint": (
        f"From: abuse@provider.example\n{_TO}Subject: Email Feedback Report\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n--b\n\n'
        "This is an abuse report. 550 5.7.1\n--b\nContent-Type: message/feedback-report\n\n"
        "Feedback-Type: abuse\nOriginal-Rcpt-To: buehler@kunde-eins.example\n--b--\n"
    ),
    "a read receipt": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Nicht zustellbar: gelesen\n"
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\n\n'
        "--b\n\nIhre Nachricht wurde vom Server gelöscht.\n--b--\n"
    ),
    "a mail deleted unread": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Nicht gelesen: Angebot AN-2026-0815\n"
        "Content-Type: multipart/report; report-type=disposition-notification; "
        'boundary="b"\n\n--b\n\nIhre Nachricht wurde gelöscht, ohne gelesen zu werden.\n--b\n'
        "Content-Type: message/disposition-notification\n\n"
        "Final-Recipient: rfc822; buehler@kunde-eins.example\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n--b--\n"
    ),
    "a read receipt that is refused": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Angebot AN-2026-0815\n"
        "Content-Type: multipart/report; report-type=disposition-notification; "
        'boundary="b"\n\n--b\n\nIhre Nachricht ist angekommen, die Bestätigung wurde vom '
        "Filter abgelehnt.\n--b\nContent-Type: message/disposition-notification\n\n"
        "Disposition: manual-action/MDN-sent-manually; denied\n--b--\n"
    ),
    "an absence without sender": (
        f"Return-Path: <>\nFrom: <>\n{_TO}Subject: Abwesenheit\n\nHerr Bühler ist nicht "
        "erreichbar, bitte an vertretung@kunde-eins.example\n"
    ),
    "a refused offer that a portal returns": (
        f"From: no-reply@portal.example\n{_TO}Subject: Angebot AN-2026-0815\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n'
        "Ihre Nachricht mit dem Angebot wurde vom Einkauf abgelehnt.\n"
        f"--b\nContent-Type: message/rfc822\n\n{_ORIGINAL}\n--b--\n"
    ),
    "an absence": (
        f"Return-Path: <>\nFrom: buehler@kunde-eins.example\n{_TO}Auto-Submitted: auto-replied\n"
        "Subject: Abwesenheit\n\nHerr Bühler ist nicht erreichbar. "
        "Diese E-Mail wird nicht weitergeleitet.\n"
    ),
    "a warning about our own mailbox": (
        f"From: postmaster@muster-metallbau.example\n{_TO}Subject: Speicherplatz\n\n"
        "Das Postfach p.vogt@muster-metallbau.example ist fast voll.\n"
    ),
    "a server that will be down": (
        f"From: Postmaster <postmaster@kunde-eins.example>\n{_TO}Subject: Wartung\n\n"
        "Am Samstag ist unser Mailserver nicht erreichbar.\n"
    ),
    "an office that is closed": (
        f"Return-Path: <>\nFrom: buehler@kunde-eins.example\n{_TO}Subject: Betriebsferien\n\n"
        "Unser Büro ist bis 24. September geschlossen. Ihre Nachricht wurde nicht weitergeleitet. "
        "Dies ist eine automatische Antwort.\n"
    ),
    "a filter that asks for a click": (
        f"From: buehler@kunde-eins.example\n{_TO}Subject: Bitte bestätigen Sie Ihre Nachricht\n\n"
        "Ihre Nachricht wurde vom Spamfilter noch nicht zugestellt. Sie wird erst nach Klick auf "
        "den folgenden Link zugestellt.\n"
    ),
    "a filter that asks by a report": _report(
        "From: noreply@filter.example\nSubject: Re: Angebot AN-2026-0815\n",
        "This is an automated message of my filter.",
        "Status: 4.7.0\nDiagnostic-Code: X-Notice; Sender not pre-approved\n",
    ),
    "a carrier": (
        f"From: noreply@paketdienst.example\n{_TO}Subject: Zustellung fehlgeschlagen: Ihr Paket\n\n"
        "Ihr Paket konnte heute nicht zugestellt werden, der Empfänger war nicht da.\n"
    ),
}
