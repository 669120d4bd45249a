"""Addresses of the annual reports: everyone's pages, and the desk on which they are made."""

from __future__ import annotations

from django.urls import path, register_converter

from disclosure.views import annual as views


class ReportYear:
    """2026; `<report_year:year>` in an address."""

    regex = "20[0-9]{2}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(ReportYear, "report_year")

urlpatterns = [
    path("annual-reports/", views.report_list, name="annual_reports"),
    path("annual-reports/<report_year:year>/", views.report, name="annual_report"),
    path("annual-reports/<report_year:year>/report.docx", views.word_file, name="annual_report_docx"),
    path("desk/annual-reports/", views.desk_list, name="annual_desk_list"),
    path("desk/annual-reports/<report_year:year>/", views.desk, name="annual_desk"),
    path("desk/annual-reports/<report_year:year>/draft.pdf", views.preview, name="annual_preview"),
    path(
        "desk/annual-reports/<report_year:year>/requests/<slug:row>/<slug:column>/",
        views.cases,
        name="annual_cases",
    ),
    path(
        "desk/annual-reports/<report_year:year>/remedies/<slug:row>/<slug:column>/",
        views.remedies,
        name="annual_remedies",
    ),
]
