from __future__ import annotations

import hashlib
import re
from pathlib import Path

import brotli
import pytest
import unfold
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from tests.make import make_user, make_year

BASE = Path(settings.BASE_DIR)
ICON = re.compile(
    r"""icon["']?\s*[:=]\s*["']([a-z0-9_]+)["']|material-symbols-outlined[^>]*>\s*([a-z0-9_]+)\s*<"""
)


def test_every_icon_in_use_is_in_the_font() -> None:
    """A missing icon shows its name instead. Then run `python -m tests.stats.subset_icons`."""
    icons = set((BASE / "static/unfold/fonts/material-symbols/icons.txt").read_text().split())
    used = {
        next(filter(None, match.groups()))
        for folder in ("crm", "offers", "feedback/backoffice", "reminders", "stats", "templates")
        for pattern in ("*.py", "*.html")
        for path in (BASE / folder).rglob(pattern)
        for match in ICON.finditer(path.read_text())
    }
    style = (Path(unfold.__file__).parent / "static/unfold/css/styles.css").read_text()
    used |= set(re.findall(r'content:"([a-z_]+)"', style)) - {"toolbar"}  # the last one is no icon
    assert len(used) > 50
    assert used - icons == set()


def test_the_vendored_chart_script_is_the_one_on_record() -> None:
    folder = BASE / "stats/static/stats/vendor"
    content = (folder / "chart.umd.min.js").read_bytes()
    assert hashlib.sha256(content).hexdigest() in (folder / "README.md").read_text()
    assert b"sourceMappingURL" not in content


@pytest.mark.django_db
def test_the_first_view_of_the_figures_is_light(client: Client) -> None:
    """Under 250 KB over the wire at first, under 30 KB after that, compressed as whitenoise and
    nginx send it.
    """
    make_year(400, now=timezone.now())
    client.force_login(make_user(is_superuser=True))
    page = client.get("/stats/").content
    links = set(re.findall(r'(?:src|href)="/static/([^"?]+)"', page.decode()))
    links |= {"unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2"}
    assert "stats/vendor/chart.umd.min.js" in links
    sizes = {
        link: len(brotli.compress(Path(str(finders.find(link))).read_bytes())) for link in links
    }
    own = len(brotli.compress(page))
    assert own < 30_000
    assert own + sum(sizes.values()) < 250_000, sizes


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/stats/", "/admin/"])
def test_no_page_of_ours_has_an_inline_script(client: Client, path: str) -> None:
    make_year(40, now=timezone.now())
    client.force_login(make_user(is_superuser=True))
    main = client.get(path).content.decode().partition("<main")[2].partition("</main>")[0]
    scripts = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>", main)
    assert scripts == []
    assert re.findall(r"\son[a-z]+=|\sstyle=", main) == []
