"""Half a year of open government: the catalogue, what came into it, and what was asked for besides.

No annual report is begun: it is of a calendar year, of which the portal has seen half at most.
"""

from __future__ import annotations

from disclosure.demonstration_arranging import arrange
from disclosure.demonstration_publishing import Publishing
from disclosure.demonstration_requests import Requests
from disclosure.models import Category
from portal.site.story import Story


def plan(story: Story) -> None:
    """The catalogue's branches when the portal is founded; then texts and requests, in the order of time."""
    if Category.objects.exists():
        return
    publishing = Publishing(story, arrange(story))
    publishing.plan_all()
    Requests(publishing).plan_all()
