"""The rules of the catalogue (信息公开目录): who writes in it, and what may stand there. THE place for them.

Sources: 政府信息公开条例 (国令711号, 2019) art. 5 (what is published is right), 15 (trade secrets and
privacy), 20 and 26 (what is published unasked, and when); 个人信息保护法 on numbers that are of persons.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from disclosure import personal
from disclosure.codes import check_document_number
from portal.cases.workflow import NotAllowed, Refused
from portal.organisation.actors import SYSTEM, Actor, Role
from portal.organisation.models import Unit

if TYPE_CHECKING:
    from disclosure.models import Category, Disclosure, Theme

IN_FORCE, AMENDED, REPEALED = "in_force", "amended", "repealed"
PUBLISHERS = frozenset({Role.DISCLOSURE_OFFICER})
ARRANGERS = frozenset({Role.ADMINISTRATOR})
# A branch that lies deeper than this is found by nobody.
DEEPEST = 4


def check_may_publish(actor: Actor) -> None:
    """Raises NotAllowed unless the actor publishes, corrects and withdraws for the bureau."""
    if actor is not SYSTEM and not actor.has_role(*PUBLISHERS):
        raise NotAllowed(_("Your role does not permit this step."))


def check_may_arrange(actor: Actor) -> None:
    """Raises NotAllowed unless the actor says what categories and themes there are."""
    if actor is not SYSTEM and not actor.has_role(*ARRANGERS):
        raise NotAllowed(_("Your role does not permit this step."))


def document_number(typed: str) -> str:
    """The document number in its normal form, "" for none. Raises Refused, at the field."""
    try:
        return check_document_number(typed) if typed.strip() else ""
    except ValidationError as wrong:
        raise Refused(wrong.messages[0], field="document_number") from None


def check_in_use(category: Category, theme: Theme, unit: Unit) -> None:
    """Raises Refused, at the field, for a place of the catalogue that is no longer used."""
    for name, row in (("category", category), ("theme", theme), ("unit", unit)):
        if not row.active:
            raise Refused(_("“%(name)s” is no longer in use.") % {"name": row}, field=name)


def check_channels(channels: Collection[str]) -> None:
    """Raises Refused where it is made public nowhere (art. 23)."""
    if not channels:
        raise Refused(_("Please choose where it is made public."), field="channels")


def check_files_were_read(problems: Collection[str]) -> None:
    """Raises Refused while a file waits to be read: nobody knows yet what numbers stand in it."""
    if "busy" in problems:
        raise Refused(_("A file could not be read yet, as many were being read. Please add it once more."))


def check_text(title: str, body: str, *, with_files: bool = False) -> None:
    """Raises Refused for a text that says nothing; its files may say everything."""
    if not title.strip():
        raise Refused(_("Please write a title."), field="title")
    if not body.strip() and not with_files:
        raise Refused(_("There is no text yet."), field="body")


def check_tells_no_numbers(
    texts: Mapping[str, str], *, public_numbers: Collection[str], confirmed: Collection[str] = ()
) -> None:
    """Raises Refused, at the field, where a text that becomes public tells numbers of persons.

    `texts` are by the name of their field. `public_numbers` are telephones of the bureau's own; `confirmed`
    is what somebody looked at and lets stand, as it is written in the text.
    """
    public = frozenset(public_numbers)
    for field, text in texts.items():
        found = [each for each in personal.find(text, public_numbers=public) if each.text not in confirmed]
        if found:
            told = "、".join(personal.masked(each.text, personal.find(each.text)) for each in found)
            raise Refused(
                _("It tells numbers of persons: %(numbers)s. Please mask them, or confirm each.")
                % {"numbers": told},
                field=field,
            )


def public_numbers() -> set[str]:
    """Telephones that may stand in what is public: the bureau's own and those of its units."""
    phones = Unit.objects.exclude(phone="").values_list("phone", flat=True)
    return {settings.BUREAU["contact"], *phones}


def check_days(dated_on: date, *, today: date) -> None:
    """Raises Refused for a document that is published before it was made."""
    if dated_on > today:
        raise Refused(_("It cannot be published before the day on which it was made."), field="dated_on")


def check_correction(note: str) -> None:
    if not note.strip():
        raise Refused(_("Please say what was corrected."), field="note")


def check_end(item: Disclosure, how: str, by: Disclosure | None) -> None:
    """Raises Refused for an end that there is not: what was repealed stays so, and nothing ends itself."""
    if how not in (AMENDED, REPEALED) or item.validity == REPEALED:
        raise Refused(_("What was repealed does not come into force again."), field="validity")
    if by is not None and by.pk == item.pk:
        raise Refused(_("An item does not end itself."), field="ended_by")
    if by is not None and by.withdrawn_at is not None:
        raise Refused(_("This item was withdrawn."), field="ended_by")


def check_withdrawal(reason: str) -> None:
    if not reason.strip():
        raise Refused(_("Please say why, in a sentence."), field="reason")


def check_not_withdrawn(item: Disclosure) -> None:
    if item.withdrawn_at is not None:
        raise Refused(_("This item was withdrawn."))


def check_place(category: Category, others: Collection[Category]) -> None:
    """Raises Refused for a category that would stand below itself, or with what is below it too deep.

    `others` are all that there are; of the category itself they say how it stood until now.
    """
    parents = {each.pk: each.parent_id for each in others} | {category.pk: category.parent_id}
    for pk in parents:
        depth, above = 1, parents[pk]
        while above is not None:
            depth += 1
            if above == pk:
                raise Refused(_("A category cannot stand below itself."), field="parent")
            if depth > DEEPEST:
                sentence = _("The catalogue is at most %(deepest)s levels deep.") % {"deepest": DEEPEST}
                raise Refused(sentence, field="parent")
            above = parents[above]
