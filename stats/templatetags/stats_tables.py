from __future__ import annotations

from django import template

from stats.charts import Point

register = template.Library()


@register.filter
def cells(point: Point) -> list[tuple[float, str]]:
    """Return the values of a row, each with the link to the offers behind it."""
    return list(zip(point.values, point.links, strict=True))
