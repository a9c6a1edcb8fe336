"""Health checks of the import."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from crm.core.health import Finding
from offers.models import MailFolder


def check_folders(now: datetime) -> Iterator[Finding]:
    folders = MailFolder.objects.filter(is_active=True)
    if not folders:
        words = _("No folder is watched. Add David's export folder in the back office.")
        yield Finding("mail folders", words, is_ok=False)
    for folder in folders:
        name = f"mail folder {folder.name}"
        if not os.access(folder.path, os.R_OK | os.X_OK):
            words = _("%s cannot be read. Is the share mounted, and may this user read it?")
            yield Finding(name, words % folder.path, is_ok=False)
        elif folder.error:
            yield Finding(name, folder.error, is_ok=False)
        else:
            yield Finding(name, _("The folder can be read."))
