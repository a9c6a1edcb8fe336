"""Where the customers' pages and the office's API are."""

from __future__ import annotations

from django.urls import include, path, re_path

from feedback.public import views

app_name = "feedback_public"
urlpatterns = [
    # Any text in the place of the token: a mutilated link gets the same page as one that was never
    # given out.
    re_path(r"^feedback/(?P<text>[^/]+)/?$", views.feedback, name="feedback"),
    re_path(r"^feedback/(?P<text>[^/]+)/opt-out/?$", views.opt_out, name="opt_out"),
    path("api/", include("feedback.public.api.urls")),
]
