"""Permissions for the figures. The numbers themselves are counted from the offers."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

_BEHIND_A_NUMBER = ["status", "answered_on", "customer_reason", "seller_reason", "step"]
_SUMMED = ["reaction_seconds", "cents", "currency"]


class Figure(models.Model):
    """No table: a place for the permissions of the stats pages."""

    class Meta:
        managed = False
        verbose_name = _("figure")
        verbose_name_plural = _("figures")
        default_permissions = ()
        permissions = [
            ("view_figures", _("Can see the figures")),
            ("export_figures", _("Can export the offers behind the figures")),
            ("view_salesperson_figures", _("Can see the figures of single salespeople")),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class OfferFact(models.Model):
    """What the sums below hold of one offer: written by `stats.summary` alone, never read as the
    truth about it.
    """

    offer_id = models.BigIntegerField(primary_key=True)
    sent_on = models.DateField()
    decided_on = models.DateField(null=True)
    status = models.CharField(max_length=20)
    answered_on = models.DateField(null=True)
    reaction_seconds = models.BigIntegerField(null=True)
    customer_reason = models.BigIntegerField(default=0)
    seller_reason = models.BigIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    cents = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    customer_id = models.BigIntegerField(db_index=True)
    salesperson_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("counted offer")
        verbose_name_plural = _("counted offers")
        default_permissions = ()
        indexes = [
            # All that a list behind a number asks for, in its order: a million facts are read from
            # the index alone.
            models.Index(
                fields=["sent_on", "offer_id", *_BEHIND_A_NUMBER], name="stats_offerfact_sent"
            ),
            models.Index(
                fields=["decided_on", "offer_id", *_BEHIND_A_NUMBER], name="stats_offerfact_decided"
            ),
            # All that is counted of the twenty thousand offers of a salesperson, which lie
            # scattered over the table.
            models.Index(
                fields=["salesperson_id", "sent_on", *_BEHIND_A_NUMBER, *_SUMMED],
                name="stats_offerfact_by_seller",
            ),
            models.Index(
                fields=["salesperson_id", "decided_on", "sent_on", *_BEHIND_A_NUMBER, *_SUMMED],
                name="stats_offerfact_by_seller_done",
            ),
        ]

    def __str__(self) -> str:
        return str(self.offer_id)


class MonthlySum(models.Model):
    """The counts of a slice of all offers in a month; `basis` names the slice (`summary.Slice`)."""

    basis = models.CharField(max_length=40)
    month = models.DateField()
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=40)
    number = models.BigIntegerField()
    total = models.BigIntegerField()

    class Meta:
        verbose_name = _("monthly sum")
        verbose_name_plural = _("monthly sums")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["basis", "month", "kind", "key"], name="stats_monthlysum_unique_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.kind} {self.key}: {self.number}"


class OfferChange(models.Model):
    """An offer whose figures may have changed, noted by triggers of the database, whoever wrote.

    Rows are only added and removed, never shared: two writers that touch one offer never wait for
    each other here.
    """

    offer_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("changed offer")
        verbose_name_plural = _("changed offers")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.offer_id)


class OfferSearch(models.Model):
    """What an offer is found by, in an index of the database's own kind (`stats.search`)."""

    offer_id = models.BigIntegerField(primary_key=True, db_column="rowid")
    words = models.TextField()

    class Meta:
        verbose_name = _("searchable offer")
        verbose_name_plural = _("searchable offers")
        default_permissions = ()

    def __str__(self) -> str:
        return self.words


class SummaryState(models.Model):
    """One row: locked by whoever updates the sums, so that only one does. `offers` is how many are
    counted.
    """

    offers = models.BigIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("state of the sums")
        verbose_name_plural = _("state of the sums")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="stats_summarystate_one_row")
        ]

    def __str__(self) -> str:
        return str(self.refreshed_at)
