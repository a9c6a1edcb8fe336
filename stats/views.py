"""The pages of the figures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from stats import exports
from stats.access import may_export, may_view
from stats.dashboard import build_dashboard
from stats.filters import OfferFilter, may_see_salespeople, suggest


@require_safe
@may_view
def show(request: HttpRequest) -> HttpResponse:
    """Show the dashboard: tiles, charts with their tables, and the filter."""
    page = build_dashboard(OfferFilter(request.GET, request=request), now=timezone.now())
    context = {"title": _("Figures"), "page": page, "query": request.GET.urlencode()}
    return render(request, "stats/show.html", admin.site.each_context(request) | context)


@require_safe
@may_export
def export_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Export the filtered offers as CSV."""
    columns, rows = _read_offers(request)
    return StreamingHttpResponse(
        exports.write_csv(columns, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_file_name()}.csv"'},
    )


@require_safe
@may_export
def export_xlsx(request: HttpRequest) -> FileResponse:
    """Export the filtered offers as an XLSX workbook."""
    columns, rows = _read_offers(request)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    exports.write_xlsx(columns, rows, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{_file_name()}.xlsx")


@require_safe
@may_view
def suggest_customers(request: HttpRequest) -> JsonResponse:
    """Return up to ten customers or companies that match the typed text, for the filter."""
    words, field = request.GET.get("q", "")[:200], request.GET.get("field", "")
    return JsonResponse({"suggestions": suggest(words, companies=field == "company")})


def _read_offers(request: HttpRequest) -> tuple[list[exports.Column], Iterator[list[Any]]]:
    columns = exports.build_columns(with_salesperson=may_see_salespeople(request.user))
    return columns, exports.read_rows(OfferFilter(request.GET, request=request).qs, columns)


def _file_name() -> str:
    return _("offers") + timezone.localdate().strftime("-%Y-%m-%d")
