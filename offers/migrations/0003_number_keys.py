"""Compare offer numbers without regard to the kind of separator.

An offer whose new key another offer of the customer has keeps the old one.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import migrations

_SEPARATORS = re.compile(
    r"[\s/._\u2044\u2215\uff0f\u2010-\u2015\u2212\ufe58\ufe63\uff0d-]+"
)
# What an old key has that is not a plain letter, digit or hyphen.
_ODD = r"[^0-9A-Z-]"


def build_keys(apps: Any, schema_editor: Any) -> None:
    offers = apps.get_model("offers", "Offer").objects
    odd = offers.filter(number_key__regex=_ODD).order_by("pk")
    for key, number, customer in list(odd.values_list("pk", "number_key", "customer")):
        plain = _SEPARATORS.sub("-", number).strip("-")
        taken = offers.filter(number_key=plain, customer=customer).exclude(pk=key)
        if plain != number and not taken.exists():
            offers.filter(pk=key).update(number_key=plain)


class Migration(migrations.Migration):
    dependencies = [("offers", "0002_judged_mails")]

    operations = [migrations.RunPython(build_keys, migrations.RunPython.noop)]
