"""What the API says of the catalogue."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from disclosure.marking import excerpt
from disclosure.models import Disclosure
from portal.cases.terms import local_day


class NamedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class DisclosureSerializer(serializers.ModelSerializer):
    """An item of the catalogue. Days are Asia/Shanghai's; `url` is its permanent page.

    `excerpt` is some of the text around the words that were asked for, "" where none were.
    """

    category = NamedSerializer()
    theme = NamedSerializer()
    unit = NamedSerializer()
    published_on = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    excerpt = serializers.SerializerMethodField()

    class Meta:
        model = Disclosure
        fields = (
            *("index_number", "title", "document_number", "category", "theme", "unit", "dated_on"),
            *("published_on", "validity", "corrected_at", "keywords", "excerpt", "url"),
        )

    def get_published_on(self, item: Disclosure) -> str:
        return local_day(item.published_at).isoformat()

    def get_url(self, item: Disclosure) -> str:
        absolute: str = self.context["request"].build_absolute_uri(item.get_absolute_url())
        return absolute

    def get_excerpt(self, item: Disclosure) -> str:
        words = self.context["words"]
        return "".join(piece.text for piece in excerpt(item.body, words)) if words else ""


class CataloguePageSerializer(serializers.Serializer[Any]):
    """`total` is null for more than about a thousand results of a search, and on every later page."""

    total = serializers.IntegerField(allow_null=True)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DisclosureSerializer(many=True)
