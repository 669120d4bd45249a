"""Keeping what was uploaded for a material, of an application or of a draft."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from approvals.models import ApprovalCase, Draft, GivenMaterial, MaterialFile
from portal.cases import kept_files
from portal.cases.uploads import Upload
from portal.cases.workflow import Refused
from portal.ledger.actions import record
from portal.organisation.actors import Actor

MOST_FILES, MOST_TOGETHER = 20, 100 * 1024 * 1024


@kept_files.undone_with_the_verb()
def keep_files(
    files: Mapping[int, Sequence[Upload]],
    *,
    actor: Actor,
    at: datetime,
    case: ApprovalCase | None = None,
    draft: Draft | None = None,
    since: datetime | None = None,
    recorded: bool = True,
) -> list[MaterialFile]:
    """Keep uploads by the key of their material; call inside the transaction of the verb they belong to.

    The same file for the same material is kept once. Raises Refused beyond 20 files or 100 MB together, of
    which those that were there before `since` do not count: what is asked for later needs room of its own.
    Without `recorded` the caller tells the ledger of them, when they are sent.
    """
    known = list(MaterialFile.objects.filter(case=case, draft=draft)) if files else []
    if since is not None:
        known = [each for each in known if each.at >= since]
    rows = [
        (_row(upload, material_id, case=case, draft=draft, actor=actor, at=at), upload)
        for material_id, uploads in files.items()
        for upload in uploads
    ]
    there = {(each.material_id, each.sha256) for each in known}
    new = {(row.material_id, row.sha256): (row, upload) for row, upload in rows}
    fresh = [pair for key, pair in new.items() if key not in there]
    if len(known) + len(fresh) > MOST_FILES:
        raise Refused(_("At most %(most)s files can be kept at a time.") % {"most": MOST_FILES})
    if sum(each.size for each in known) + sum(row.size for row, _upload in fresh) > MOST_TOGETHER:
        raise Refused(
            _("All files together are larger than %(most)s MB.") % {"most": MOST_TOGETHER // 1024 // 1024}
        )
    kept: list[MaterialFile] = []
    for row, upload in fresh:
        row.file.save(f"{row.sha256}.{row.kind}", ContentFile(upload.data), save=False)
        kept_files.note(row.file)
        row.save(force_insert=True)
        kept.append(row)
    if kept and case is not None and recorded:
        hashes = [each.sha256 for each in kept]
        record(case.subject, "files_attached", at=at, actor=actor, data={"sha256": hashes})
    return kept


def not_brought(case: ApprovalCase, files: Mapping[int, Sequence[Upload]]) -> list[GivenMaterial]:
    """What a supplement notice asked for and that has no file: neither among these nor kept since.

    Files that were in order stay kept when another one was refused, so they need not be sent once more. What
    cannot be sent over the net is brought to the window, whose clerk then says that it has come.
    """
    since = case.files.filter(at__gte=case.supplement_asked_at)
    there = {*since.values_list("material_id", flat=True), *(key for key, found in files.items() if found)}
    return [each for each in case.missing() if each.material_id not in there]


def _row(
    upload: Upload,
    material_id: int,
    *,
    case: ApprovalCase | None,
    draft: Draft | None,
    actor: Actor,
    at: datetime,
) -> MaterialFile:
    return MaterialFile(
        case=case,
        draft=draft,
        material_id=material_id,
        name=upload.name,
        kind=upload.kind,
        size=len(upload.data),
        sha256=hashlib.sha256(upload.data).hexdigest(),
        by_public=not actor.is_staff,
        at=at,
    )


def delete_files(rows: QuerySet[MaterialFile]) -> None:
    """The rows now, what lies in storage once that is certain: never a row without its file."""
    for row in rows:
        file = row.file
        row.delete()
        transaction.on_commit(lambda file=file: file.storage.delete(file.name))  # type: ignore[misc]
