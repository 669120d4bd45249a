"""Items and guides, applications with all that belongs to them, permits, what comes in, and ratings."""

from approvals.models.applications import (
    ApprovalCase,
    GivenMaterial,
    MaterialFile,
    Paper,
    Survey,
    SurveyParty,
)
from approvals.models.drafts import Draft
from approvals.models.incoming import Incoming
from approvals.models.items import GuideStep, ItemGuide, Material, ServiceItem
from approvals.models.permits import Permit
from approvals.models.ratings import BadRating

__all__ = [
    "ApprovalCase",
    "BadRating",
    "Draft",
    "GivenMaterial",
    "GuideStep",
    "Incoming",
    "ItemGuide",
    "Material",
    "MaterialFile",
    "Paper",
    "Permit",
    "ServiceItem",
    "Survey",
    "SurveyParty",
]
