"""Half a year of the demonstration bureau, loaded once for the checks of every app: it takes a while."""

from __future__ import annotations

from portal.ledger.models import Event, Seal
from portal.ledger.verify import verify
from portal.organisation.actors import STAFF_ROLES
from portal.organisation.models import Staff
from portal.site.story import DAYS
from tests.approvals import demonstration_checks as approvals
from tests.disclosure import demonstration_checks as disclosure
from tests.hotline import demonstration_checks as hotline
from tests.lived_through import load
from tests.pledges import demonstration_checks as pledges


def test_half_a_year_of_a_bureau(db):
    load()
    for check in (*hotline.CHECKS, *pledges.CHECKS, *approvals.CHECKS, *disclosure.CHECKS):
        check()
    the_bureau_is_whole()
    loading_twice_changes_nothing()


def the_bureau_is_whole():
    roles = {role for staff in Staff.objects.all() for role in staff.roles}
    assert roles == {role.value for role in STAFF_ROLES}
    assert Seal.objects.count() == DAYS + 1
    assert list(verify()) == []


def loading_twice_changes_nothing():
    before = Event.objects.count()
    load()
    assert Event.objects.count() == before
