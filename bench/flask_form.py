"""The yardstick of bench/public_form.py: the same form and table as a minimal Flask service.

Flask, SQLAlchemy and Flask-Limiter as their quick starts put them together; no sealing, no stamp,
no languages. Its limiter counts in the memory of the process, its default, which costs least.
"""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime

from flask import Flask, abort, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import event

PAGE = """<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Angebot {{ invitation.number }}</title>
<link rel="stylesheet" href="/static/bootstrap.min.css"></head><body><header><p>{{ company }}</p></header><main>
<h1>Wie haben Sie sich zu unserem Angebot entschieden?</h1><dl><dt>Angebot</dt><dd>{{ invitation.number }}</dd>
<dt>Betreff</dt><dd>{{ invitation.subject }}</dd><dt>Ihre Ansprechperson</dt><dd>{{ invitation.salesperson }}</dd></dl>
<form method="post"><fieldset><legend>Ihre Antwort</legend>
{% for value, label in answers %}<div><input type="radio" name="answer" value="{{ value }}" id="{{ value }}">
<label for="{{ value }}">{{ label }}</label></div>{% endfor %}</fieldset>
<label for="reason">Warum lehnen Sie ab?</label><select name="reason" id="reason"><option value="">Bitte wählen</option>
{% for reason in reasons %}<option value="{{ reason.code }}">{{ reason.label }}</option>{% endfor %}</select>
<label for="phone">Telefon</label><input type="tel" name="phone" id="phone">
<label for="ask_again_on">Wann?</label><input type="date" name="ask_again_on" id="ask_again_on">
<label for="comment">Mitteilung</label><textarea name="comment" id="comment" maxlength="2000"></textarea>
<button type="submit">Antwort senden</button></form></main></body></html>"""
THANKS = "<!doctype html><title>Vielen Dank</title><h1>Vielen Dank für Ihre Antwort</h1>"
ANSWERS = [
    ("interested", "Ja, wir sind interessiert"),
    ("declined", "Nein"),
    ("undecided", "Noch unentschieden"),
]

app = Flask(__name__)
app.jinja_loader = DictLoader({"form.html": PAGE})
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BENCH_DATABASE_URL"]
db = SQLAlchemy(app)
limiter = Limiter(get_remote_address, app=app, storage_uri="memory://")


class Invitation(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    digest = db.Column(db.String(64), unique=True)
    number = db.Column(db.String(50))
    subject = db.Column(db.String(200))
    salesperson = db.Column(db.String(100))
    expires_at = db.Column(db.DateTime(timezone=True))
    answered_at = db.Column(db.DateTime(timezone=True))


class Reason(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    code = db.Column(db.String(50), unique=True)
    label = db.Column(db.String(200))


class Answer(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    invitation_id = db.Column(db.ForeignKey("invitation.id"), index=True)
    kind = db.Column(db.String(20))
    reason = db.Column(db.String(50))
    comment = db.Column(db.Text)
    submitted_at = db.Column(db.DateTime(timezone=True), index=True)


with app.app_context():

    @event.listens_for(db.engine, "connect")
    def tune(connection, _record):
        connection.execute("PRAGMA journal_mode=WAL")
        # SQLite's default, as ours for an answer: who is thanked for an answer has given it for
        # good.
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA busy_timeout=20000")


def find(token: str) -> Invitation:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return db.session.scalar(db.select(Invitation).filter_by(digest=digest)) or abort(410)


@app.get("/feedback/<token>")
@limiter.limit("1000000/minute")
def show(token):
    invitation = find(token)
    reasons = db.session.scalars(db.select(Reason)).all()
    return render_template(
        "form.html",
        invitation=invitation,
        answers=ANSWERS,
        reasons=reasons,
        company="Muster Metallbau GmbH",
    )


@app.post("/feedback/<token>")
@limiter.limit("1000000/minute")
def answer(token):
    invitation = find(token)
    kind, reason = request.form.get("answer", ""), request.form.get("reason", "")
    comment = request.form.get("comment", "")
    if kind not in dict(ANSWERS) or len(comment) > 2000 or (kind == "declined" and not reason):
        abort(422)
    now = datetime.now(UTC)
    unanswered = db.update(Invitation).where(
        Invitation.id == invitation.id, Invitation.answered_at.is_(None)
    )
    if db.session.execute(unanswered.values(answered_at=now)).rowcount != 1:
        abort(409)
    db.session.add(
        Answer(
            invitation_id=invitation.id, kind=kind, reason=reason, comment=comment, submitted_at=now
        )
    )
    db.session.commit()
    return THANKS


def fill(tokens: list[str]) -> None:
    """Make the tables and the links."""
    with app.app_context():
        db.create_all()
        db.session.add_all(
            Reason(code=code, label=code) for code in ("price", "competitor", "other")
        )
        rows = [
            {
                "digest": hashlib.sha256(token.encode()).hexdigest(),
                "number": "AN-2026-0412",
                "subject": "Ihr Angebot AN-2026-0412: Geländer Treppenhaus Süd",
                "salesperson": "Petra Vogt",
                "expires_at": datetime(2100, 1, 1, tzinfo=UTC),
            }
            for token in tokens
        ]
        db.session.execute(db.insert(Invitation), rows)
        db.session.commit()
