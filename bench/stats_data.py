"""Ten years of offers for `bench.stats`, written by the database itself: 250,000 of them in less
than a minute.

Chance comes from multiplications modulo a prime, so that both databases hold the same rows in every
run.
"""

from __future__ import annotations

import random
from datetime import datetime

from django.db import connection

from crm.core.folding import fold

SPAN = 10 * 365 * 86400
SALESPEOPLE = 50
OFFERS_PER_CUSTOMER = 8
_NEW_LINE = "'\n'"
_NAMES = [
    "Kühn",
    "Meier",
    "Vogt",
    "Şahin",
    "Weiß",
    "Rossi",
    "Brunner",
    "Köhler",
    "Huber",
    "Da Silva",
]
_TRADES = [
    "Metallbau",
    "Stahlbau",
    "Maschinenbau",
    "Fassaden",
    "Immobilien",
    "Hotel",
    "Stadtwerke",
    "Logistik",
]
_THINGS = ["Geländer", "Vordach", "Treppe", "Tor", "Fassade", "Balkon", "Zaun", "Wartung"]


def fill(number: int, *, now: datetime) -> None:
    """Store offers by 50 salespeople, answers of six in ten, one and a half reminders, a link and a
    follow-up each.
    """
    from feedback.backoffice.models import DeclineReason
    from tests.default_data import make_default_data

    make_default_data()
    reasons = list(DeclineReason.objects.order_by("pk"))
    customers = max(10, number // OFFERS_PER_CUSTOMER)
    first_salesperson, first_customer = _make_people(customers)
    codes = [reason.code for reason in reasons]
    statements = [
        _offers(number, int(now.timestamp()), f"{first_salesperson} + {_chance(40692, SALESPEOPLE)}",
                f"{first_customer} + {_chance(69621, customers)}", codes),
        _answers(f"{reasons[0].pk} + {_chance(39373, len(reasons))}"),
        _reminders(),
        _links(),
        _follow_ups(),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        for table in (
            "offers_offer",
            "feedback_answer",
            "reminders_reminder",
            "feedback_invitation",
        ):
            if _is_postgres():
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                )
        cursor.execute("ANALYZE")


def _make_people(number: int) -> tuple[int, int]:
    """Return the first id of the salespeople and of the customers, which are numbered without gaps."""
    from crm.accounts.models import User
    from offers.models import Customer

    chance = random.Random(1)
    User.objects.bulk_create(
        User(username=f"salesperson{n}", last_name=f"Vogt {n}", is_staff=True)
        for n in range(SALESPEOPLE)
    )
    Customer.objects.bulk_create(
        (
            Customer(
                email=f"{n}@kunde{n % 40_000}.example",
                name=f"Petra {chance.choice(_NAMES)}",
                company=f"{chance.choice(_NAMES)} {chance.choice(_TRADES)} {n % 4000}",
            )
            for n in range(number)
        ),
        batch_size=5000,
    )
    salesperson = User.objects.filter(username="salesperson0").values_list("pk", flat=True).get()
    return salesperson, Customer.objects.order_by("pk").values_list("pk", flat=True)[0]


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _chance(prime: int, below: int) -> str:
    """Return the SQL of a whole number from 0 to `below` (excluded) that looks like chance and
    depends on the id.
    """
    return f"(((id * {prime}) % 2147483647) % {below})"


def _choose(prime: int, words: list[str]) -> str:
    cases = " ".join(f"WHEN {place} THEN '{word}'" for place, word in enumerate(words))
    return f"CASE {_chance(prime, len(words))} {cases} END"


def _at(seconds: str) -> str:
    """Return the SQL of a moment as Django stores it."""
    return f"to_timestamp({seconds})" if _is_postgres() else f"datetime({seconds}, 'unixepoch')"


def _day(seconds: str) -> str:
    """Return the SQL of the day of a moment, in UTC."""
    if _is_postgres():
        return f"(to_timestamp({seconds}) AT TIME ZONE 'UTC')::date"
    return f"date({seconds}, 'unixepoch')"


def _later(column: str, seconds: str) -> str:
    if _is_postgres():
        return f"{column} + make_interval(secs => {seconds})"
    return f"datetime(unixepoch({column}) + {seconds}, 'unixepoch')"


def _uuid(prime: int) -> str:
    return (
        f"lpad(to_hex(id * {prime}), 32, '0')::uuid"
        if _is_postgres()
        else f"printf('%032x', id * {prime})"
    )


def _offers(number: int, now: int, salesperson: str, customer: str, codes: list[str]) -> str:
    statuses = ["interested", "declined", "declined", "ordered", "no_answer", "no_answer"]
    sent = f"{now} - {_chance(48271, SPAN)}"
    decided = (
        f"sent + 3600 * {_chance(16807, 24)} + 86400 * ({_chance(62089, 9)} * {_chance(52774, 7)})"
    )
    no = "FALSE" if _is_postgres() else "0"
    is_decided = "status IN ('interested', 'declined', 'ordered')"
    has_answer = f"{is_decided} AND {_chance(20021, 10)} < 9"
    thing = _choose(43049, _THINGS)
    house = _chance(25111, 5000)
    step = "CASE WHEN decided - sent > 691200 THEN 1 + drawn.id % 2 WHEN decided - sent > 345600 THEN 1 ELSE 0 END"
    columns = {
        "id": "drawn.id",
        "number": "'A' || drawn.id",
        "number_key": "'A' || drawn.id",
        "search_text": f"'a' || drawn.id || {_NEW_LINE} || 'ihr angebot a' || drawn.id || ' ' ||"
        f" {_choose(43049, [fold(word) for word in _THINGS])} || ' haus ' || {house} || {_NEW_LINE} ||"
        " offers_customer.search_text",
        "sender_email": "'v@muster.example'",
        "sender_name": "'Paul Vogt'",
        "subject": f"'Ihr Angebot A' || drawn.id || ' ' || {thing} || ' Haus ' || {house}",
        "message_id": "'<' || drawn.id || '@muster.example>'",
        "first_sent_at": _at("sent"),
        "sent_at": _at("sent"),
        "sent_on": _day("sent"),
        "revision": "1",
        "version": "1",
        "amount": _chance(23189, 9999),
        "currency": "'EUR'",
        "language": "'de'",
        "source": "'mail'",
        "status": "status",
        "status_at": _at("decided"),
        "status_channel": "CASE WHEN status IN ('open', 'superseded') THEN '' ELSE 'link' END",
        "first_answer_at": f"CASE WHEN {has_answer} THEN {_at('decided')} END",
        "answered_at": f"CASE WHEN {is_decided} THEN {_at('decided')} END",
        "answered_on": f"CASE WHEN {is_decided} THEN {_day('decided')} END",
        "answered_step": f"CASE WHEN {is_decided} THEN {step} ELSE 0 END",
        "reaction_seconds": f"CASE WHEN {is_decided} THEN decided - sent END",
        "customer_reason": f"CASE WHEN status = 'declined' AND {has_answer}"
        f" THEN {_choose(39373, codes)} ELSE '' END",
        "salesperson_reason": "''",
        "needs_review": "''",
        "contact_basis": "''",
        "reminders_stopped": no,
        "note": "''",
        "created_at": _at("sent"),
        "customer_id": "drawn.customer",
        "salesperson_id": "drawn.salesperson",
    }
    values = ", ".join(value.replace("(id *", "(drawn.id *") for value in columns.values())
    return f"""
    WITH RECURSIVE ids(id) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT id + 1 FROM ids WHERE id < {number}),
    raw AS (SELECT id, {sent} AS sent, {_choose(45991, statuses)} AS drawn, {customer} AS customer,
        {salesperson} AS salesperson FROM ids),
    drawn AS (SELECT id, sent, customer, salesperson,
        CASE WHEN {decided} > {now} THEN {now} ELSE {decided} END AS decided,
        CASE WHEN drawn = 'no_answer' AND (sent > {now} - 30 * 86400 OR {_chance(30323, 200)} = 0) THEN 'open'
        WHEN drawn = 'no_answer' AND {_chance(28081, 40)} = 0 THEN 'superseded' ELSE drawn END AS status FROM raw)
    INSERT INTO offers_offer ({", ".join(columns)})
    SELECT {values} FROM drawn JOIN offers_customer ON offers_customer.id = drawn.customer"""


def _answers(reason: str) -> str:
    no = "FALSE" if _is_postgres() else "0"
    return f"""
    INSERT INTO feedback_answer (uid, kind, channel, comment, note, sealed_comment, phone, is_suspect, answered_at,
        received_at, handled_at, notified_at, offer_id, reason_id)
    SELECT {_uuid(7)}, CASE status WHEN 'declined' THEN 'declined' ELSE 'interested' END, 'link', '', '', '', '', {no},
        status_at, status_at, status_at, status_at, id, CASE status WHEN 'declined' THEN {reason} END
    FROM offers_offer WHERE status IN ('interested', 'declined', 'ordered') AND {_chance(20021, 10)} < 9
    """


def _reminders() -> str:
    return f"""
    INSERT INTO reminders_reminder (step, state, message_id, mail_date, recipient, subject, sent_at, attempts,
        server_reply, offer_id)
    SELECT step, 'sent', '<' || id || '-' || step || '@x>', {_later("sent_at", "step * 345600")}, 'k@kunde.example', '',
        {_later("sent_at", "step * 345600")}, 1, '', id
    FROM offers_offer, (SELECT 1 AS step UNION ALL SELECT 2) steps WHERE step = 1 OR id % 2 = 1
    """


def _links() -> str:
    return f"""
    INSERT INTO feedback_invitation (token, digest, state, expires_at, registered_at, version, card_hash, created_at,
        offer_id)
    SELECT {_uuid(11)}, CAST({_uuid(13)} AS varchar(64)), CASE status WHEN 'open' THEN 'active' ELSE 'answered' END,
        {_later("sent_at", "5184000")}, sent_at, 1, '', sent_at, id FROM offers_offer
    """


def _follow_ups() -> str:
    return f"""
    INSERT INTO reminders_followup (next_at, next_step, because, released_step, skipped_step, call_step, own_text,
        computed_at, offer_version, offer_id)
    SELECT CASE WHEN status = 'open' THEN {_later("sent_at", "604800")} END, CASE WHEN status = 'open' THEN 1 END,
        CASE WHEN status = 'open' THEN 'step_due' ELSE status END, 0, 0, 0, '', sent_at, version, id FROM offers_offer
    """
