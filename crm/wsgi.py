"""The WSGI application of the profile that the environment names."""

from __future__ import annotations

from crm import profile

profile.load()

from django.core.wsgi import get_wsgi_application  # noqa: E402  (the profile must be known first)

application = get_wsgi_application()
