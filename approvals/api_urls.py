"""Addresses of the window's API, below /api/v1/."""

from django.urls import path

from approvals import api, api_beside, api_desk, numbers  # noqa: F401 - <approval:…>, <incoming:…>, <rating:…>
from approvals.serializers_beside import INCOMING_STEPS, PERMIT_STEPS, RATING_STEPS
from approvals.serializers_steps import STEPS

APPLICATION, APPROVAL = "applications/<approval:number>/", "approvals/<approval:number>/"
INCOMING, RATING, PERMIT = (
    "incoming/<incoming:number>/",
    "ratings/<rating:number>/",
    "permits/<approval:number>/",
)

urlpatterns = [
    path("service-items/", api.Items.as_view(), name="api-service-items"),
    path("service-items/<slug:code>/", api.OneItem.as_view(), name="api-service-item"),
    path("applications/", api.Applications.as_view(), name="api-applications"),
    path(f"{APPLICATION}supplement/", api.Supplement.as_view(), name="api-application-supplement"),
    path(f"{APPLICATION}withdraw/", api.Withdraw.as_view(), name="api-application-withdraw"),
    path(f"{APPLICATION}rate/", api.Rate.as_view(), name="api-application-rate"),
    path("approvals/", api_desk.Approvals.as_view(), name="api-approvals"),
    path(APPROVAL, api_desk.ApprovalView.as_view(), name="api-approval"),
    path(f"{APPROVAL}files/<int:pk>/", api_desk.ApprovalFileView.as_view(), name="api-approval-file"),
    path(f"{APPROVAL}papers/<int:pk>/service/", api_desk.PaperService.as_view(), name="api-paper-service"),
    path(f"{APPROVAL}photos/", api_desk.SurveyPhotos.as_view(), name="api-survey-photos"),
    *(
        path(f"{APPROVAL}{name}/", api_desk.ApprovalStep.of(name), name=f"api-approval-{name}")
        for name in STEPS
    ),
    path("incoming/", api_beside.IncomingRows.as_view(), name="api-incoming-list"),
    path(INCOMING, api_beside.IncomingView.as_view(), name="api-incoming"),
    *(
        path(f"{INCOMING}{name}/", api_beside.IncomingStep.of(name), name=f"api-incoming-{name}")
        for name in INCOMING_STEPS
    ),
    path("ratings/", api_beside.RatingRows.as_view(), name="api-ratings"),
    path(RATING, api_beside.RatingView.as_view(), name="api-rating"),
    *(
        path(f"{RATING}{name}/", api_beside.RatingStep.of(name), name=f"api-rating-{name}")
        for name in RATING_STEPS
    ),
    path(PERMIT, api_beside.PermitView.as_view(), name="api-permit"),
    *(
        path(f"{PERMIT}{name}/", api_beside.PermitStep.of(name), name=f"api-permit-{name}")
        for name in PERMIT_STEPS
    ),
]
