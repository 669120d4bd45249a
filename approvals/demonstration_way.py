"""How an application of the demonstration goes from the counter to the rating: each step somebody's deed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from approvals import actions
from approvals import demonstration_texts as texts
from approvals.demonstration_guides import filled_form
from approvals.demonstration_steps import EXTENDED_BY, LATE_BY, Affair, Course, Decisions, Interludes
from approvals.models import ItemGuide
from approvals.rules.terms import ACCEPTED, GRANTED, RECEIVED, REVIEW, SERVING, SIGN_OFF, SURVEY
from portal.cases.terms import local_day
from portal.cases.uploads import Upload
from portal.organisation.actors import CITIZEN, Role


class Window(Decisions, Interludes):
    """The whole way of an application."""

    # Received -----------------------------------------------------------------------------------------------

    def receive(self, course: Course, at: datetime) -> None:
        self.count()
        scene = texts.draw(
            self.rng, course.item, denied=course.denied, project=course.project, told=self.told
        )
        application = self.application(course, scene)
        clerk = self.rng.choice(self.clerks)
        case = actions.apply(application, actor=CITIZEN if course.web else clerk, at=at)
        affair = Affair(course, scene, case, clerk)
        self.affairs.append(affair)
        if course.untaken:
            # Five working days pass; on the sixth somebody finds it accepted by silence.
            self.soon(at, self.take_up, affair, days=6)
        elif not course.web:
            self.story.plan(at + timedelta(minutes=self.rng.randrange(5, 30)), self.bound(self.look, affair))
        elif course.left_in != "received:web":
            self.soon(at, self.take_up, affair, days=self.rng.choice((0, 1)))

    def bound(self, deed: Callable[[Affair, datetime], None], affair: Affair) -> Callable[[datetime], None]:
        return lambda at: deed(affair, at)

    def application(self, course: Course, scene: texts.Scene) -> actions.Application:
        kind: texts.Kind | None = "body" if course.consolidated else None
        who = texts.applicant(self.rng, course.item, kind=kind)
        guide = self.guides[course.item]
        return actions.Application(
            guide=guide,
            applicant_kind=who.kind,
            applicant_name=who.name,
            applicant_number=who.number,
            phone=who.phone,
            subject_matter=scene.subject,
            place=scene.place,
            representative=who.representative,
            address=who.address,
            consolidated_bill=course.consolidated,
            files=self.files(course.item, guide) if course.web else {},
        )

    def files(self, item: str, guide: ItemGuide) -> dict[int, Sequence[Upload]]:
        """What comes with an application from the web: the filled form of its first material."""
        first = guide.materials.all()[0]
        text = texts.item(item).materials[0]
        if first.pk not in self.samples and text.form:
            self.samples[first.pk] = filled_form(text, text.form, at=self.story.founded)
        return {first.pk: [self.samples[first.pk]]} if first.pk in self.samples else {}

    def take_up(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "take", actor=affair.clerk, at=at)
        if affair.case.state == RECEIVED:
            self.look(affair, at)
        else:
            self.take(affair, "certify_acceptance", actor=affair.clerk, at=at)
            self.go_on(affair, at)

    def look(self, affair: Affair, at: datetime) -> None:
        """Every material is looked at; what is missing is named in one notice, else the case is accepted."""
        faulty = dict(affair.scene.problems) if affair.once("supplement") else {}
        checked = {
            each.material_id: (False, faulty[each.material.name])
            if each.material.name in faulty
            else (True, "")
            for each in affair.case.given
        }
        self.take(affair, "check_materials", actor=affair.clerk, at=at, checked=checked)
        if affair.course.left_in == RECEIVED:
            return
        if faulty:
            self.take(affair, "ask_supplement", actor=affair.clerk, at=at)
            if affair.course.left_in != "supplement":
                self.soon(at, self.supplement, affair, days=self.rng.randrange(2, 8))
            return
        self.take(affair, "accept", actor=affair.clerk, at=at)
        self.go_on(affair, at)

    def supplement(self, affair: Affair, at: datetime) -> None:
        actor = CITIZEN if affair.course.web else affair.clerk
        affair.case = actions.bring_supplement(affair.case, {}, actor=actor, at=at)
        self.soon(at, self.look, affair, days=self.rng.choice((0, 1)))

    # On its way ---------------------------------------------------------------------------------------------

    def go_on(self, affair: Affair, at: datetime) -> None:
        """Plan what comes next where the application stands now, within the days of that step."""
        state = affair.case.state
        if state == affair.course.left_in:
            return
        if affair.once("handed_over"):
            self.soon(at, self.offer_handover, affair)
        elif affair.once("special"):
            self.soon(at, self.begin_special, affair)
        elif state == SURVEY and affair.once("extended"):
            self.arrange(affair, at, days=EXTENDED_BY)
            self.soon(at, self.ask_extension, affair, days=1)
        elif state == SURVEY:
            self.arrange(affair, at, days=1 + (LATE_BY if affair.once("late") else 0))
        else:
            deed, days = {
                ACCEPTED: (self.review_first, self.days_of(affair, "preliminary")),
                REVIEW: (self.review, self.days_of(affair, "review")),
                SIGN_OFF: (self.decide, self.days_of(affair, "sign_off")),
                GRANTED: (self.issue, 1),
                SERVING: (self.serve, 2),
            }[state]
            self.soon(at, deed, affair, days=0 if affair.course.left_in else self.rng.randrange(days + 1))

    def days_of(self, affair: Affair, step: str) -> int:
        return self.guides[affair.course.item].days_of(step)

    def review_first(self, affair: Affair, at: datetime) -> None:
        self.take(
            affair,
            "pass_preliminary",
            actor=affair.clerk,
            at=at,
            recommendation=affair.scene.recommendation,
            note=affair.scene.opinion,
        )
        self.go_on(affair, at)

    def arrange(self, affair: Affair, at: datetime, *, days: int) -> None:
        """An appointment so many working days later, in the morning: there is time to write it down."""
        day = self.story.calendar.add_workdays(local_day(at), days)
        affair.planned_at = self.story.moment(day, 9, 11)
        scene = affair.scene
        self.take(
            affair,
            "arrange_survey",
            actor=affair.clerk,
            at=at,
            units=[self.story.units[each.unit] for each in scene.survey],
            planned_at=affair.planned_at,
            place=scene.place,
        )
        unsigned = 1 if affair.course.left_in == "survey:one_to_sign" else 0
        for number, opinion in enumerate(scene.survey[: len(scene.survey) - unsigned], 1):
            signed_at = affair.planned_at + timedelta(hours=1, minutes=20 * number)
            self.story.plan(signed_at, self.signing(affair, opinion))
        if not unsigned:
            self.story.plan(affair.planned_at + timedelta(hours=4), self.bound(self.conclude, affair))

    def signing(self, affair: Affair, opinion: texts.OpinionText) -> Callable[[datetime], None]:
        handler = self.story.who(Role.HANDLER, unit=self.story.units[opinion.unit])
        assert handler.id is not None
        present = [self.staff[handler.id]]

        def sign(at: datetime) -> None:
            self.take(
                affair,
                "sign_opinion",
                actor=handler,
                at=at,
                verdict=opinion.verdict,
                opinion=opinion.opinion,
                present=present,
            )

        return sign

    def conclude(self, affair: Affair, at: datetime) -> None:
        self.take(affair, "conclude_survey", actor=affair.clerk, at=at)
        self.go_on(affair, at)

    def review(self, affair: Affair, at: datetime) -> None:
        scene = affair.scene
        if affair.once("sent_back"):
            note = texts.note(self.rng, "send_backs")
            self.take(affair, "send_back", actor=self.head, at=at, note=note)
        else:
            recommendation = "grant" if scene.outcome == "granted" else "deny"
            note = scene.review_opinion
            self.take(affair, "pass_review", actor=self.head, at=at, recommendation=recommendation, note=note)
        self.go_on(affair, at)
