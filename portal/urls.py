"""The one place that includes every module and every app."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from disclosure import sitemaps

# The administrators' pages have no sign-in of their own: lock-out and second factor hold there as well.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("portal.site.urls")),
    path("workdays/", include("portal.workdays.urls")),
    path("ledger/", include("portal.ledger.urls")),
    path("cases/", include("portal.cases.urls")),
    path("verify/", include("portal.documents.urls_check")),
    path("documents/", include("portal.documents.urls")),
    path("notices/", include("portal.notices.urls")),
    path("oversight/", include("portal.oversight.urls")),
    path("organisation/", include("portal.organisation.urls")),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-<int:section>.xml", sitemaps.section, name="sitemap_section"),
    path("disclosure/", include("disclosure.urls")),
    path("approvals/", include("approvals.urls")),
    path("hotline/", include("hotline.urls")),
    path("pledges/", include("pledges.urls")),
    path("accounts/", include("portal.organisation.account_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("portal.workdays.api_urls")),
    path("api/v1/", include("portal.cases.api_urls")),
    path("api/v1/", include("portal.documents.api_urls")),
    path("api/v1/", include("disclosure.api_urls")),
    path("api/v1/", include("approvals.api_urls")),
    path("api/v1/", include("hotline.api_urls")),
    path("api/v1/", include("pledges.api_urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
]

handler400 = "portal.site.errors.bad_request"
handler403 = "portal.site.errors.forbidden"
handler404 = "portal.site.errors.not_found"
handler500 = "portal.site.errors.server_error"
