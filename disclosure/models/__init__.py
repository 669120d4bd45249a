"""What the app keeps: the catalogue, texts on their way into it, and requests for what is not in it."""

from disclosure.models.catalogue import (
    LONGEST_BODY,
    Category,
    Channel,
    Disclosure,
    Named,
    SearchText,
    Tally,
    Theme,
    Validity,
    Version,
    grams,
)
from disclosure.models.files import DisclosureFile, PublicationFile, RequestFile
from disclosure.models.publications import Publication, PublicationEntry
from disclosure.models.reports import AnnualReport
from disclosure.models.requests import Consultation, InformationRequest, Remedy, RequestPaper
from disclosure.models.visits import Visits

__all__ = [
    "LONGEST_BODY",
    "AnnualReport",
    "Category",
    "Channel",
    "Consultation",
    "Disclosure",
    "DisclosureFile",
    "InformationRequest",
    "Named",
    "Publication",
    "PublicationEntry",
    "PublicationFile",
    "Remedy",
    "RequestFile",
    "RequestPaper",
    "SearchText",
    "Tally",
    "Theme",
    "Validity",
    "Version",
    "Visits",
    "grams",
]
