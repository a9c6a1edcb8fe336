"""The list of offers and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportModelAdmin
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.contrib.import_export.forms import ExportForm, ImportForm
from unfold.decorators import display

from crm.backoffice.admin.forms import NoteContactForm, OfferForm
from crm.backoffice.admin.parts import person, render
from crm.backoffice.story import Event, Kind, sort_events
from crm.core.admin_base import change_url, dialog_action, find_acts, go_to, once
from offers import services
from offers.models import Customer, MailFolder, Offer, SourceFile, number_key
from offers.resources import OfferExportResource, OfferImportResource
from offers.upload_formats import IMPORT_FORMATS

# Unfold shows the code instead of the label for a status that has no entry here.
STATUS_COLOURS = dict.fromkeys(Offer.Status.values, "") | {
    "open": "info", "interested": "success", "ordered": "success", "declined": "danger", "no_answer": "warning",
}  # fmt: skip
_KINDS = {SourceFile.State.FOLLOW_UP: Kind.FOLLOW_UP, SourceFile.State.AUTOMATIC: Kind.AUTOMATIC}


class ToDoFilter(admin.SimpleListFilter):
    """Offers on which the seller must act, not the customer."""

    title = _("to act on")
    parameter_name = "to_do"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("replied", _("the customer replied by mail")),
            ("check", _("to check")),
            ("bounced", _("bounced")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        still_open = queryset.filter(status=Offer.Status.OPEN)
        if self.value() == "replied":
            return still_open.filter(replied_at__isnull=False)
        if self.value() == "check":
            return queryset.exclude(needs_review="")
        if self.value() == "bounced":
            return still_open.filter(customer__bounced_at__isnull=False)
        return queryset


@admin.register(Offer)
class OfferAdmin(ModelAdmin, ImportExportModelAdmin):
    """The page of an offer. Upper layers subclass it and register theirs instead (docs/decisions.md
    4).
    """

    form = OfferForm
    list_display = [
        "number",
        "customer",
        "company",
        "subject",
        "sent_at",
        "status_label",
        "salesperson",
    ]
    list_filter = [
        ToDoFilter,
        ("status", ChoicesDropdownFilter),
        ("salesperson", RelatedDropdownFilter),
        ("sent_at", RangeDateFilter),
    ]
    list_filter_submit = True
    list_select_related = ["customer", "salesperson"]
    list_per_page = 25
    search_fields = ["number", "customer__email", "customer__name", "customer__company", "subject"]
    search_help_text = _("Number, customer, company or subject.")
    show_full_result_count = False
    autocomplete_fields = ["customer", "salesperson", "superseded_by"]
    readonly_fields = [
        "company", "first_sent_at", "revision", "source", "status_at", "status_by", "contacted_at", "replied_at",
        "mails", "story",
    ]  # fmt: skip
    add_fieldsets = (
        (None, {"fields": ("number", "customer", "sent_at", "subject", "salesperson")}),
        (_("More"), {"fields": ("amount", "currency", "language", "note")}),
    )
    fieldsets = (
        (
            None,
            {"fields": ("number", "customer", "company", "subject", "salesperson", "needs_review")},
        ),
        (_("Story"), {"fields": ("story",)}),
        (
            _("Status"),
            {
                "fields": ("status", "status_channel", "status_at", "status_by", "superseded_by"),
                "classes": ["tab"],
            },
        ),
        (
            _("Reminders"),
            {
                "fields": (
                    "paused_until",
                    "reminders_stopped",
                    "contact_basis",
                    "contacted_at",
                    "replied_at",
                ),
                "classes": ["tab"],
            },
        ),
        (
            _("Details"),
            {
                "fields": (
                    "sent_at",
                    "first_sent_at",
                    "revision",
                    "amount",
                    "currency",
                    "language",
                    "sender_email",
                    "sender_name",
                    "source",
                    "note",
                ),
                "classes": ["tab"],
            },
        ),
        (_("Mails"), {"fields": ("mails",), "classes": ["tab"]}),
    )
    actions_detail: list[Any] = ["note_contact"]
    actions_row = ["note_contact"]
    resource_classes = [OfferImportResource]
    import_form_class = ImportForm
    import_formats = IMPORT_FORMATS
    export_form_class = ExportForm

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[OfferExportResource]]:
        return [OfferExportResource]

    def find_by_number(self, queryset: QuerySet[Offer], words: str) -> QuerySet[Offer] | None:
        """Return the offers whose number begins like this, by the index; None where there are
        none.
        """
        key = number_key(words[:100])
        found = (
            queryset.filter(number_key__gte=key, number_key__lt=key + "\U0010ffff")
            if key
            else queryset.none()
        )
        return found if found.exists() else None

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Offer:
        offer: Offer = super().save_form(request, form, change)
        if change:
            return offer
        fields = dict(form.cleaned_data)
        customer: Customer = fields.pop("customer")
        people = services.load_people([customer.email])
        return services.build_offer(
            people, email=customer.email, source=Offer.Source.MANUAL, **fields
        )

    def save_model(self, request: HttpRequest, obj: Offer, form: Any, change: bool) -> None:
        if change:
            services.change_offer(
                obj, changed=form.changed_data, by=person(request), at=timezone.now()
            )
        else:
            services.add_offer(obj)

    @admin.display(description=_("company"), ordering="customer__company")
    def company(self, offer: Offer) -> str:
        return offer.customer.company

    @display(description=_("status"), ordering="status", label=STATUS_COLOURS)
    def status_label(self, offer: Offer) -> tuple[str, str]:
        return offer.status, offer.get_status_display()

    @admin.display(description=_("history"))
    @once
    def story(self, offer: Offer) -> SafeString:
        return render("backoffice/story.html", {"events": sort_events(self.get_events(offer))})

    @admin.display(description=_("mails"))
    @once
    def mails(self, offer: Offer) -> SafeString:
        files = offer.files.select_related("folder").order_by("-sent_at") if offer.pk else []
        return render(
            "backoffice/offer_mails.html",
            {"rows": [(file, change_url(file), origins(file)) for file in files]},
        )

    def get_events(self, offer: Offer) -> list[Event]:
        """Return what happened to the offer, in any order. Subclasses add theirs to
        `super().get_events(offer)`.
        """
        if offer.pk is None:
            return []
        mails = [_mail_event(file) for file in offer.files.select_related("folder")]
        contacts = [
            Event(
                contact.at,
                gettext("Contact with the customer"),
                f"{contact.note}\n{contact.by or ''}".strip(),
                Kind.NOTE,
            )
            for contact in offer.contacts.select_related("by")
        ]
        acts = [_act_event(entry) for entry in find_acts(offer)]
        entered = []
        if offer.source != Offer.Source.MAIL:
            entered = [
                Event(offer.first_sent_at, gettext("Offer sent"), offer.get_source_display())
            ]
        return [*mails, *contacts, *acts, *entered]

    @dialog_action(
        _("Note a contact"),
        _("A call or a visit. The next reminder waits until the quiet days after it are over."),
        icon="call",
        submit=_("Note"),
        form=NoteContactForm,
    )
    def note_contact(
        self, request: HttpRequest, form: NoteContactForm, object_id: str
    ) -> HttpResponse:
        offer = Offer.objects.get(pk=object_id)
        services.note_contact(
            offer, at=timezone.now(), by=person(request), note=form.cleaned_data["note"]
        )
        messages.success(request, gettext("The contact about offer %s is noted.") % offer)
        return go_to(change_url(offer))


def _act_event(entry: LogEntry) -> Event:
    words = entry.get_change_message()
    if words.endswith("through import_export"):  # which says so in English everywhere
        words = gettext("Changed by an uploaded list.")
    return Event(entry.action_time, words, str(entry.user), Kind.ACT)


def _mail_event(file: SourceFile) -> Event:
    incoming = file.folder.direction == MailFolder.Direction.INCOMING
    title = file.get_state_display()
    kind = _KINDS.get(SourceFile.State(file.state), Kind.MAIL)
    if incoming and file.state == SourceFile.State.FOLLOW_UP:
        title, kind = gettext("Reply of the customer"), Kind.REPLY
    elif file.reason in ("bounced", "delayed"):
        title, kind = gettext("Not delivered"), Kind.BOUNCE
    detail = "\n".join(filter(None, [file.subject, file.get_reason_display(), file.detail]))
    return Event(file.sent_at or file.first_seen_at, title, detail, kind, change_url(file))


def origins(file: SourceFile) -> list[tuple[str, str]]:
    """Return where each field of an offer was read in its mail, as pairs of field and place."""
    if file.state not in (SourceFile.State.OFFER, SourceFile.State.REVISION):
        return []
    number = {
        "number_in_attachment": gettext("name of an attachment"),
        "by_person": gettext("entered by a person"),
    }
    sent = gettext("Date")
    if "date_from_received" in file.defects:
        sent = gettext("Received, because Date was missing or unreadable")
    elif {"date_from_file", "date_in_future"} & set(file.defects):
        sent = gettext("time of the file, because the mail has no usable date")
    customer = next(
        (
            each["field"]
            for each in file.recipients
            if file.offer and each["email"] == file.offer.customer.email
        ),
        "",
    )
    return [
        (gettext("number"), number.get(file.reason, gettext("Subject"))),
        (gettext("customer"), customer.capitalize() or gettext("entered by a person")),
        (gettext("sent"), sent),
        (gettext("salesperson"), f"From: {file.sender}"),
    ]
