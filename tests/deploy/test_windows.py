"""The office on Windows: the task files say what the schedules say, and what they start really
runs.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
import tree_sitter_powershell
from django.core.management import call_command, get_commands
from tree_sitter import Language, Node, Parser

from crm.operations.schedules import JOBS
from tests.servers import free_port, stop, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = ROOT / "deploy" / "windows"
TASKS = sorted((WINDOWS / "tasks").glob("*.xml"))
# What notices that the schedules stand still is none of them; the units of Debian have the same
# rhythm.
JOBS = {job.name: job.cron for job in JOBS} | {"watch_health": "*/5 * * * *"}
NAMESPACE = {"": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]


def read_task(name: str) -> ElementTree.Element:
    return ElementTree.parse(WINDOWS / "tasks" / f"{name}.xml").getroot()


def text_of(task: ElementTree.Element, path: str) -> str:
    found = task.findtext(path, "", NAMESPACE)
    assert found, path
    return found


def cron_of(task: ElementTree.Element) -> str:
    """Return the trigger of a task as the cron expression of the same rhythm."""
    if interval := task.findtext("Triggers/TimeTrigger/Repetition/Interval", None, NAMESPACE):
        minutes = int(interval.removeprefix("PT").removesuffix("M"))
        return "* * * * *" if minutes == 1 else f"*/{minutes} * * * *"
    hour, minute = (
        text_of(task, "Triggers/CalendarTrigger/StartBoundary").split("T")[1].split(":")[:2]
    )
    week = task.find("Triggers/CalendarTrigger/ScheduleByWeek/DaysOfWeek", NAMESPACE)
    if week is None:
        return f"{int(minute)} {int(hour)} * * *"
    days = [DAYS.index(day.tag.rpartition("}")[2]) for day in week]
    assert days == list(range(days[0], days[-1] + 1))
    return f"{int(minute)} {int(hour)} * * {days[0]}-{days[-1]}"


def test_each_schedule_has_a_task_and_nothing_else_but_the_web_server():
    assert {path.stem for path in TASKS} == {*JOBS, "web"}


@pytest.mark.parametrize("name", JOBS)
def test_a_task_runs_when_the_schedule_says(name):
    assert cron_of(read_task(name)) == JOBS[name]


@pytest.mark.parametrize("path", TASKS, ids=lambda path: path.stem)
def test_a_task_never_runs_twice_at_once_and_never_as_administrator(path):
    task = read_task(path.stem)
    assert text_of(task, "Settings/MultipleInstancesPolicy") == "IgnoreNew"
    assert text_of(task, "Principals/Principal/RunLevel") == "LeastPrivilege"
    assert text_of(task, "Actions/Exec/WorkingDirectory") == r"C:\Nachfass"


@pytest.mark.parametrize("name", JOBS)
def test_a_task_starts_its_command(name):
    assert text_of(read_task(name), "Actions/Exec/Arguments") == f"manage.py {name}"
    assert name in get_commands()


# The others need a public service, a mail server or a file as database: they run in tests/chain and
# tests/core.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name", sorted(set(JOBS) - {"backup", "sync_feedback", "send_reminders", "watch_health"})
)
def test_what_a_task_starts_ends_with_a_sentence(name):
    _program, *arguments = shlex.split(text_of(read_task(name), "Actions/Exec/Arguments"))
    out = StringIO()
    call_command(*arguments, stdout=out)
    assert out.getvalue().strip().endswith(".")


def ask(port: int, *, sender: str) -> int:
    """Return the status of a request that claims to have come by TLS, from an address of this
    machine.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=20, source_address=(sender, 0))
    with closing(connection):
        connection.request("GET", "/healthz", headers={"X-Forwarded-Proto": "https"})
        return connection.getresponse().status


def test_the_web_server_answers_and_believes_only_the_proxy_beside_it(tmp_path):
    port = free_port()
    arguments = shlex.split(
        text_of(read_task("web"), "Actions/Exec/Arguments").replace(":8000", f":{port}")
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "crm.settings.office",
        "SECRET_KEY": "only-for-tests",
        "DATABASE_URL": f"sqlite:///{tmp_path}/office.sqlite3",
        "ALLOWED_HOSTS": "127.0.0.1",
        "LOG_DIR": str(tmp_path),
    }
    server = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment)
    try:
        wait_for_port(port, server)
        assert ask(port, sender="127.0.0.1") == 200
        assert ask(port, sender="127.0.0.2") == 301
    finally:
        stop(server)
    assert "Serving on" in (tmp_path / "web.log").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(WINDOWS.glob("*.ps1")), ids=lambda path: path.name)
def test_a_script_is_whole_powershell_and_stops_at_the_first_error(path):
    source = path.read_bytes()
    tree = Parser(Language(tree_sitter_powershell.language())).parse(source)
    assert not [
        node.start_point for node in walk(tree.root_node) if node.is_error or node.is_missing
    ]
    assert b"$ErrorActionPreference = 'Stop'" in source


def walk(node: Node):
    yield node
    for child in node.children:
        yield from walk(child)
