from __future__ import annotations

import http.client
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.servers import free_port, stop, wait_for_port

SERVERS = {
    "gunicorn": ["-c", "deploy/office/gunicorn.conf.py", "-b", "127.0.0.1:{port}", "crm.wsgi"],
    "waitress": ["--listen=127.0.0.1:{port}", "crm.wsgi:application"],  # on Windows
}


@pytest.mark.parametrize("name", SERVERS)
def test_an_address_of_ten_thousand_characters_reaches_the_page(tmp_path: Path, name: str) -> None:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        name,
        *(argument.format(port=port) for argument in SERVERS[name]),
    ]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
        "DATABASE_URL": f"sqlite:///{tmp_path}/a",
    }
    server = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        wait_for_port(port, server)
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
            connection.request("GET", f"/stats/?company={'x' * 10_000}")
            with connection.getresponse() as answer:
                assert answer.status == 302  # to the sign-in page, not a bare 414
    finally:
        stop(server)
