"""A list of pages and its pages, written as Wagtail's own tutorial writes them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

PAGE_SIZE = 20


class ItemIndex(Page):
    """The parent of all items: its page is the list, newest first."""

    subpage_types = ["catalogue.Item"]

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context(request, *args, **kwargs)
        items = self.get_children().live().specific().order_by("-first_published_at")
        context["items"] = Paginator(items, PAGE_SIZE).get_page(request.GET.get("page"))
        return context


class Item(Page):
    body = RichTextField()
    dated_on = models.DateField()
    document_number = models.CharField(max_length=60, blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("dated_on"),
        FieldPanel("document_number"),
        FieldPanel("body"),
    ]
    parent_page_types = ["catalogue.ItemIndex"]
