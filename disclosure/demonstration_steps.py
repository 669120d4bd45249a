"""How a publication of the demonstration gets into the catalogue: each step somebody's deed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from disclosure import actions, publishing
from disclosure import demonstration_files as files
from disclosure.demonstration_texts import Piece, texts
from disclosure.models import Disclosure, Publication, Validity
from disclosure.rules import publication as rules
from portal.organisation.actors import Actor, Role
from portal.organisation.models import Unit
from portal.site.story import Story

FORMS = {
    "征求意见": ("意见反馈表", ("姓名或者单位", "联系方式", "对第几条的意见", "修改建议", "理由")),
    "人事信息": ("报名登记表", ("姓名", "出生年月", "学历和专业", "应聘岗位", "工作经历", "本人承诺")),
}
TASKS = (
    ("1", "排查登记", "属地中队", "第一周"),
    ("2", "告知和限期整改", "属地中队", "第二周"),
    ("3", "集中整治", "综合行政执法支队", "第三周"),
    ("4", "复查和通报", "效能监察室", "月底前"),
)


@dataclass(slots=True)
class Affair:
    """A publication with its pieces and its author; `fate` is what happens to it, `stops` where it stands."""

    publication: Publication
    pieces: Sequence[Piece]
    author: Actor
    fate: Mapping[str, Any] = field(default_factory=dict)
    stops: str = rules.PUBLISHED
    publish_on: date | None = None
    told: set[str] = field(default_factory=set)

    def once(self, name: str) -> bool:
        """Whether something is to happen to it that has not happened yet; from now on it has."""
        if name in self.told or name not in self.fate:
            return False
        self.told.add(name)
        return True


@dataclass
class Steps:
    """`drafted` counts the texts so far, of `total`."""

    story: Story
    drafted: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        self.officer = self.story.who(Role.DISCLOSURE_OFFICER)
        self.reviewer = self.story.who(Role.SECRECY_REVIEWER)
        self.head = self.story.who(Role.AGENCY_HEAD)

    def author(self, unit: Unit) -> Actor:
        """Who works in the unit itself; for a unit where nobody does, the disclosure officer writes."""
        try:
            return self.story.who(Role.HANDLER, unit=unit)
        except StopIteration:
            return self.officer

    def begin(
        self,
        pieces: Sequence[Piece],
        *,
        author: Actor,
        at: datetime,
        fate: Mapping[str, Any] | None = None,
        stops: str = rules.PUBLISHED,
        publish_on: date | None = None,
        **given: Any,
    ) -> Affair:
        """Draft the texts of some pieces, and plan what follows."""
        fate = fate or {}
        publication = publishing.draft(
            [self.with_files(each, at) for each in pieces],
            third_party=fate.get("third_party", ""),
            actor=author,
            at=at,
            **given,
        )
        affair = Affair(publication, pieces, author, fate, stops, publish_on)
        if publication.corrects_id is None and stops == rules.PUBLISHED:
            self.drafted += len(pieces)
            self.story.progress("catalogue", self.drafted, self.total)
        self.go_on(affair, at)
        return affair

    def with_files(self, piece: Piece, at: datetime) -> publishing.Text:
        text = piece.as_first_published()
        if piece.attachment == "picture":
            upload = files.picture(text.title)
        elif piece.attachment == "form":
            name, labels = FORMS[next(kind for kind in FORMS if kind in piece.kinds)]
            upload = files.form(f"{text.title[:40]}{name}", labels, at=at)
        elif piece.attachment == "tasks":
            title = f"{text.title[:50]}任务分解表"
            upload = files.table(title, ("序号", "工作内容", "责任单位", "完成时限"), TASKS)
        else:
            return text
        return replace(text, files=[publishing.read(upload)])

    # On its way ---------------------------------------------------------------------------------------------

    def take(self, affair: Affair, name: str, actor: Actor, at: datetime, **entered: Any) -> None:
        affair.publication = publishing.take(affair.publication, name, actor=actor, at=at, **entered)
        self.go_on(affair, at)

    def go_on(self, affair: Affair, at: datetime) -> None:
        """Plan what comes next where it stands now."""
        state = affair.publication.state
        if state == affair.stops or (affair.stops == "sent_back" and "sent_back" in affair.told):
            return
        if affair.stops == rules.DROPPED and state == rules.REVIEW:
            self.story.soon(at, self.drop, affair, days=1)
            return
        deeds: dict[str, tuple[Callable[..., None], float]] = {
            rules.DRAFT: (self.submit, 0),
            rules.REVIEW: (self.review, 1),
            rules.ESCALATED: (self.determine, 3),
            rules.THIRD_PARTY: (self.hear, 4),
            rules.APPROVAL: (self.approve, 1),
            rules.READY: (self.publish, 1 if affair.stops == rules.SCHEDULED else 0),
        }
        if state in deeds:
            deed, days = deeds[state]
            self.story.soon(at, deed, affair, days=days)

    def submit(self, affair: Affair, at: datetime) -> None:
        if "sent_back" in affair.told:
            first = affair.pieces[0]
            first.text = replace(first.text, body=f"{first.text.body}\n以上内容已于发布前核对。")
            affair.publication = publishing.revise(affair.publication, first.text, actor=affair.author, at=at)
        self.take(affair, "submit", affair.author, at)

    def review(self, affair: Affair, at: datetime) -> None:
        if affair.once("sent_back"):
            self.take(affair, "send_back", self.reviewer, at, note=affair.fate["sent_back"])
        elif affair.once("escalated"):
            self.take(affair, "escalate", self.reviewer, at, note=affair.fate["escalated"])
        else:
            basis = self.story.rng.choice(texts()["secrecy"])
            self.take(affair, "pass_secrecy", self.reviewer, at, secrecy_basis=basis)

    def determine(self, affair: Affair, at: datetime) -> None:
        self.take(
            affair,
            "record_determination",
            self.reviewer,
            at,
            may_be_public=True,
            determined_by=affair.fate["determined_by"],
            note=affair.fate["note"],
        )

    def hear(self, affair: Affair, at: datetime) -> None:
        self.take(
            affair,
            "record_third_party",
            self.officer,
            at,
            third_party_answer=affair.fate["answer"],
            public_interest=affair.fate.get("public_interest", ""),
            note=affair.fate["note"],
        )

    def approve(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "approve", self.head, at, note=texts()["approved"])

    def drop(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "drop", affair.author, at, note=affair.fate["dropped"])

    def publish(self, affair: Affair, at: datetime) -> None:
        if affair.publish_on is not None:
            self.take(affair, "schedule", self.officer, at, publish_on=affair.publish_on)
            return
        self.take(affair, "publish", self.officer, at)
        rows = affair.publication.entries.select_related("item").order_by("position")
        for piece, row in zip(affair.pieces, rows, strict=True):
            piece.item = row.item
            self.follow(piece, affair.author, at)

    # What becomes of what is public -------------------------------------------------------------------------

    def follow(self, piece: Piece, author: Actor, at: datetime) -> None:
        if piece.ends is not None:
            self.story.soon(at, self.end, piece)
        if piece.correct is not None:
            self.story.soon(at, self.correct, piece, author, days=piece.correct["after"])
        if piece.withdrawn:
            self.story.soon(at, self.withdraw, piece, days=10)

    def end(self, piece: Piece, at: datetime) -> None:
        assert piece.ends is not None
        assert piece.ends.item is not None
        actions.end(piece.ends.item, Validity(piece.how), by=piece.item, actor=self.officer, at=at)

    def correct(self, piece: Piece, author: Actor, at: datetime) -> None:
        item, correct = piece.item, piece.correct
        assert item is not None
        assert correct is not None
        right = Piece(piece.text)
        self.begin([right], author=author, at=at, corrects=item, correction_note=correct["note"])

    def withdraw(self, piece: Piece, at: datetime) -> None:
        assert isinstance(piece.item, Disclosure)
        actions.withdraw(piece.item, reason=piece.withdrawn, actor=self.officer, at=at)
