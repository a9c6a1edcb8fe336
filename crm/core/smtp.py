"""Sending over one SMTP connection, with a hook before DATA and an outcome that says whether it may
be repeated.

Python's smtplib does the talking. What it leaves open matters here: which reply came at which
stage, that half a reply is no reply, and that a caller can commit something in the instant before a
mail can reach anybody (RFC 5321, 4.5.3.2 and 6.1: from the final dot on a client that lost the
connection cannot know).
"""

from __future__ import annotations

import json
import re
import smtplib
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from select import select
from time import monotonic

from django.conf import settings


class Stage(StrEnum):
    CONNECT = "connect"
    EHLO = "EHLO"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    FINAL_DOT = "final dot"


class Outcome(StrEnum):
    """What is known of a mail after the attempt."""

    ACCEPTED = "accepted"
    TRY_LATER = "try_later"  # surely not delivered; the server asked to come back, or the line broke before DATA
    REFUSED = "refused"  # surely not delivered, and trying again is useless
    UNKNOWN = "unknown"  # cut off after DATA was announced: perhaps delivered
    WITHHELD = "withheld"  # `before_data` said no


@dataclass(frozen=True)
class Result:
    """The outcome of one mail. `words` is the server's reply or what broke; `code` is 0 without a
    whole reply.
    """

    outcome: Outcome
    stage: Stage
    code: int = 0
    words: str = ""

    @property
    def is_about_us(self) -> bool:
        """True when the next mail of this run would fare the same: log-in, sender, server closing,
        line lost.
        """
        if self.outcome in (Outcome.ACCEPTED, Outcome.WITHHELD):
            return False
        return self.code in (0, 421, *_LOG_IN_CODES) or self.stage is Stage.MAIL

    @property
    def is_bad_address(self) -> bool:
        """True when the server says that there is no such mailbox (RFC 3463: 5.1.1 to 5.1.3, 5.1.6,
        5.1.10).
        """
        return (
            self.stage is Stage.RCPT
            and re.search(r"\b5\.1\.(?:1|2|3|6|10)\b", self.words) is not None
        )


class SmtpUnavailableError(smtplib.SMTPException):
    """No mail can be sent now: no connection, no greeting, no log-in. `stage` says how far it
    went.
    """

    def __init__(self, stage: Stage, words: str, code: int = 0) -> None:
        super().__init__(words)
        self.stage, self.words, self.code = stage, words, code


_LOG_IN_CODES = (530, 534, 535, 538)


def classify(stage: Stage, code: int) -> Outcome:
    """Return what a whole reply at a stage means for the mail. 0 stands for a lost connection or
    half a reply.

    - 2xx and, at DATA, 354: go on; after the final dot: accepted.
    - 4xx: later. 5xx: refused, but log-in codes (530, 534, 535, 538) are about our account, never
      about the mail, and 552 at RCPT is to be taken as 452 (RFC 5321, 4.5.3.1.10), which is also
      what full mailboxes say.
    - Any other number is a server out of step: before DATA later, from DATA on unknown.
    """
    if code == 354 or (stage is not Stage.DATA and 200 <= code < 300):
        return Outcome.ACCEPTED
    if 400 <= code < 500 or code in _LOG_IN_CODES or (stage is Stage.RCPT and code == 552):
        return Outcome.TRY_LATER
    if 500 <= code < 600:
        return Outcome.REFUSED
    return Outcome.UNKNOWN if stage in (Stage.DATA, Stage.FINAL_DOT) else Outcome.TRY_LATER


