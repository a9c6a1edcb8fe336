"""Compare offer numbers without regard to the kind of hyphen and to blanks.

An offer whose new key another offer of the customer has keeps the old one.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import migrations

_OTHER_HYPHENS = dict.fromkeys(
    map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-"
)
_OTHER_SLASHES = dict.fromkeys(map(ord, "\u2044\u2215\uff0f"), "/")
# What an old key has that is not a plain letter, digit or separator.
_ODD = r"[^0-9A-Z./_-]"


def build_keys(apps: Any, schema_editor: Any) -> None:
    offers = apps.get_model("offers", "Offer").objects
    odd = offers.filter(number_key__regex=_ODD).order_by("pk")
    for key, number, customer in list(odd.values_list("pk", "number_key", "customer")):
        words = " ".join(number.translate(_OTHER_HYPHENS | _OTHER_SLASHES).split())
        plain = re.sub(r" ?([-/._]) ?", r"\1", words).replace(" ", "-")
        taken = offers.filter(number_key=plain, customer=customer).exclude(pk=key)
        if plain != number and not taken.exists():
            offers.filter(pk=key).update(number_key=plain)


class Migration(migrations.Migration):
    dependencies = [("offers", "0002_judged_mails")]

    operations = [migrations.RunPython(build_keys, migrations.RunPython.noop)]
