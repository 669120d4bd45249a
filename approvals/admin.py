"""The administrators' pages of the window: items and drafts of guides by their verbs, the rest to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from approvals import guides
from approvals.admin_forms import (
    ByVerbForm,
    GuideForm,
    MaterialForm,
    MaterialFormSet,
    initial_rows,
    item_named,
    steps_of,
)
from approvals.models import (
    ApprovalCase,
    BadRating,
    GuideStep,
    Incoming,
    ItemGuide,
    Material,
    Permit,
    ServiceItem,
)
from approvals.rules import guide as rules
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors_of import actor_of
from portal.organisation.read_only_admin import ReadOnlyAdmin

UNDER_WAY = (rules.DRAFT, rules.REVIEWED)


class ByVerbs(ModelAdmin):
    """Nothing is deleted. What a verb refuses, the form says, with everything in it that was typed."""

    # What stands in the address stays there when the form is sent.
    preserve_filters = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **options)
        except NotAllowed as refused:
            raise PermissionDenied(str(refused.message)) from None
        except (Refused, ValidationError) as refused:
            # Nothing was written; the same form once more, and it knows what is wrong.
            request.refused = refused  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **options)
        form.refused = getattr(request, "refused", None)
        return form


@admin.register(ServiceItem)
class ServiceItemAdmin(ByVerbs):
    """The codes stand in papers and in the ledger for good."""

    form = ByVerbForm
    list_display = ("name", "name_en", "implementation_code", "unit", "position", "active", "next_version")
    list_filter = ("active",)
    list_select_related = ("unit",)
    search_fields = ("name", "name_en", "code")
    fields = (
        *("code", "implementation_code", "name", "name_en", "unit", "for_persons", "for_bodies"),
        *("position", "active"),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "implementation_code") if obj else ("active",)

    @admin.display(description=gettext_lazy("guide"))
    def next_version(self, item: ServiceItem) -> SafeString:
        address = reverse("admin:approvals_itemguide_add")
        return format_html('<a href="{}?item={}">{}</a>', address, item.code, _("Write the next version"))

    def save_model(self, request: HttpRequest, obj: ServiceItem, form: Any, change: bool) -> None:
        given, at, actor = form.cleaned_data, timezone.now(), actor_of(request)
        if change:
            changed = {name: given[name] for name in form.changed_data if name in guides.ITEM_COLUMNS}
            if changed:
                guides.change_item(ServiceItem.objects.get(pk=obj.pk), actor=actor, at=at, **changed)
            return
        names = [name for name in self.fields if name in given]
        obj.pk = guides.found_item(**{name: given[name] for name in names}, actor=actor, at=at).pk


class MaterialRows(StackedInline):
    """The materials of a draft, with the files to download."""

    model = Material
    form = MaterialForm
    formset = MaterialFormSet
    verbose_name_plural = gettext_lazy("Materials that an applicant brings")
    fields = (
        ("place", "name"),
        ("originals", "copies", "required"),
        "note",
        ("blank_file", "sample_file"),
        "keeps",
    )

    def get_extra(self, request: HttpRequest, obj: Any = None, **options: Any) -> int:
        rows = getattr(request, "rows", [])
        return len(rows) if rows else 1


class AsReviewed(TabularInline):
    """What belongs to a guide that was reviewed, to look at."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepsAsReviewed(AsReviewed):
    model = GuideStep
    fields = ("step", "days")


class MaterialsAsReviewed(AsReviewed):
    model = Material
    fields = ("position", "name", "originals", "copies", "required", "note")


LIMITS = (
    ("statutory_days", "promised_days"),
    ("joint", "extend_at_most"),
    ("special_days", "supplement_days"),
)
FEES = ("fee", "fee_basis", "fee_exemptions")
PLACE = ("place", "hours", "phone", ("certificate", "validity_months"))
REVIEW = ("reviewer", "review_number", "reviewed_by", "reviewed_at", "published_at", "replaced_at")


