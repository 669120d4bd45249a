"""The catalogue over the API, for everyone: the same filters and the same search as the page.

Errors: 400 with the field and its sentences.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from disclosure import browsing
from disclosure.filters import CatalogueFilter
from disclosure.models import Disclosure
from disclosure.places import read, written
from disclosure.serializers import CataloguePageSerializer, DisclosureSerializer
from portal.cases.api_steps import KEYS, WRONG, filtered, no_such_page
from portal.cases.filters import StrictFilterBackend
from portal.cases.keyset import BadKey

MOST = 100
SIZE = OpenApiParameter(
    "page_size",
    OpenApiTypes.INT,
    description=f"How many items a page has: 1 to {MOST}, else {browsing.PAGE_SIZE}.",
)


class SizeSerializer(serializers.Serializer[Any]):
    page_size = serializers.IntegerField(min_value=1, max_value=MOST, default=browsing.PAGE_SIZE)


class Disclosures(GenericAPIView):
    queryset = Disclosure.objects.none()
    serializer_class = DisclosureSerializer
    authentication_classes = ()
    permission_classes = (AllowAny,)
    pagination_class = None
    filter_backends = [StrictFilterBackend]
    filterset_class = CatalogueFilter

    @extend_schema(
        operation_id="disclosures_list",
        summary="The catalogue of government information: newest first, or by words with titles first",
        parameters=[*KEYS, SIZE],
        filters=True,
        auth=[],
        responses={200: CataloguePageSerializer, 400: WRONG},
    )
    def get(self, request: Request) -> Response:
        asked = filtered(self, request, Disclosure.objects.none())
        form = SizeSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        size = form.validated_data["page_size"]
        words, wanted = asked.words(), asked.wanted(browsing.names().below)
        try:
            page = self.found(request, words, wanted, size) if words else self.newest(request, wanted, size)
        except BadKey:
            name = "after" if request.query_params.get("after") else "before"
            raise no_such_page(name) from None
        address = remove_query_param(remove_query_param(request.build_absolute_uri(), "after"), "before")
        data = {
            "total": page.total,
            "next": replace_query_param(address, "after", page.after) if page.after else None,
            "previous": replace_query_param(address, "before", page.before) if page.before else None,
            "results": page.items,
        }
        return Response(CataloguePageSerializer(data, context={"request": request, "words": words}).data)

    def newest(self, request: Request, wanted: browsing.Wanted, size: int) -> browsing.CataloguePage:
        at = {name: request.query_params.get(name, "") for name in ("after", "before")}
        page = browsing.newest(wanted, **at, size=size)
        total = browsing.total(browsing.tallies(wanted), wanted)
        return browsing.CataloguePage(page.items, page.before, page.after, total)

    def found(
        self, request: Request, words: list[str], wanted: browsing.Wanted, size: int
    ) -> browsing.CataloguePage:
        results = browsing.found(words, wanted, after=read(request.query_params.get("after", "")), size=size)
        items = browsing.items_of([each.pk for each in results.keys])
        return browsing.CataloguePage(
            items, "", written(results.keys[-1]) if results.more else "", results.total
        )
