"""Who may open what: every URL of the office for each role. A new URL without a row fails.

V: Vertrieb, L: Leitung, A: Administration; nobody else gets in, but for the few pages in EVERYBODY.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from crm.backoffice.roles import ADMINISTRATORS, LEADERS, SALES
from tests.make import make_rows, make_user

pytestmark = pytest.mark.django_db
ROLES = {"V": SALES, "L": LEADERS, "A": ADMINISTRATORS}
EVERYBODY = {"healthz", "readyz", "home", "admin:login", "admin:logout", "admin:jsi18n"}
# Model: who may view (list, page, history), add, and delete. "-" is nobody: records of fact.
MODELS = {
    "accounts.owncompany": ("LA", "A", "-"),
    "accounts.user": ("LA", "A", "A"),
    "auth.group": ("A", "A", "A"),
    "core.jobrun": ("LA", "-", "-"),
    "django_q.failure": ("A", "-", "A"),
    "django_q.ormq": ("A", "-", "A"),
    "django_q.schedule": ("A", "A", "A"),
    "django_q.success": ("A", "-", "A"),
    "feedback.answer": ("VLA", "-", "-"),
    "feedback.declinereason": ("VLA", "LA", "A"),
    "feedback.invitation": ("VLA", "-", "-"),
    "feedback.rejectedanswer": ("LA", "-", "-"),
    "feedback.syncstate": ("A", "-", "-"),
    "offers.customer": ("VLA", "VLA", "A"),
    "offers.mailfolder": ("LA", "A", "A"),
    "offers.offer": ("VLA", "VLA", "A"),
    "offers.senderrule": ("VLA", "-", "LA"),
    "offers.sourcefile": ("VLA", "-", "-"),
    "reminders.companyholiday": ("LA", "LA", "LA"),
    "reminders.customerplan": ("VLA", "VLA", "LA"),
    "reminders.followup": ("VLA", "-", "-"),
    "core.incident": ("LA", "-", "-"),
    "reminders.mailtext": ("VLA", "LA", "A"),
    "reminders.reminder": ("VLA", "-", "-"),
    "reminders.reminderplan": ("VLA", "LA", "LA"),
    "reminders.sendinghold": ("LA", "-", "-"),
}
OFFER_ACTIONS = (
    "note_contact",
    "record_answer",
    "new_link",
    "extend_link",
    "revoke_link",
    "pause",
    "resume",
    "stop",
)
OFFER_ACTIONS += ("send_reminder",)
FOLLOW_UP_ACTIONS = (
    "call_made",
    "call_one",
    "edit_text",
    "release_one",
    "send_now",
    "skip_one",
    "snooze",
)
REMINDER_ACTIONS = ("send_again_one", "set_aside_one", "was_sent_one")
ANSWER_ACTIONS = ("handle", "undo", "confirm", "dismiss")
FILE_ACTIONS = ("make_offer", "attach", "check_again", "ignore_one", "undo", "answer", "take_back")
OTHERS = {
    "admin:index": "VLA",
    "admin:search": "VLA",
    "admin:app_list": "VLA",
    "admin:autocomplete": "VLA",
    "admin:password_change": "VLA",
    "admin:password_change_done": "VLA",
    "admin:view_on_site": "VLA",
    "admin:auth_user_password_change": "A",
    "stats:show": "LA",
    "stats:customers": "LA",
    "stats:export-csv": "LA",
    "stats:export-xlsx": "LA",
    **dict.fromkeys((f"admin:feedback_answer_{action}" for action in ANSWER_ACTIONS), "VLA"),
    **dict.fromkeys((f"admin:offers_{model}_export" for model in ("customer", "offer")), "LA"),
    **dict.fromkeys((f"admin:offers_{model}_import" for model in ("customer", "offer")), "VLA"),
    **dict.fromkeys(
        (f"admin:offers_{model}_process_import" for model in ("customer", "offer")), "VLA"
    ),
    "admin:offers_mailfolder_try_pattern": "A",
    **dict.fromkeys((f"admin:offers_offer_{action}" for action in OFFER_ACTIONS), "VLA"),
    "admin:offers_customer_export_person": "LA",
    "admin:offers_customer_send_reminders": "VLA",
    "admin:offers_customer_clear_bounce_one": "VLA",
    "admin:offers_customer_erase_person": "A",
    **dict.fromkeys((f"admin:reminders_followup_{action}" for action in FOLLOW_UP_ACTIONS), "VLA"),
    **dict.fromkeys((f"admin:reminders_reminder_{action}" for action in REMINDER_ACTIONS), "VLA"),
    **dict.fromkeys(
        (f"admin:reminders_sendinghold_{action}" for action in ("hold", "release")), "LA"
    ),
    **dict.fromkeys(
        (f"admin:reminders_mailtext_{page}" for page in ("preview", "preview_page", "test_mail")),
        "VLA",
    ),
    **dict.fromkeys((f"admin:offers_sourcefile_{action}" for action in FILE_ACTIONS), "VLA"),
}
VERBS = {"changelist": 0, "change": 0, "history": 0, "add": 1, "delete": 2}


def walk(resolver: URLResolver, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, space + (f"{pattern.namespace}:" if pattern.namespace else ""))
        elif pattern.name:
            yield space + pattern.name, pattern


PATTERNS = dict(walk(get_resolver()))


def who(name: str) -> str | None:
    """Return the letters of the roles that may open the URL; None where no row says so."""
    if name in OTHERS:
        return OTHERS[name]
    for label, row in MODELS.items():
        model = f"admin:{label.replace('.', '_')}_"
        if name.startswith(model) and name.removeprefix(model) in VERBS:
            return row[VERBS[name.removeprefix(model)]]
    return None


def address(name: str, rows: dict[str, Any]) -> str:
    pattern = PATTERNS[name]
    if name == "admin:app_list":
        return "/admin/offers/"
    if name == "admin:autocomplete":
        return f"{reverse(name)}?app_label=offers&model_name=offer&field_name=customer"
    if name == "admin:view_on_site":
        return reverse(name, args=[1, 1])
    names = list(pattern.pattern.converters)
    if not names:
        return reverse(name)
    label = (
        "accounts_user"
        if "auth_user" in name
        else "_".join(name.removeprefix("admin:").split("_")[:-1])
    )
    return reverse(name, kwargs={names[0]: find_row(name, rows, label).pk})


def find_row(name: str, rows: dict[str, Any], label: str) -> Any:
    for model, row in rows.items():
        if label.startswith(model.replace(".", "_")) or name.startswith(
            f"admin:{model.replace('.', '_')}_"
        ):
            return row
    raise LookupError(f"tests/make.py makes no row for {name}.")


def is_open(answer: Any) -> bool:
    """True when the page was shown or did something: neither refused nor sent to sign in."""
    return answer.status_code not in {401, 403} and "/admin/login/" not in answer.headers.get(
        "Location", ""
    )


def test_every_url_has_a_row() -> None:
    missing = [name for name in PATTERNS if name not in EVERYBODY and who(name) is None]
    assert missing == []


def test_every_row_has_a_url() -> None:
    assert [name for name in OTHERS if name not in PATTERNS] == []
    assert [
        label for label in MODELS if f"admin:{label.replace('.', '_')}_changelist" not in PATTERNS
    ] == []
    assert set(MODELS) == {label for label in MODELS if apps.get_model(label)}


@pytest.mark.parametrize("role", ["", "API key", *ROLES])
def test_each_role_opens_what_its_row_says_and_nothing_else(client: Client, role: str) -> None:
    rows = make_rows(now=timezone.now())
    if (
        role == "API key"
    ):  # the one that opens the public service, held out to every page of the office
        client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {settings.FEEDBACK_API_KEY}"
    elif role:
        person = make_user()
        person.groups.add(Group.objects.get(name=ROLES[role]))
        client.force_login(person)
    wrong = []
    for name in PATTERNS:
        if name not in EVERYBODY:
            with transaction.atomic():
                answer = client.get(address(name, rows))
                if answer.streaming:
                    list(answer.streaming_content)  # reading to the end closes the file behind it
                opened = is_open(answer)
                transaction.set_rollback(True)
            if opened != bool(role and role in (who(name) or "")):
                wrong.append(f"{name}: {'opens' if opened else 'is closed'}")
    assert wrong == []


@pytest.mark.parametrize("name", sorted(EVERYBODY))
def test_a_few_pages_are_for_everybody(client: Client, name: str) -> None:
    assert client.get(reverse(name)).status_code in {200, 302, 405, 503}
