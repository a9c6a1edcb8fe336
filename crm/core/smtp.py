"""Send mails over one SMTP connection and tell whether each may be sent again."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from crm.core.oauth import OAuthClient, TokenError, forget_token, get_access_token, has_kept_token
from crm.core.smtp_replies import (
    LOG_IN_CODES,
    SendOutcome,
    SendResult,
    SmtpUnavailableError,
    Stage,
    StrictSmtp,
    StrictSmtpSsl,
    classify,
)


@dataclass(frozen=True)
class Server:
    """Address and log-in of the mail server. Without a `user` there is no log-in."""

    host: str
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    timeout_seconds: float = 30
    oauth: OAuthClient | None = None

    @classmethod
    def from_settings(cls) -> Server:
        """Return the server of EMAIL_URL, with OAuth2 where EMAIL_OAUTH_CLIENT_ID is set."""
        oauth = None
        if settings.EMAIL_OAUTH_CLIENT_ID:
            oauth = OAuthClient(
                settings.EMAIL_OAUTH_TOKEN_URL,
                settings.EMAIL_OAUTH_CLIENT_ID,
                settings.EMAIL_OAUTH_CLIENT_SECRET,
                settings.EMAIL_OAUTH_SCOPE,
            )
        return cls(
            host=settings.EMAIL_HOST or "localhost",
            port=int(settings.EMAIL_PORT or 25),
            user=settings.EMAIL_HOST_USER or "",
            password=settings.EMAIL_HOST_PASSWORD or "",
            use_tls=bool(settings.EMAIL_USE_TLS),
            use_ssl=bool(settings.EMAIL_USE_SSL),
            timeout_seconds=float(settings.EMAIL_TIMEOUT or 30),
            oauth=oauth,
        )


_ADDRESS = re.compile(r"[!-;=?-~]*")


class Connection:
    """One SMTP connection for many mails; `open` and `with` raise SmtpUnavailableError."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent = 0
        self._smtp: StrictSmtp | None = None

    def __enter__(self) -> Connection:
        self.open()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """True while the connection is open."""
        return self._smtp is not None and self._smtp.sock is not None

    def open(self) -> None:
        """Connect, greet and log in. Raises SmtpUnavailableError."""
        server, stage = self.server, Stage.CONNECT
        context = ssl.create_default_context() if server.use_tls or server.use_ssl else None
        smtp: StrictSmtp
        if server.use_ssl:
            smtp = StrictSmtpSsl(timeout=server.timeout_seconds, context=context)
        else:
            smtp = StrictSmtp(timeout=server.timeout_seconds)
        # smtplib takes the name for TLS from its constructor, which connects at once when it gets
        # one.
        smtp._host = server.host  # type: ignore[attr-defined]
        try:
            _expect(stage, *smtp.connect(server.host, server.port))
            stage = Stage.EHLO
            _greet(smtp)
            if server.use_tls:
                _expect(stage, *smtp.starttls(context=context))
                _greet(smtp)
            if server.user:
                stage = Stage.AUTH
                self._log_in(smtp)
        except SmtpUnavailableError:
            smtp.close()
            raise
        except smtplib.SMTPResponseException as error:
            smtp.close()
            raise SmtpUnavailableError(stage, _text(error.smtp_error), error.smtp_code) from error
        except (OSError, smtplib.SMTPException, ValueError, TokenError) as error:
            smtp.close()
            raise SmtpUnavailableError(stage, _text(str(error)) or type(error).__name__) from error
        self._smtp, self.sent = smtp, 0

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,
        before_data: Callable[[], bool] = lambda: True,
    ) -> SendResult:
        """Send one message (RFC 5322, ASCII or 8 bit, any line ends) to all recipients or none.

        `before_data` is called when the server has accepted sender and recipients; if it returns
        False, the mail is withheld. If it raises, the connection is closed and the error passed on.
        """
        if self._smtp is None or not self.is_open:
            words = "The connection was closed before."
            return SendResult(SendOutcome.TRY_LATER, Stage.MAIL, 0, words)
        for address in (sender, *recipients):
            # A server might look for an address in it and send there.
            if not _ADDRESS.fullmatch(address):
                words = f"{address!r} is not one address in ASCII letters."
                return SendResult(SendOutcome.REFUSED, Stage.RCPT, 553, words)
        envelope = [(Stage.MAIL, f"mail FROM:<{sender}>\r\n".encode())]
        envelope += [(Stage.RCPT, f"rcpt TO:<{each}>\r\n".encode()) for each in recipients]
        named = self._ask(self._smtp, envelope)
        if named.outcome is not SendOutcome.ACCEPTED:
            return named
        try:
            is_wanted = before_data()
        except BaseException:
            self._smtp.close()
            raise
        if not is_wanted:
            self._reset()
            return SendResult(SendOutcome.WITHHELD, Stage.DATA)
        content = [(Stage.DATA, b"data\r\n"), (Stage.FINAL_DOT, _write_lines(message))]
        result = self._ask(self._smtp, content)
        self.sent += result.outcome is SendOutcome.ACCEPTED
        return result

    def close(self) -> None:
        """Send QUIT if the connection is open, and close it. Never raises."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.sock is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def _ask(self, smtp: StrictSmtp, steps: Iterable[tuple[Stage, bytes]]) -> SendResult:
        """Send the commands in order until one is not accepted; return the last result."""
        for stage, lines in steps:
            try:
                smtp.send(lines)
                code, reply = smtp.getreply()
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                return SendResult(classify(stage, 0), stage, 0, _text(str(error)))
            outcome = classify(stage, code)
            if outcome is not SendOutcome.ACCEPTED:
                if code == 421:
                    self.close()
                else:
                    self._reset()
                return SendResult(outcome, stage, code, f"{code} {_text(reply)}")
        return SendResult(outcome, stage, code, _text(reply))

    def _reset(self) -> None:
        try:
            if self._smtp is not None and self._smtp.rset()[0] != 250:
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        server = self.server
        if server.oauth is None:
            smtp.login(server.user, server.password)
            return
        was_kept = has_kept_token(server.oauth)
        try:
            self._log_in_by_token(smtp, server.oauth)
        except smtplib.SMTPAuthenticationError:
            forget_token(server.oauth)
            if not was_kept:
                raise
            # A kept token may have been revoked, or our clock may be wrong.
            self._log_in_by_token(smtp, server.oauth)

    def _log_in_by_token(self, smtp: smtplib.SMTP, oauth: OAuthClient) -> None:
        token = get_access_token(oauth, timeout_seconds=self.server.timeout_seconds)
        first = f"user={self.server.user}\x01auth=Bearer {token}\x01\x01"
        # On a refusal the server sends its reason as a challenge, which an empty line answers.
        smtp.auth("XOAUTH2", lambda challenge=None: first if challenge is None else "")


def _write_lines(message: bytes) -> bytes:
    """Return the message as it follows DATA, with CRLF, doubled dots and the final dot."""
    # A lone CR or LF is sent as CRLF: servers differ in what they take for the end of a line, and
    # so of the mail (SMTP smuggling, CVE-2023-51764).
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message.rstrip(b"\r\n") + b"\n")
    return re.sub(rb"(?m)^\.", b"..", lines) + b".\r\n"


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return text.replace("\x00", "").strip()[:2000]


def _expect(stage: Stage, code: int, words: bytes) -> None:
    if not 200 <= code < 300:
        raise SmtpUnavailableError(stage, f"{code} {_text(words)}", code)


def _greet(smtp: smtplib.SMTP) -> None:
    code, words = smtp.ehlo()
    # A server may know only HELO (RFC 5321, 3.2). The codes of the log-in do not mean that.
    if 500 <= code < 600 and code not in LOG_IN_CODES:
        code, words = smtp.helo()
    _expect(Stage.EHLO, code, words)
