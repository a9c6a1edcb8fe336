"""How people sign in and what they may do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import F, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Concat

from crm.accounts.models import User


class _Listed(Subquery):
    """The names that a query finds, as one text with spaces between them."""

    output_field = TextField()
    template = "(SELECT group_concat(right_name, ' ') FROM (%(subquery)s) AS names)"

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            "(SELECT string_agg(right_name, ' ') FROM (%(subquery)s) AS names)",
        )


class RightsBackend(ModelBackend):
    """Django's own backend, which reads a person and their rights, own ones and those of the roles,
    by one query.
    """

    def get_user(self, user_id: Any) -> User | None:
        """Return the person of a session, rights included: every page asks for both."""
        rights = Permission.objects.filter(
            Q(user=OuterRef("pk")) | Q(group__user=OuterRef("pk"))
        ).order_by()
        names = rights.values(
            right_name=Concat(F("content_type__app_label"), Value("."), F("codename"))
        )
        user = User.objects.annotate(rights=_Listed(names)).filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        if not user.is_superuser:
            user._perm_cache = set((user.rights or "").split())  # type: ignore[attr-defined]
        return user

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the rights as "app.codename"; none for somebody who is not active, or for a single
        row.
        """
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            rights = Permission.objects.order_by()
            if not user_obj.is_superuser:
                rights = rights.filter(Q(user=user_obj) | Q(group__user=user_obj))
            rows = rights.values_list("content_type__app_label", "codename")
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in rows}
        rights_of_user: set[str] = user_obj._perm_cache
        return rights_of_user