@dataclass(frozen=True)
class OAuth:
    """Client credentials for XOAUTH2, as Exchange Online wants them since it turned passwords
    off.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "https://outlook.office365.com/.default"


@dataclass(frozen=True)
class Server:
    """Where and as whom to send. Empty `user`: no log-in."""

    host: str
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    timeout_seconds: float = 30
    oauth: OAuth | None = None

    @classmethod
    def from_settings(cls) -> Server:
        """Return the server of EMAIL_URL and, where EMAIL_OAUTH_CLIENT_ID is set, its OAuth2
        credentials.
        """
        oauth = None
        if settings.EMAIL_OAUTH_CLIENT_ID:
            oauth = OAuth(
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


_tokens: dict[OAuth, tuple[str, float]] = {}


def get_access_token(oauth: OAuth, *, timeout_seconds: float = 30) -> str:
    """Return an access token by the client credentials grant (RFC 6749, 4.4); kept until a minute
    before it expires.

    Raises SmtpUnavailableError when the token service refuses or does not answer.
    """
    token, expires_at = _tokens.get(oauth, ("", 0.0))
    if token and monotonic() < expires_at:
        return token
    form = {
        "grant_type": "client_credentials",
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret,
    }
    body = urllib.parse.urlencode({**form, "scope": oauth.scope}).encode()
    if not oauth.token_url.startswith(("https://", "http://127.0.0.1:")):
        raise SmtpUnavailableError(Stage.AUTH, "EMAIL_OAUTH_TOKEN_URL must begin with https://.")
    try:
        with urllib.request.urlopen(oauth.token_url, body, timeout=timeout_seconds) as response:  # noqa: S310 - checked above
            answer = json.load(response)
        token, lifetime = str(answer["access_token"]), float(answer.get("expires_in", 300))
    except urllib.error.HTTPError as error:
        with error:
            words = error.read(500).decode("utf-8", "replace").replace(oauth.client_secret, "…")
        raise SmtpUnavailableError(
            Stage.AUTH, f"The token service refused: {error.code} {words}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SmtpUnavailableError(
            Stage.AUTH, f"The token service did not answer as it should: {error}"
        ) from error
    _tokens[oauth] = (token, monotonic() + lifetime - 60)
    return token


_REPLY = re.compile(rb"(\d{3})(?:([ -])(.*?))?\r?\n", re.DOTALL)


class _Smtp(smtplib.SMTP):
    """Replies that count only when they are whole: three digits, a space or hyphen, and the end of
    the line.

    smtplib takes "250 O" before a closed connection for a success.
    """

    def getreply(self) -> tuple[int, bytes]:
        lines = []
        if self.file is None:
            self.file = self.sock.makefile("rb")  # type: ignore[union-attr]  # connected: a reply is awaited
        while True:
            try:
                line = self.file.readline(smtplib._MAXLINE + 1)  # type: ignore[attr-defined]
            except OSError as error:
                self.close()
                raise smtplib.SMTPServerDisconnected(f"Connection lost: {error}") from error
            match = _REPLY.fullmatch(line)
            if match is None:
                self.close()
                cut = line[:200].decode("ascii", "replace").strip()
                raise smtplib.SMTPServerDisconnected(
                    f"Connection closed after: {cut!r}" if cut else "Connection closed"
                )
            lines.append((match[3] or b"").strip())
            if match[2] != b"-":
                return int(match[1]), b"\n".join(lines)


class _SmtpSsl(_Smtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte on."""


_ADDRESS = re.compile(r"[!-;=?-~]*")
_LINE_ENDS = re.compile(rb"\r\n|\r|\n")


