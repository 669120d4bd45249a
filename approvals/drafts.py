"""The verbs of a draft: an application that is being written on the web, kept until it is sent.

What was typed is kept as it was typed, right or not; files are kept once they were looked at. Number and
look-up code open it on any computer. Nobody but the applicant reads it, and nothing of it is in the ledger.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.actions import Application, apply
from approvals.files import delete_files, keep_files
from approvals.models import ApprovalCase, Draft, ItemGuide, Material, MaterialFile, ServiceItem
from portal.cases.actions import new_lookup_code
from portal.cases.kept_files import undone_with_the_verb
from portal.cases.terms import local_day
from portal.cases.uploads import Upload
from portal.cases.workflow import Refused
from portal.ledger.actions import record
from portal.numbering.models import next_number
from portal.organisation.actors import CITIZEN

KEPT_DAYS = 30
# More than any field takes: too long a text is still there to be shortened, a novel is not.
LONGEST_VALUE = 5000


class Gone(Refused):
    """The draft was sent or deleted in the meantime."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This draft has been sent already, or deleted. What you typed is still on this page; please "
                "look whether the application is there before you send it again."
            )
        )


class NotAllThere(Refused):
    """Required materials of which the draft has no file, and the applicant has not said to send it so."""

    def __init__(self, materials: Sequence[Material]) -> None:
        names = "、".join(each.name for each in materials)
        super().__init__(_("Still missing: %(names)s.") % {"names": names})
        self.materials = list(materials)


def new_number(at: datetime) -> str:
    """The next number of the day in Asia/Shanghai, for example CG-20261125-0001 (草稿)."""
    day = local_day(at).strftime("%Y%m%d")
    return f"CG-{day}-{next_number('approval_draft', day):04d}"


def kept_until(draft: Draft) -> date:
    """The last day on which it can be gone on with; saving it again moves the day."""
    return local_day(draft.saved_at) + timedelta(days=KEPT_DAYS)


@transaction.atomic
def begin(guide: ItemGuide, *, at: datetime) -> Draft:
    """An empty draft of an application under this guide."""
    return Draft.objects.create(
        number=new_number(at), lookup_code=new_lookup_code(), guide=guide, begun_at=at, saved_at=at
    )


@transaction.atomic
def save(
    draft: Draft,
    *,
    data: Mapping[str, str],
    files: Mapping[int, Sequence[Upload]] | None = None,
    at: datetime,
) -> Draft:
    """Keep what was typed, by the name of its field, and further files by the key of their material.

    Files of an earlier version of the guide, from a page that stood open, go to the draft's own version by
    name. Raises Refused beyond the files that an application may have, and Gone; nothing is kept then.
    """
    locked = _lock(draft)
    locked.data = {name: value.replace("\0", "")[:LONGEST_VALUE] for name, value in data.items()}
    locked.saved_at = at
    locked.save(update_fields=["data", "saved_at"])
    if keep_files(files or {}, draft=locked, actor=CITIZEN, at=at):
        _go_by_name(locked, locked.guide)
    return locked


@transaction.atomic
def remove_file(draft: Draft, pk: int) -> None:
    """Take a file out of the draft; one that is not in it is left alone. Raises Gone."""
    delete_files(MaterialFile.objects.filter(draft=_lock(draft), pk=pk))


@transaction.atomic
def move_to(draft: Draft, guide: ItemGuide) -> Draft:
    """Go on under a later version of the guide: files go to the material of the same name.

    Those of a material that is asked for no more stay with the draft and are not sent. Raises Gone.
    """
    locked = _lock(draft)
    _go_by_name(locked, guide)
    locked.guide = guide
    locked.save(update_fields=["guide"])
    return locked


def _go_by_name(draft: Draft, guide: ItemGuide) -> None:
    """Files of other versions go to the material of the same name, and to none of another: nobody guesses."""
    materials = list(guide.materials.all())
    names = [each.name for each in materials]
    by_name = {each.name: each for each in materials if names.count(each.name) == 1}
    files = list(draft.files.select_related("material"))
    there = {(each.material_id, each.sha256) for each in files if each.material.guide_id == guide.pk}
    twice: list[int] = []
    for file in files:
        goes_to = by_name.get(file.material.name)
        if goes_to is None or file.material.guide_id == guide.pk:
            continue
        if (goes_to.pk, file.sha256) in there:
            twice.append(file.pk)
            continue
        there.add((goes_to.pk, file.sha256))
        file.material = goes_to
        file.save(update_fields=["material"])
    delete_files(draft.files.filter(pk__in=twice))


@transaction.atomic
def discard(draft: Draft) -> None:
    """Delete a draft with its files; one that is gone already is left alone."""
    for locked in Draft.objects.select_for_update().filter(pk=draft.pk):
        delete_files(locked.files.all())
        locked.delete()


def exists(number: str, item: ServiceItem) -> bool:
    """Whether a draft of this number is still being written; whose it is, is not asked."""
    # It comes from a page; a NUL, which the database refuses, is in no number.
    return "\0" not in number and Draft.objects.filter(number=number, guide__item=item).exists()


def find(number: str, code: str) -> Draft | None:
    """The draft with this number if the code is its own, compared in constant time; None otherwise."""
    draft = Draft.objects.select_related("guide__item").filter(number=number.strip().upper()).first()
    # Compared even when there is no such number, so that the time taken does not tell which was wrong.
    expected = draft.lookup_code if draft else "·" * 8
    given = code.strip().upper().replace(" ", "").replace("-", "")
    return draft if hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")) else None


@undone_with_the_verb()
@transaction.atomic
def submit(draft: Draft, application: Application, *, incomplete: bool = False, at: datetime) -> ApprovalCase:
    """Apply with the draft's files, which move to the application; the draft is gone then.

    `incomplete` says that the applicant knows what is missing: an application that is not complete is
    received all the same, and one notice asks for the rest (行政许可法 art. 32). Raises NotAllThere without
    it where a required material has no file, Gone, and Refused as `apply` does.
    """
    locked = _lock(draft)
    materials = list(application.guide.materials.all())
    files = list(locked.files.filter(material__in=materials))
    there = {each.material_id for each in files}
    missing = [each for each in materials if each.required and each.pk not in there]
    if missing and not incomplete:
        raise NotAllThere(missing)
    case = apply(application, actor=CITIZEN, at=at)
    locked.files.filter(material__in=materials).update(case=case, draft=None)
    if files:
        hashes = [each.sha256 for each in files]
        record(case.subject, "files_attached", at=at, actor=CITIZEN, data={"sha256": hashes})
    delete_files(locked.files.all())
    locked.delete()
    return case


def delete_old(*, at: datetime) -> int:
    """Delete the drafts that were not saved for `KEPT_DAYS`, with their files; answers how many.

    One transaction each, so that a file that cannot be deleted holds up no other draft.
    """
    old = Draft.objects.filter(saved_at__lt=at - timedelta(days=KEPT_DAYS)).order_by("saved_at")
    return sum(_delete(pk, at=at) for pk in old.values_list("pk", flat=True))


@transaction.atomic
def _delete(pk: int, *, at: datetime) -> bool:
    # One that is being sent or saved at this moment is passed by, and looked at again the next time.
    rows = Draft.objects.select_for_update(skip_locked=True)
    draft = rows.filter(pk=pk, saved_at__lt=at - timedelta(days=KEPT_DAYS)).first()
    if draft is None:
        return False
    delete_files(draft.files.all())
    draft.delete()
    return True


def _lock(draft: Draft) -> Draft:
    locked = Draft.objects.select_for_update().filter(pk=draft.pk).first()
    if locked is None:
        raise Gone
    return locked
