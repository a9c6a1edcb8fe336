"""The URLs of the public service. What is not listed here does not exist on the VPS."""

from __future__ import annotations

from django.urls import include, path

from crm.operations.views import healthz

urlpatterns = [
    path("", include("feedback.public.urls")),
    path("healthz", healthz, name="healthz"),
]
handler400 = "feedback.public.errors.bad_request"
handler404 = "feedback.public.errors.not_found"
handler500 = "feedback.public.errors.server_error"
