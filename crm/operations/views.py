"""The pages /healthz and /readyz, by which other programs check this machine."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from crm.operations.alarm_state import load_problems
from crm.operations.health import examine


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 when the database answers, else 503. Says nothing else, because anyone may ask."""
    try:
        connection.ensure_connection()
        is_usable = connection.is_usable()
    except DatabaseError:
        is_usable = False
    if not is_usable:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 when all is well, else 503 with one sentence per problem."""
    problems = []
    names = set()
    for finding in examine(timezone.now()):
        names.add(finding.name)
        if not finding.is_ok:
            problems.append(f"{finding.name}: {finding.detail}")
    # Checks of other machines, such as that of the certificate, are not repeated here.
    _looked_at, known = load_problems()
    for problem in known:
        if problem.name not in names:
            problems.append(f"{problem.name}: {problem.detail}")
    if problems:
        return JsonResponse({"status": "not ready", "problems": problems}, status=503)
    return JsonResponse({"status": "ok"})
