"""Offers, customers, mail folders and the import log in the admin."""

from __future__ import annotations

from django.contrib import admin
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from offers.models import Customer, MailFolder, Offer, SourceFile
from offers.timeline import Event, sort_events


@admin.register(Offer)
class OfferAdmin(ModelAdmin):
    """The page of an offer. Upper layers subclass it and register theirs instead (docs/decisions.md 4)."""

    list_display = ["number", "customer", "company", "subject", "sent_at", "status", "salesperson"]
    list_filter = ["status", "salesperson"]
    list_select_related = ["customer", "salesperson"]
    search_fields = ["number", "customer__email", "customer__name", "customer__company", "subject"]
    show_full_result_count = False
    date_hierarchy = None
    autocomplete_fields = ["customer", "salesperson", "superseded_by"]
    readonly_fields = ["story"]

    @admin.display(description=gettext_lazy("company"), ordering="customer__company")
    def company(self, offer: Offer) -> str:
        return offer.customer.company

    @admin.display(description=gettext_lazy("history"))
    def story(self, offer: Offer) -> SafeString:
        return mark_safe(render_to_string("offers/timeline.html", {"events": sort_events(self.get_events(offer))}))  # noqa: S308  # the template escapes

    def get_events(self, offer: Offer) -> list[Event]:
        """Return what happened to the offer, in any order. Subclasses add theirs to `super().get_events(offer)`."""
        if offer.pk is None:
            return []
        return [
            Event(
                file.sent_at or file.first_seen_at,
                file.get_state_display(),
                file.subject,
                kind="follow_up" if file.state == SourceFile.State.FOLLOW_UP else "mail",
                url=reverse("admin:offers_sourcefile_change", args=[file.pk]),
            )
            for file in offer.files.all()
        ]


@admin.register(Customer)
class CustomerAdmin(ModelAdmin):
    list_display = ["email", "name", "company", "language", "do_not_contact"]
    search_fields = ["email", "name", "company"]
    show_full_result_count = False


@admin.register(MailFolder)
class MailFolderAdmin(ModelAdmin):
    list_display = ["name", "path", "direction", "is_active", "scanned_at", "error"]
    readonly_fields = ["scanned_at", "error"]


@admin.register(SourceFile)
class SourceFileAdmin(ModelAdmin):
    list_display = ["name", "folder", "state", "reason", "subject", "sender", "sent_at"]
    list_filter = ["state", "folder"]
    search_fields = ["name", "subject", "message_id"]
    show_full_result_count = False
