"""Files of the app: with an item, with a text that is to come out, with a request. Kept under their hash."""

from __future__ import annotations

import hashlib
from typing import Any, Self

from django.core.files.base import ContentFile
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from disclosure.models.catalogue import Version
from disclosure.models.publications import PublicationEntry
from disclosure.models.requests import InformationRequest
from portal.cases import kept_files
from portal.cases.uploads import Upload


def path(row: KeptFile, name: str) -> str:
    """By the content's own hash, so that neither a person nor a matter shows in the path."""
    return f"disclosure/{row.sha256[:2]}/{name}"


class KeptFile(models.Model):
    """A file that was looked at when it came in, and is kept byte for byte."""

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=4)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(_("hash"), max_length=64)
    file = models.FileField(_("file"), upload_to=path, max_length=200)

    class Meta:
        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        return self.sha256[:12]

    @classmethod
    def keep(cls, upload: Upload, **of: Any) -> Self:
        """Write the file and its row; call inside the transaction of the verb that it belongs to."""
        row = cls(
            name=upload.name,
            kind=upload.kind,
            size=len(upload.data),
            sha256=hashlib.sha256(upload.data).hexdigest(),
            **of,
        )
        row.file.save(f"{row.sha256}.{row.kind}", ContentFile(upload.data), save=False)
        kept_files.note(row.file)
        row.save(force_insert=True)
        return row

    def taken_over(self) -> dict[str, Any]:
        """What another row says of the same file."""
        return {name: getattr(self, name) for name in ("name", "kind", "size", "sha256", "file")}


class ReadFile(KeptFile):
    """One whose text is searched: `text` is what was found in it, `problem` why nothing was."""

    text = models.TextField(_("text"), blank=True, default="")
    problem = models.CharField(_("why it has no text"), max_length=20, blank=True, default="")

    class Meta(KeptFile.Meta):
        abstract = True


class PublicationFile(ReadFile):
    entry = models.ForeignKey(
        PublicationEntry, on_delete=models.CASCADE, related_name="files", verbose_name=_("text")
    )

    class Meta(ReadFile.Meta):
        verbose_name = _("file of a text to come out")
        verbose_name_plural = _("files of texts to come out")


class DisclosureFile(ReadFile):
    """A file of an item, as it belonged to one of its versions; everybody gets that of the one that holds."""

    version = models.ForeignKey(
        Version, on_delete=models.CASCADE, related_name="files", verbose_name=_("version")
    )

    class Meta(ReadFile.Meta):
        verbose_name = _("file of an item")
        verbose_name_plural = _("files of items")

    def get_absolute_url(self) -> str:
        return reverse("disclosure:file", args=[self.version.disclosure.index_number, self.pk])


class RequestFile(KeptFile):
    """From the applicant (what identifies them, a supplement), or the information that is given to them."""

    request = models.ForeignKey(
        InformationRequest, on_delete=models.PROTECT, related_name="files", verbose_name=_("request")
    )
    is_given = models.BooleanField(_("given with the answer"))
    at = models.DateTimeField(_("added"))

    class Meta(KeptFile.Meta):
        verbose_name = _("file of a request")
        verbose_name_plural = _("files of requests")
        constraints = [
            models.CheckConstraint(condition=~Q(sha256=""), name="a_file_of_a_request_has_a_hash"),
        ]
