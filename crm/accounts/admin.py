"""People, roles and our own company in the admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import URLField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from crm.accounts.forms import RightsField
from crm.accounts.models import OwnCompany, User

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """People who may sign in. Their roles give them their rights."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = [
        "username",
        "first_name",
        "last_name",
        "email",
        "roles",
        "is_active",
        "last_login",
    ]
    list_filter = ["groups", "is_active"]
    list_filter_submit = False
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email", "phone", "language"]}),
        (_("Mails to this person"), {"fields": ["daily_digest", "weekly_summary"]}),
        (_("Rights"), {"fields": ["is_active", "groups", "is_staff", "is_superuser"]}),
        (_("Dates"), {"fields": ["last_login", "date_joined"]}),
    ]
    _fields = ["username", "first_name", "last_name", "email", "groups", "password1", "password2"]
    add_fieldsets = [(None, {"fields": _fields})]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: Any, **options: Any) -> Any:
        # There are three roles, and Django's selector of two lists is not translated.
        options["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        field = super().formfield_for_manytomany(db_field, request, **options)
        if field:
            field.label, field.help_text = _("Roles"), _("What the person may see and do.")
        return field

    @admin.display(description=_("role"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        # Django's form for a new user has no such field, and without it nobody can sign in.
        obj.is_staff = obj.is_staff or not change
        super().save_model(request, obj, form, change)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles with their rights."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **options: Any) -> Any:
        options |= {"widget": UnfoldAdminCheckboxSelectMultipleWidget(), "form_class": RightsField}
        return super().formfield_for_manytomany(db_field, request, **options)


@admin.register(OwnCompany)
class OwnCompanyAdmin(ModelAdmin):
    """The one row of our own company."""

    fieldsets = [
        (None, {"fields": ["name", "legal_notice"]}),
        (_("Links"), {"fields": ["imprint_url", "privacy_url"]}),
        (_("For questions"), {"fields": ["email", "phone"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the one row, or to its form when there is none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if OwnCompany.objects.filter(pk=1).exists():
            return redirect("admin:accounts_owncompany_change", 1)
        return redirect("admin:accounts_owncompany_add")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if self.has_add_permission(request) and OwnCompany.objects.filter(pk=1).exists():
            return redirect("admin:accounts_owncompany_change", 1)
        response: HttpResponse = super().add_view(request, form_url, extra_context)
        return response

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: OwnCompany, form: Any, change: bool) -> None:
        # The only key that the constraint allows; a sequence may already be past it.
        obj.pk = 1
        super().save_model(request, obj, form, change)
