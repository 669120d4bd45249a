"""What has to be found of the hotline in the demonstration bureau, once it is loaded."""

from __future__ import annotations

from hotline.models import Call, Ticket
from portal.cases.limits import limit_view
from portal.cases.models import Deadline
from portal.cases.terms import ONE_DAY, midnight
from portal.ledger.models import Event
from portal.oversight.models import Card
from portal.workdays.current import current_calendar
from tests.lived_through import WEDNESDAY


def three_hundred_tickets_each_of_another_matter():
    assert Ticket.objects.count() == 300
    assert len(set(Ticket.objects.values_list("description", flat=True))) == 300


def tickets_in_every_state():
    assert set(Ticket.objects.values_list("state", flat=True)) == {
        "received",
        "dispatched",
        "handling",
        "returned",
        "replied",
        "closed",
    }
    assert Call.objects.filter(ticket=None).exists()
    assert Call.objects.filter(rating__lte=2).exists()


def tickets_are_overdue_due_today_and_due_tomorrow():
    now, calendar = midnight(WEDNESDAY), current_calendar()
    dues = Ticket.objects.open().values_list("next_due_at", flat=True)
    views = [limit_view(each, now=now, calendar=calendar) for each in dues]
    assert {"soon", "over"} <= {each.level for each in views}
    assert {WEDNESDAY, WEDNESDAY + ONE_DAY} <= {each.due_on for each in views}


def each_limit_that_was_missed_has_its_card():
    breached = Deadline.objects.exclude(breached_at=None)
    assert Card.objects.count() == breached.count()
    assert breached.filter(case__kind="hotline").count() > 5


def nothing_was_done_after_the_night():
    assert Event.objects.filter(at__gt=midnight(WEDNESDAY).replace(hour=1)).count() == 0


CHECKS = (
    three_hundred_tickets_each_of_another_matter,
    tickets_in_every_state,
    tickets_are_overdue_due_today_and_due_tomorrow,
    each_limit_that_was_missed_has_its_card,
    nothing_was_done_after_the_night,
)
