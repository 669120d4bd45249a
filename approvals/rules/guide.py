"""The versions of an item's guide (办事指南): written, its legal review recorded, published, replaced.

Source: 行政许可法 art. 30 (what is to be put up for everyone to read); 国务院办公厅 on legal review of what
agencies publish (国办发〔2019〕18号: 合法性审核). Who wrote a guide does not record its review.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from portal.cases.checking import written
from portal.cases.workflow import Move, NotAllowed, Refused, Transition, Workflow
from portal.organisation.actors import Role

if TYPE_CHECKING:
    from approvals.models import ItemGuide

DRAFT, REVIEWED, PUBLISHED, REPLACED = "draft", "reviewed", "published", "replaced"
STATES = {
    DRAFT: pgettext_lazy("guide", "draft"),
    REVIEWED: pgettext_lazy("guide", "legally reviewed, to be published"),
    PUBLISHED: pgettext_lazy("guide", "published"),
    REPLACED: pgettext_lazy("guide", "replaced"),
}
# The form is the administrators'; whoever heads an office reviews what it says.
WRITERS = frozenset({Role.ADMINISTRATOR})
REVIEWERS = frozenset({Role.OFFICE_HEAD, Role.CHIEF_REPRESENTATIVE})
PUBLISHERS = frozenset({Role.CHIEF_REPRESENTATIVE})
SEEN_BY = WRITERS | REVIEWERS | {Role.CLERK, Role.SUPERVISOR}


def guide_of(move: Move) -> ItemGuide:
    """A guide has a state under rules and no clock: a move of it carries it in place of a case."""
    return cast("ItemGuide", move.case)


# Art. 42: working days from acceptance and by extension; the second pair where agencies decide jointly.
ALONE, JOINTLY = (20, 10), (45, 15)


def check_limits(guide: ItemGuide) -> None:
    """Raises Refused, at the field, for a limit beyond the law's; the database holds the same."""
    if guide.promised_days > guide.statutory_days:
        raise Refused(_("The promised limit is longer than the statutory one."), field="promised_days")
    days, more = JOINTLY if guide.joint else ALONE
    for field, is_beyond in (
        ("statutory_days", guide.statutory_days > days),
        ("extend_at_most", guide.extend_at_most > more),
    ):
        if is_beyond:
            sentence = (
                _("The law allows 45 working days and 15 more where agencies decide jointly (art. 42).")
                if guide.joint
                else _("The law allows 20 working days and 10 more, or 45 and 15 handled jointly (art. 42).")
            )
            raise Refused(sentence, field=field)


def not_the_writer(move: Move) -> None:
    if move.actor.id in guide_of(move).writers:
        raise NotAllowed(_("Who wrote a guide does not record its legal review: please ask somebody else."))


def is_complete(move: Move) -> None:
    guide = guide_of(move)
    if not guide.days_of("sign_off"):
        raise Refused(
            _("Every item ends with the chief representative's sign-off: please give that step its days.")
        )
    if not guide.materials.exists():
        raise Refused(_("Please name the materials that an applicant brings."))
    together = sum(each.days for each in guide.steps.all())
    if together > guide.promised_days:
        raise Refused(
            _("The steps take %(days)s working days together, which is more than the %(promised)s promised.")
            % {"days": together, "promised": guide.promised_days}
        )


def reviewed(move: Move) -> Mapping[str, Any]:
    return {"reviewed_by_id": move.actor.id, "reviewed_at": move.at}


def review_undone(move: Move) -> Mapping[str, Any]:
    return {"reviewed_by_id": None, "reviewed_at": None, "review_number": "", "reviewer": ""}


OPENING = Transition(
    name="write", label=gettext_lazy("Write"), sources=frozenset(), target=DRAFT, by=WRITERS | {Role.SYSTEM}
)
TRANSITIONS = (
    Transition(
        name="change",
        label=gettext_lazy("Change the guide"),
        sources=frozenset({DRAFT}),
        target=None,
        by=WRITERS,
    ),
    Transition(
        name="record_review",
        label=gettext_lazy("Record the legal review"),
        sources=frozenset({DRAFT}),
        target=REVIEWED,
        by=REVIEWERS,
        guards=(not_the_writer, is_complete),
        checks=(
            written("reviewer", gettext_lazy("Please write who reviewed it.")),
            written("review_number", gettext_lazy("Please write the number of the opinion.")),
        ),
        changes=("reviewer", "review_number"),
        note="required",
        sets=reviewed,
    ),
    Transition(
        name="send_back",
        label=gettext_lazy("Send back to be changed"),
        sources=frozenset({REVIEWED}),
        target=DRAFT,
        by=REVIEWERS,
        note="required",
        sets=review_undone,
    ),
    Transition(
        name="publish",
        label=gettext_lazy("Publish the guide"),
        sources=frozenset({REVIEWED}),
        target=PUBLISHED,
        by=PUBLISHERS,
        note="optional",
        sets=lambda move: {"published_at": move.at},
    ),
    Transition(
        name="replace",
        label=gettext_lazy("Replaced by a later version"),
        sources=frozenset({PUBLISHED}),
        target=REPLACED,
        # What publishing the next version does to the one before.
        by=frozenset({Role.SYSTEM}),
        sets=lambda move: {"replaced_at": move.at},
    ),
)
WORKFLOW = Workflow(states=STATES, opening=OPENING, transitions=TRANSITIONS, final=(REPLACED,))
