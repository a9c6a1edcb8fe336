from __future__ import annotations

from django.urls import path

from feedback.public.api import views

urlpatterns = [
    path("invitations", views.InvitationsView.as_view(), name="invitations"),
    path("form", views.FormView.as_view(), name="form"),
    path("feedbacks", views.FeedbacksView.as_view(), name="feedbacks"),
    path("feedbacks/ack", views.AcknowledgementView.as_view(), name="acknowledge"),
    path("status", views.StatusView.as_view(), name="status"),
]
