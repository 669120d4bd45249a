"""What a citizen fills in and uploads on the window's public pages, for tests."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from approvals import guides
from approvals.models import ItemGuide, Material
from portal.cases.uploads import Upload, read_upload
from tests.approvals.window import ID_NUMBER, STEPS, columns, guide_of, publish
from tests.bureau import FOUNDED, Bureau
from tests.portal.documents.samples import plain

FILLED_IN = {
    "applicant_kind": "person",
    "applicant_name": "测试市民",
    "applicant_number": ID_NUMBER,
    "representative": "",
    "phone": "19900000001",
    "email": "",
    "address": "",
    "subject_matter": "因管道施工，临时占用门前绿地20平方米。",
    "place": "青石路12号",
    "website": "",
}
PDF = plain(
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
)
PROGRAM = b"MZ\x90\x00" + bytes(60)


def jpeg(shade: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, 120, 60)).save(out, "JPEG")
    return out.getvalue()


def sent(name: str = "现场.jpg", data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, jpeg() if data is None else data)


def looked_at(name: str, data: bytes) -> Upload:
    return read_upload(io.BytesIO(data), name=name, size=len(data))


def materials_of(item: str) -> list[Material]:
    return list(guide_of(item).materials.all())


def field(item: str, position: int) -> str:
    return f"material_{materials_of(item)[position - 1].pk}"


def post(client: Client, item: str, do: str, **more: Any) -> Any:
    """The form of the item with what is filled in, sent by the button `do`."""
    guide = guide_of(item)
    form = {**FILLED_IN, "version": guide.number, "do": do, **more}
    return client.post(reverse("approvals:apply", args=[item]), form)


def whole(item: str) -> dict[str, Any]:
    """A file for each required material."""
    return {field(item, 1): [sent("申请表.jpg")], field(item, 2): [sent("图.jpg", jpeg(10))]}


def next_version(item: str, bureau: Bureau, *materials: guides.Brought, **more: Any) -> ItemGuide:
    """The item's next guide, published; the one before is replaced."""
    return publish(next_guide(item, bureau, *materials, **more), bureau)


def next_guide(item: str, bureau: Bureau, *materials: guides.Brought, **more: Any) -> ItemGuide:
    """The item's next guide, as a draft."""
    return guides.write(
        guide_of(item).item,
        columns={**columns(item), **more},
        steps=STEPS[item],
        materials=materials,
        actor=bureau.actor("administrator"),
        at=FOUNDED,
    )
