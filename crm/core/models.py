"""Models of both profiles: rate limit counters, job runs and incidents."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Counter(models.Model):
    """A count of a rate limit, written only by `crm.core.counters.CounterCache`."""

    key = models.CharField(max_length=255, primary_key=True)
    value = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"


class JobRun(models.Model):
    """The last run of a job, one row per command name."""

    name = models.CharField(_("job"), max_length=100, unique=True)
    started_at = models.DateTimeField(_("last start"), null=True)
    succeeded_at = models.DateTimeField(_("last success"), null=True)
    failed_at = models.DateTimeField(_("last failure"), null=True)
    summary = models.TextField(_("what it did"), blank=True)
    error = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_failing(self) -> bool:
        """True when the last finished run failed."""
        if self.failed_at is None:
            return False
        return self.succeeded_at is None or self.failed_at > self.succeeded_at


class Incident(models.Model):
    """A failure of a job that lasts until `ended_at`. Written by `crm.core.incidents`."""

    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("incident"), max_length=200)
    detail = models.TextField(_("detail"), blank=True)
    began_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=models.Q(ended_at=None),
                name="core_incident_one_open_per_kind",
            )
        ]

    def __str__(self) -> str:
        return self.title
