from __future__ import annotations

import pytest
from django.test import Client

from crm.accounts.models import OwnCompany
from tests.make import make_user

pytestmark = pytest.mark.django_db


def test_the_menu_leads_to_the_one_company_or_to_entering_it(client: Client) -> None:
    client.force_login(make_user(is_superuser=True))
    assert (
        client.get("/admin/accounts/owncompany/").headers["Location"]
        == "/admin/accounts/owncompany/add/"
    )
    client.post("/admin/accounts/owncompany/add/", {"name": "Muster Metallbau AG"})
    assert OwnCompany.get().name == "Muster Metallbau AG"
    for path in ("", "add/"):
        assert (
            client.get(f"/admin/accounts/owncompany/{path}").headers["Location"]
            == "/admin/accounts/owncompany/1/change/"
        )