@admin.register(ItemGuide)
class ItemGuideAdmin(ByVerbs):
    """Drafts are written here; reviewed and published at the guides' desk, from when on they are frozen."""

    form = GuideForm
    list_display = ("item", "number", "state", "statutory_days", "promised_days", "written_at")
    list_filter = ("state", "item")
    list_select_related = ("item",)
    ordering = ("item__position", "item_id", "-number")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.state == rules.DRAFT)

    def view_on_site(self, obj: ItemGuide) -> str:
        return reverse("approvals:guide", args=[obj.pk])

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item__unit")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        written = [
            (None, {"fields": ("basis", "conditions")}),
            (gettext_lazy("Limits, in working days"), {"fields": LIMITS}),
            (gettext_lazy("Fee"), {"fields": FEES}),
            (gettext_lazy("Where, and what one gets"), {"fields": PLACE}),
        ]
        if obj is not None and obj.state != rules.DRAFT:
            return [*written, (gettext_lazy("Legal review and publication"), {"fields": REVIEW})]
        steps = ("step_preliminary", "step_survey"), ("step_review", "step_sign_off"), "seen"
        return [
            *written[:2],
            (gettext_lazy("Steps, together no longer than promised"), {"fields": steps}),
            *written[2:],
        ]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        if obj is not None and obj.state != rules.DRAFT:
            return (StepsAsReviewed, MaterialsAsReviewed)
        return (MaterialRows,)

    # The next version begins with what the last one says ------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        key = request.GET.get("item", "")
        if not key:
            return self._choose(request)
        item = item_named(key)
        if item is None:
            raise Http404
        last = item.guides.order_by("-number").first()
        if request.method == "GET" and last is not None and last.state in UNDER_WAY:
            messages.info(
                request, _("The next version of this guide is under way already: please change that one.")
            )
            return redirect("admin:approvals_itemguide_change", last.pk)
        request.item, request.last = item, last  # type: ignore[attr-defined]
        if request.method == "GET" and last is not None:
            request.rows = initial_rows(last)  # type: ignore[attr-defined]
        context = {"subtitle": str(item), **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Whose guide?"),
            "opts": self.opts,
            "items": ServiceItem.objects.order_by("position", "id"),
        }
        return TemplateResponse(request, "admin/approvals/choose_item.html", context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        last: ItemGuide | None = getattr(request, "last", None)
        if last is None:
            return {}
        return {**{name: getattr(last, name) for name in guides.COLUMNS}, **steps_of(last)}

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        options: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if rows := getattr(request, "rows", None):
            options["initial"] = rows
        return options

    # Written by one verb --------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: ItemGuide, form: Any, change: bool) -> None:
        """With the materials, in `save_related`."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        (materials,) = formsets
        written: dict[str, Any] = {
            "columns": form.columns(),
            "steps": form.steps(),
            "materials": materials.rows(),
            "actor": actor_of(request),
            "at": timezone.now(),
        }
        if change:
            draft = ItemGuide.objects.get(pk=form.instance.pk)
            guides.change(draft, **written, seen=form.cleaned_data["seen"])
            return
        made = guides.write(request.item, **written)  # type: ignore[attr-defined]
        form.instance.pk, form.instance.item, form.instance.number = made.pk, made.item, made.number

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        # The rows were written by the verb, so that the formset knows of none.
        return super().construct_change_message(request, form, [], add)


@admin.register(ApprovalCase)
class ApprovalCaseAdmin(ReadOnlyAdmin):
    """Without the applicant and without the look-up code: an administrator decides nothing."""

    list_display = ("number", "guide", "state", "unit", "opened_at", "closed_at")
    list_filter = ("state", "guide__item")
    search_fields = ("number__exact",)
    list_select_related = ("guide__item", "unit")
    exclude = (
        *("lookup_code", "applicant_name", "applicant_number", "representative"),
        *("phone", "email", "address", "subject_matter", "served_to", "rating_words"),
    )


@admin.register(Incoming)
class IncomingAdmin(ReadOnlyAdmin):
    """Without the sender, who may be a person, and without what was written."""

    list_display = ("number", "form", "state", "unit", "opened_at", "closed_at")
    list_filter = ("state", "form")
    search_fields = ("number__exact",)
    list_select_related = ("unit",)
    exclude = ("lookup_code", "sender", "sender_phone", "sender_number", "title", "content", "reply")


@admin.register(BadRating)
class BadRatingAdmin(ReadOnlyAdmin):
    list_display = ("number", "approval", "state", "unit", "opened_at", "closed_at")
    list_filter = ("state",)
    search_fields = ("number__exact",)
    list_select_related = ("approval", "unit")
    exclude = ("lookup_code",)


@admin.register(Permit)
class PermitAdmin(ReadOnlyAdmin):
    list_display = ("document", "case", "state", "valid_from", "valid_until", "issued_at")
    list_filter = ("state",)
    search_fields = ("document__number__exact",)
    list_select_related = ("document", "case")