def _write_lines(message: bytes) -> bytes:
    """Return the message as it follows DATA: lines end in CRLF, a dot that begins one is doubled, a
    dot ends it.
    """
    if message.count(b"\r\n") != message.count(b"\n") or message.count(b"\r") != message.count(
        b"\n"
    ):
        message = _LINE_ENDS.sub(b"\r\n", message)
    message = message.replace(b"\n.", b"\n..")
    if message.startswith(b"."):
        message = b"." + message
    return message + (b"" if message.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _write_envelope(sender: str, recipients: Sequence[str]) -> list[bytes]:
    return [
        f"mail FROM:<{sender}>\r\n".encode(),
        *(f"rcpt TO:<{each}>\r\n".encode() for each in recipients),
    ]


def _find_wrong(addresses: Sequence[str]) -> str | None:
    return next((each for each in addresses if not _ADDRESS.fullmatch(each)), None)


def _do_nothing() -> bool:
    return False


class _Decision:
    """What `before_data` said; None until it was asked."""

    def __init__(self, before_data: Callable[[], bool]) -> None:
        self.before_data = before_data
        self.is_wanted: bool | None = None

    def take(self) -> bool:
        self.is_wanted = self.before_data()
        return False


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return text.replace("\x00", "").strip()[:2000]


class Connection:
    """One SMTP connection for many mails. Use it as a context manager; `open` raises
    SmtpUnavailableError.

    Where the server takes commands in groups (RFC 2920), sender and recipients are named in one,
    and those of the next mail right behind the content of the one before. Other servers get one
    command after the other.

    `while_waiting` is called again and again while the server thinks about DATA or the content,
    with the stage, until the answer is there or it returns False: it does a little work in time
    that would be lost. It must not raise. While the server thinks about the recipients,
    `before_data` is called instead.
    """

    def __init__(
        self, server: Server, while_waiting: Callable[[Stage], bool] = lambda _stage: False
    ) -> None:
        self.server, self.while_waiting = server, while_waiting
        self.sent = 0
        self._smtp: _Smtp | None = None
        self._begun: list[bytes] = []

    def __enter__(self) -> Connection:
        self.open()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """True while the server has not said or shown that it is gone."""
        return self._smtp is not None and self._smtp.sock is not None

    def open(self) -> None:
        """Connect, greet and log in. Raises SmtpUnavailableError with the stage and the server's
        words.
        """
        server, stage = self.server, Stage.CONNECT
        self._begun = []
        context = ssl.create_default_context() if server.use_tls or server.use_ssl else None
        smtp: _Smtp | None = None
        try:
            if server.use_ssl:
                smtp = _SmtpSsl(timeout=server.timeout_seconds, context=context)
            else:
                smtp = _Smtp(timeout=server.timeout_seconds)
            # smtplib takes the name for TLS from the constructor, and connects there at once when
            # it gets one.
            smtp._host = server.host  # type: ignore[attr-defined]
            code, words = smtp.connect(server.host, server.port)
            self._expect(stage, code, words)
            stage = Stage.EHLO
            self._greet(smtp)
            if server.use_tls:
                self._expect(stage, *smtp.starttls(context=context))
                self._greet(smtp)
            if server.user:
                stage = Stage.AUTH
                self._log_in(smtp)
        except SmtpUnavailableError:
            _drop(smtp)
            raise
        except smtplib.SMTPResponseException as error:
            _drop(smtp)
            raise SmtpUnavailableError(stage, _text(error.smtp_error), error.smtp_code) from error
        except (OSError, smtplib.SMTPException, ValueError) as error:
            _drop(smtp)
            raise SmtpUnavailableError(stage, _text(str(error)) or type(error).__name__) from error
        self._smtp = smtp

    def send(
        self,
        sender: str,
        recipients: Sequence[str],
        message: bytes,
        before_data: Callable[[], bool] = lambda: True,
        upcoming: Sequence[str] = (),
    ) -> Result:
        """Send one ready message (RFC 5322, ASCII or 8 bit, any line ends) and return what became
        of it.

        `before_data` is called while the server thinks about the recipients, and so before the DATA
        command; when it returns False the mail is withheld. What it raises comes out, after the
        connection was closed. A mail is sent to all recipients or to none. `upcoming` are the
        recipients of the mail of this sender that comes next, if there is one: named early, it
        waits less. Another mail may come instead.
        """
        smtp = self._smtp
        if smtp is None or smtp.sock is None:
            return Result(Outcome.TRY_LATER, Stage.MAIL, 0, "The connection was closed before.")
        if wrong := _find_wrong((sender, *recipients)):
            # A server might look for an address in it and send there.
            return Result(
                Outcome.REFUSED, Stage.RCPT, 553, f"{wrong!r} is not one address in ASCII letters."
            )
        decision = _Decision(before_data)
        try:
            refused = self._name(smtp, _write_envelope(sender, recipients), decision)
        except BaseException:
            smtp.close()
            raise
        if decision.is_wanted is False:
            self._reset()
            return Result(Outcome.WITHHELD, Stage.DATA)
        if refused is not None:
            return self._refused(*refused)
        can_name_next = upcoming and self._takes_groups(smtp) and not _find_wrong(upcoming)
        return self._send_data(
            smtp, message, _write_envelope(sender, upcoming) if can_name_next else []
        )

    def close(self) -> None:
        """Say goodbye if anybody still listens. Never raises."""
        self._hear_begun()
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.sock is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def _takes_groups(self, smtp: _Smtp) -> bool:
        return smtp.has_extn("pipelining")

    def _name(
        self, smtp: _Smtp, commands: list[bytes], decision: _Decision
    ) -> tuple[Stage, int, bytes] | None:
        """Name sender and recipients, unless that was begun behind the mail before. Returns what
        was refused first.
        """
        if self._begun == commands:
            self._begun, groups, is_said = [], [commands], True
        else:
            if self._hear_begun():
                self._reset()
            groups = [commands] if self._takes_groups(smtp) else [[command] for command in commands]
            is_said = False
        for group in groups:
            meanwhile = decision.take if group is groups[-1] else _do_nothing
            replies = self._ask(smtp, b"" if is_said else b"".join(group), meanwhile, len(group))
            for command, (code, words) in zip(group, replies, strict=True):
                stage = Stage.MAIL if command is commands[0] else Stage.RCPT
                if classify(stage, code) is not Outcome.ACCEPTED:
                    return stage, code, words
        return None

    def _send_data(self, smtp: _Smtp, message: bytes, upcoming: list[bytes]) -> Result:
        [(code, words)] = self._ask(smtp, b"data\r\n", partial(self.while_waiting, Stage.DATA))
        if classify(Stage.DATA, code) is not Outcome.ACCEPTED:
            return self._refused(Stage.DATA, code, words)
        lines, self._begun = _write_lines(message) + b"".join(upcoming), upcoming
        [(code, words)] = self._ask(smtp, lines, partial(self.while_waiting, Stage.FINAL_DOT))
        if classify(Stage.FINAL_DOT, code) is not Outcome.ACCEPTED:
            return self._refused(Stage.FINAL_DOT, code, words)
        self.sent += 1
        return Result(Outcome.ACCEPTED, Stage.FINAL_DOT, code, _text(words))

    def _ask(
        self, smtp: _Smtp, lines: bytes, meanwhile: Callable[[], bool], count: int = 1
    ) -> list[tuple[int, bytes]]:
        """Send the lines, if any, and return so many replies; 0 and what broke stands for each that
        did not come.

        `meanwhile` runs until the first is there: once at least where the lines could be sent, and
        no more when it returns False.
        """
        try:
            if lines:
                smtp.send(lines)
        except (OSError, smtplib.SMTPException) as error:
            return [self._lose(error)] * count
        while meanwhile() and not select([smtp.sock], [], [], 0)[0]:  # type: ignore[type-var]  # connected
            pass
        return [self._hear(smtp) for _ in range(count)]

    def _hear(self, smtp: _Smtp) -> tuple[int, bytes]:
        if smtp.sock is None:
            return 0, b"Connection closed"
        try:
            return smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            return self._lose(error)

    def _hear_begun(self) -> bool:
        """Take the answers about a mail that was named and does not come. False when none was
        named.
        """
        begun, self._begun = self._begun, []
        if self._smtp is not None and self._smtp.sock is not None:
            for _command in begun:
                self._hear(self._smtp)
        return bool(begun)

    def _lose(self, error: Exception) -> tuple[int, bytes]:
        self._begun = []
        self.close()
        return 0, str(error).encode()

    def _refused(self, stage: Stage, code: int, words: bytes) -> Result:
        if code == 421:
            self._begun = []
            self.close()
        else:
            self._reset()
        return Result(
            classify(stage, code), stage, code, f"{code} {_text(words)}" if code else _text(words)
        )

    def _reset(self) -> None:
        self._hear_begun()
        try:
            if (
                self._smtp is not None
                and self._smtp.sock is not None
                and self._smtp.rset()[0] != 250
            ):
                self.close()
        except (OSError, smtplib.SMTPException):
            self.close()

    @staticmethod
    def _expect(stage: Stage, code: int, words: bytes) -> None:
        if not 200 <= code < 300:
            raise SmtpUnavailableError(stage, f"{code} {_text(words)}", code)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        code, words = smtp.ehlo()
        if 500 <= code < 600 and code not in _LOG_IN_CODES:
            code, words = smtp.helo()
        self._expect(Stage.EHLO, code, words)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        server = self.server
        if server.oauth is None:
            smtp.login(server.user, server.password)
            return
        was_kept = server.oauth in _tokens
        try:
            self._log_in_by_token(smtp, server.oauth)
        except smtplib.SMTPAuthenticationError:
            _tokens.pop(server.oauth, None)
            if not was_kept:
                raise
            # A kept token may have been revoked, or our clock may be wrong: once more with a fresh
            # one.
            self._log_in_by_token(smtp, server.oauth)

    def _log_in_by_token(self, smtp: smtplib.SMTP, oauth: OAuth) -> None:
        token = get_access_token(oauth, timeout_seconds=self.server.timeout_seconds)
        first = f"user={self.server.user}\x01auth=Bearer {token}\x01\x01"
        # On a refusal the server sends its reason as a challenge, which an empty line answers.
        smtp.auth("XOAUTH2", lambda challenge=None: first if challenge is None else "")


def _drop(smtp: smtplib.SMTP | None) -> None:
    if smtp is not None:
        smtp.close()
