"""The example env file is a working configuration, and names every setting there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from crm.operations.secrets import make_secrets

SETTING = re.compile(r'\b(?:env(?:\.\w+)?|required|database)\(\s*"([A-Z_]+)"')
LINE = re.compile(r"^(?:# )?([A-Z_]+)=", re.MULTILINE)


def read_example() -> dict[str, str]:
    """Return the text of each section of the example file by its title."""
    text = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    _head, *parts = re.split(r"^# == (.+) ==$", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def settings_of(*names: str) -> set[str]:
    folder = settings.BASE_DIR / "crm" / "settings"
    return {
        name
        for file in names
        for name in SETTING.findall((folder / f"{file}.py").read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize(
    ("profile", "section", "other"),
    [("office", "Office", "Public service"), ("public", "Public service", "Office")],
)
def test_the_example_names_every_setting_of_a_machine_and_no_other(
    profile: str, section: str, other: str
):
    example = read_example()
    named = set(LINE.findall(example["Both machines"])) | set(LINE.findall(example[section]))
    # Not a setting of ours, but what names the profile.
    assert named - {"DJANGO_SETTINGS_MODULE"} == settings_of("base", profile)


@pytest.mark.parametrize(
    ("profile", "section"), [("office", "Office"), ("public", "Public service")]
)
def test_the_example_with_fresh_keys_passes_the_deployment_check(
    profile: str, section: str, tmp_path: Path
):
    text = read_example()["Both machines"] + read_example()[section]
    for name, value in getattr(make_secrets(), profile).items():
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    env_file = tmp_path / "example.env"
    env_file.write_text(text, encoding="utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": str(env_file),
        "DATABASE_URL": f"sqlite:///{tmp_path}/db",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    result = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_without_a_profile_nothing_starts_and_a_sentence_says_why(tmp_path: Path):
    (tmp_path / ".env").touch()
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "ENV_FILE": str(tmp_path / ".env")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.startswith(
        "No profile is set. Put DJANGO_SETTINGS_MODULE=crm.settings.office"
    )
