from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from crm.backoffice.roles import ADMINISTRATORS, LEADERS, ROLES, SALES, write_roles

pytestmark = pytest.mark.django_db


def rights_of(name: str) -> set[str]:
    rights = Group.objects.get(name=name).permissions.select_related("content_type")
    return {f"{right.content_type.app_label}.{right.codename}" for right in rights}


def test_the_migration_makes_three_roles() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {SALES, LEADERS, ADMINISTRATORS}


@pytest.mark.parametrize("name", ROLES)
def test_every_right_of_a_role_exists(name: str) -> None:
    write_roles()
    assert rights_of(name) == ROLES[name]


def test_only_leaders_and_administrators_see_the_figures() -> None:
    assert "stats.view_figures" not in rights_of(SALES)
    assert "stats.view_figures" in rights_of(LEADERS) & rights_of(ADMINISTRATORS)


def test_running_it_again_changes_nothing_and_takes_nothing_away() -> None:
    extra = Permission.objects.get(codename="delete_customer")
    Group.objects.get(name=SALES).permissions.add(extra)
    before = {name: rights_of(name) for name in (SALES, LEADERS, ADMINISTRATORS)}
    write_roles()
    assert {name: rights_of(name) for name in before} == before
