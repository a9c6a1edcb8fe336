"""URLs of the customers' pages and of the API that the office calls."""

from __future__ import annotations

from django.urls import include, path, re_path

from feedback.public import views

app_name = "feedback_public"
urlpatterns = [
    # Any text is accepted as the token: a damaged link gets the same page as an unknown one.
    re_path(r"^feedback/(?P<text>[^/]+)/?$", views.feedback, name="feedback"),
    re_path(r"^feedback/(?P<text>[^/]+)/opt-out/?$", views.opt_out, name="opt_out"),
    path("api/", include("feedback.public.api.urls")),
]
