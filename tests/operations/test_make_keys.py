from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from crm.operations.secrets import make_secrets
from feedback import sealing


def test_the_public_service_gets_the_hash_of_the_offices_key_and_no_private_key():
    fresh = make_secrets()
    key_hash = hashlib.sha256(fresh.office["FEEDBACK_API_KEY"].encode()).hexdigest()
    assert fresh.public["FEEDBACK_API_KEY_HASHES"] == key_hash
    assert set(fresh.office.values()).isdisjoint(fresh.public.values())
    assert "FEEDBACK_SEALING_PRIVATE_KEY" not in fresh.public


def test_the_sealing_key_opens_what_was_sealed_for_it():
    key = make_secrets().office["FEEDBACK_SEALING_PRIVATE_KEY"]
    sealed = sealing.seal_message(sealing.Message("Zu teuer"), sealing.public_key_of(key))
    assert sealing.open_message(sealed, key).comment == "Zu teuer"


def test_each_call_makes_other_secrets():
    assert make_secrets() != make_secrets()


def test_keys_are_made_before_anything_is_configured(tmp_path: Path):
    environment = {"PATH": os.environ["PATH"], "ENV_FILE": str(tmp_path / "not there")}
    result = subprocess.run(
        [sys.executable, settings.BASE_DIR / "manage.py", "make_keys"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    lines = [line for line in result.stdout.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 5
    assert all(
        value and name.isupper() for name, _, value in (line.partition("=") for line in lines)
    )
