"""The page of a question about a mail: the mail, the likely answers, and then the next question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext

from crm.accounts.models import User
from crm.backoffice.admin.mail_head import build_head
from crm.backoffice.admin.parts import person
from crm.backoffice.admin.question_forms import QuestionForm
from crm.backoffice.changes import changing_offers, follow_changes
from crm.backoffice.questions import Place, find_answered, find_place
from crm.core.admin_base import change_url, note_acts
from offers.answering import Act, AnswerError, Given
from offers.mail_import import recheck
from offers.message_view import read_mail_view
from offers.models import Offer, SenderRule, SourceFile
from offers.questions import explain, find_answered_by, find_choices, find_sentence
from offers.undo import answer_question, take_back


def carry_out(
    request: HttpRequest,
    file: SourceFile,
    act: Act,
    *,
    rule: SenderRule | None = None,
    **filled: Any,
) -> bool:
    """Decide about a mail as a person says, so that it can be taken back.

    Return whether it was done; a message says why not.
    """
    given = Given(timezone.now(), person(request), **filled)
    try:
        with changing_offers() as changed:
            changed.extend(answer_question(file, act, given, rule=rule))
    except AnswerError as error:
        messages.error(request, str(error))
        return False
    words = gettext("Decided about a mail: %s") % file.get_state_display()
    note_acts(request, [offer for offer in changed if offer.pk == file.offer_id], words)
    return True


def undo_answer(request: HttpRequest, file: SourceFile) -> None:
    """Take back a decision about a mail, and say so, or why not."""
    given = Given(timezone.now(), person(request))
    rules = list(SenderRule.objects.filter(pk__in=(file.undo or {}).get("rules", [])))
    try:
        with changing_offers() as changed:
            offers = take_back(file, given, after_store=follow_changes, has_history=has_history)
            changed.extend(offers)
    except AnswerError as error:
        messages.error(request, str(error))
        return
    _check_again(rules)
    note_acts(request, changed, gettext("Took back a decision about a mail."))
    messages.success(request, gettext("The decision is taken back."))


def _check_again(rules: Iterable[SenderRule]) -> None:
    """Decide again about the other questions that a new or a removed rule answers."""
    for rule in rules:
        files = find_answered_by(rule)
        recheck.check_again(files, after_store=follow_changes, has_history=has_history)


def has_history(offer: Offer) -> bool:
    """Return whether more happened to an offer than its mails say."""
    return offer.answers.exists() or offer.reminders.exists()


class QuestionPages:
    """Mixin of the import log's admin page: a file in review opens as a question."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view  # type: ignore[attr-defined]
        return [
            path("<int:key>/answer/", view(self.answer), name="offers_sourcefile_answer"),
            path("<int:key>/take-back/", view(self.take_back), name="offers_sourcefile_take_back"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> Any:
        file = self.get_object(request, object_id)  # type: ignore[attr-defined]
        is_question = file is not None and file.state == SourceFile.State.REVIEW
        if is_question and "details" not in request.GET and request.method == "GET":
            return self._show(request, file)
        return super().change_view(request, object_id, *args, **options)  # type: ignore[misc]

    def answer(self, request: HttpRequest, key: int) -> HttpResponse:
        """Carry out the chosen answer and lead to the next question."""
        file = self._get_file(request, key)
        if request.method != "POST":
            return HttpResponseRedirect(change_url(file))
        if file.state != SourceFile.State.REVIEW:
            words = gettext("Somebody has decided about this mail in the meantime.")
            messages.error(request, words)
            return HttpResponseRedirect(change_url(file))
        place = find_place(_get_user(request), file, request.GET.get("of", ""))
        for choice in find_choices(file):
            if choice.code == request.POST.get("choice"):
                break
        else:
            return HttpResponseRedirect(change_url(file))
        form = QuestionForm(file, choice, request.POST)
        if not form.is_valid():
            return self._show(request, file, form)
        rule = form.rule if form.cleaned_data.get("always") else None
        if not carry_out(request, file, choice.act, rule=rule, **form.get_filled()):
            return HttpResponseRedirect(change_url(file))
        if rule is not None:
            _check_again([rule])
        return HttpResponseRedirect(_next_url(place, answered=file))

    def take_back(self, request: HttpRequest, key: int) -> HttpResponse:
        """Take back an answer and lead to the question again."""
        file = self._get_file(request, key)
        if request.method == "POST":
            undo_answer(request, file)
        return HttpResponseRedirect(change_url(file))

    def _get_file(self, request: HttpRequest, key: int) -> SourceFile:
        if not self.has_act_permission(request):  # type: ignore[attr-defined]
            raise PermissionDenied
        return get_object_or_404(SourceFile.objects.select_related("folder", "offer"), pk=key)

    def _show(
        self, request: HttpRequest, file: SourceFile, sent: QuestionForm | None = None
    ) -> HttpResponse:
        place = find_place(_get_user(request), file, request.GET.get("of", ""))
        forms = [QuestionForm(file, choice) for choice in find_choices(file)]
        if sent is not None:
            forms = [sent if form.prefix == sent.prefix else form for form in forms]
        view = read_mail_view(file)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": gettext("Question about a mail"),
            "opts": SourceFile._meta,
            "file": file,
            "sentence": find_sentence(file),
            "explanation": explain(file),
            "forms": forms,
            "head": build_head(file, view),
            "view": view,
            "place": place,
            "may_act": self.has_act_permission(request),  # type: ignore[attr-defined]
            "answered": find_answered(request.GET.get("answered", "")),
            "skip_url": _next_url(place),
        }
        return TemplateResponse(request, "backoffice/question.html", context)


def _get_user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the admin asks staff to sign in before
    return request.user


def _next_url(place: Place, *, answered: SourceFile | None = None) -> str:
    """Return the address of the next question, or of Today after the last one."""
    query: dict[str, Any] = {}
    url = reverse("admin:index")
    if place.next_key is not None:
        url = reverse("admin:offers_sourcefile_change", args=[place.next_key])
        query["of"] = place.total
    if answered is not None:
        query["answered"] = answered.pk
    return f"{url}?{urlencode(query)}" if query else url
