"""Render mail texts: Django's template language, limited to placeholders and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import FilterExpression, Node, TextNode, Variable, VariableNode
from django.template.defaulttags import IfNode
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# No loaders and no libraries: a text can neither read a file nor load a tag.
_ENGINE = Engine(
    dirs=[], loaders=[], libraries={}, debug=True, autoescape=False, string_if_invalid=""
)
_ALLOWED_TAGS = ("VariableNode", "TextNode", "IfNode", "CommentNode")

PLACEHOLDERS: dict[str, Promise | str] = {
    "greeting": gettext_lazy("“Guten Tag” with the customer's name where it is known"),
    "name": gettext_lazy("the customer's name"),
    "company": gettext_lazy("the customer's company"),
    "offer_number": gettext_lazy("the number of the offer"),
    "offer_date": gettext_lazy("the day of the offer, written out"),
    "offer_subject": gettext_lazy("the subject of the offer mail"),
    "several": gettext_lazy(
        "true when the mail is about several offers: {% if several %} … {% else %} … {% endif %}"
    ),
    "count": gettext_lazy("how many offers the mail is about"),
    "salesperson_name": gettext_lazy("the salesperson"),
    "salesperson_email": gettext_lazy("the salesperson's e-mail address"),
    "salesperson_phone": gettext_lazy("the salesperson's phone number"),
    "own_company": gettext_lazy("the name of your company"),
}


# Django's English error messages, and what a salesperson reads instead.
_SYNTAX = (
    (r"Unclosed tag on line \d+: '(\w+)'", gettext_lazy("{%% %s %%} has no end.")),
    (
        r"Invalid block tag on line \d+: '(\w+)'",
        gettext_lazy("{%% %s %%} cannot be used here, only {%% if %%}."),
    ),
    (
        r"'(\w+)' is not a registered tag library",
        gettext_lazy("{%% load %s %%} cannot be used here, only {%% if %%}."),
    ),
    (r"Invalid filter: '(\w+)'", gettext_lazy("there is no filter “%s”.")),
)
# Braces that are plain text for Django but a mistake of the author: {{ name, or { { name } }.
_HALF_MARK = re.compile(r"\{\s*[{%]|[%}]\s*\}")


class MailTextError(Exception):
    """A mistake in a mail text. The message names the line and what is wrong."""


# A run makes all its mails from a few texts.
@lru_cache(maxsize=256)
def compile_text(source: str) -> Template:
    """Return the text as a template. Raises MailTextError that names the line of the mistake."""
    try:
        template = Template(source, engine=_ENGINE)
    except TemplateSyntaxError as error:
        raise MailTextError(f"{_find_place(error)}: {_explain(error)}") from error
    for node in template.nodelist.get_nodes_by_type(Node):
        _check_node(node)
    example: dict[str, object] = dict.fromkeys(PLACEHOLDERS, "x")
    _fill(template, {**example, "several": False, "count": 1})
    _fill(template, {**example, "several": True, "count": 2})
    return template


def render(source: str, values: dict[str, object]) -> str:
    """Return the text with its placeholders filled in. Raises MailTextError."""
    return _fill(compile_text(source), values)


def _fill(template: Template, values: dict[str, object]) -> str:
    try:
        return str(template.render(Context(values, autoescape=False)))
    except Exception as error:
        # A filter may raise any exception, and one text must not stop the mails of all others.
        words = _("%(place)s: this cannot be filled in (%(error)s).")
        raise MailTextError(words % {"place": _find_place(error), "error": error}) from error


def _find_place(error: Exception) -> str:
    return _name_line(getattr(error, "template_debug", {}).get("line", 1))


def _name_line(line: int) -> str:
    return _("Line %d") % line


def _explain(error: TemplateSyntaxError) -> str:
    for pattern, words in _SYNTAX:
        if found := re.search(pattern, str(error)):
            return str(words) % found[1]
    return _("this cannot be read.")


def _check_node(node: Node) -> None:
    line = (node.token.lineno if node.token else None) or 1
    if type(node).__name__ not in _ALLOWED_TAGS:
        tag = node.token.contents.split()[0] if node.token else type(node).__name__
        raise MailTextError(
            f"{_name_line(line)}: " + _("{%% %s %%} cannot be used here, only {%% if %%}.") % tag
        )
    if isinstance(node, TextNode) and (half := _HALF_MARK.search(node.s)):
        line += node.s.count("\n", 0, half.start())
        raise MailTextError(f"{_name_line(line)}: " + _("“%s” has no counterpart.") % half[0])
    expressions: list[FilterExpression] = []
    if isinstance(node, VariableNode):
        expressions.append(node.filter_expression)
    if isinstance(node, IfNode):
        for condition, _nodelist in node.conditions_nodelists:
            expressions.extend(_find_expressions(condition))
    for expression in expressions:
        for name in _find_names(expression):
            _check_name(name, line)


def _find_names(expression: FilterExpression) -> Iterator[str]:
    """Yield the names in the expression and in the arguments of its filters."""
    if isinstance(expression.var, Variable):
        yield str(expression.var)
    for _filter, arguments in expression.filters:
        for is_variable, value in arguments:
            if is_variable:
                yield str(value)


def _find_expressions(condition: Any) -> Iterator[FilterExpression]:
    if condition is None:
        return
    value = getattr(condition, "value", None)
    if isinstance(value, FilterExpression):
        yield value
    for part in ("first", "second"):
        if (below := getattr(condition, part, None)) is not None:
            yield from _find_expressions(below)


def _check_name(name: str, line: int) -> None:
    is_literal = name[:1] in "\"'0123456789-" or name in ("True", "False", "None")
    if not is_literal and name not in PLACEHOLDERS:
        known = ", ".join(PLACEHOLDERS)
        raise MailTextError(_("%(place)s: “%(name)s” is not a placeholder. Known are: %(known)s.") % {
            "place": _name_line(line), "name": name, "known": known
        })  # fmt: skip
