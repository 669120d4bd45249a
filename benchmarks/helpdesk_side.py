"""What runs inside django-helpdesk's venv: a question a line on standard input, an answer a line on output.

Its own defaults throughout; letters are composed and kept in memory, so that no mail server is measured.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from datetime import timedelta
from time import perf_counter
from urllib.parse import urlsplit

import django
from django.conf import settings

address = urlsplit(os.environ["HELPDESK_DATABASE"])
settings.configure(
    SECRET_KEY="only-for-measuring",
    USE_TZ=True,
    ROOT_URLCONF="__main__",
    ALLOWED_HOSTS=["*"],
    SITE_ID=1,
    # With teams it asks for one package more; nothing measured here uses them.
    HELPDESK_TEAMS_MODE_ENABLED=False,
    STATIC_URL="/static/",
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.sites",
        "django.contrib.humanize",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "rest_framework",
        "rest_framework.authtoken",
        "helpdesk",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": [
            "django.template.context_processors.request",
            "django.contrib.auth.context_processors.auth",
            "django.contrib.messages.context_processors.messages",
        ]},
    }],
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"]},
    LOGGING={"version": 1, "disable_existing_loggers": True},
    DATABASES={"default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.lstrip("/"),
        "USER": address.username,
        "PASSWORD": address.password,
        "HOST": address.hostname,
        "PORT": address.port,
    }},
)  # fmt: skip
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import include, path  # noqa: E402
from django.utils import timezone  # noqa: E402
from helpdesk.models import FollowUp, Queue, Ticket  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

urlpatterns = [path("", include("helpdesk.urls"))]


class Statements:
    """Counts what goes to the database."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        return execute(sql, params, many, context)


class Side:
    def __init__(self) -> None:
        call_command("migrate", verbosity=0)
        self.queue = Queue.objects.create(
            title="12319", slug="q12319", escalate_days=3, email_address="q@desk.invalid"
        )
        self.user = get_user_model().objects.create_superuser(
            "operator", "operator@desk.invalid", "only-here"
        )
        self.token = Token.objects.create(user=self.user).key
        self.client = Client()

    def fill(self, size: int) -> None:
        """Exactly `size` open tickets, none of them due."""
        have = Ticket.objects.count()
        if not have:
            self._ticket().save()
            have = 1
        pattern = Ticket.objects.latest("pk")
        columns = [each.column for each in Ticket._meta.local_concrete_fields if not each.primary_key]
        names = ", ".join(f'"{each}"' for each in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO helpdesk_ticket ({names}) SELECT {names} FROM helpdesk_ticket, "
                "generate_series(1, %s) WHERE id = %s",
                [size - have, pattern.pk],
            )
            cursor.execute("VACUUM (ANALYZE)")

    def _ticket(self) -> Ticket:
        return Ticket(
            title="绿化养护：青石路12号",
            queue=self.queue,
            priority=5,
            assigned_to=self.user,
            submitter_email="citizen@desk.invalid",
            description="行道树的枝条压到了人行道上，行人要绕到车道走。",
            last_escalation=timezone.now() + timedelta(days=30),
        )

    def sweep(self, due: int) -> dict:
        """Make `due` tickets overdue, then let the command find them; only the command is timed."""
        ids = list(Ticket.objects.filter(followup=None).order_by("id").values_list("pk", flat=True)[:due])
        overdue = timezone.now() - timedelta(days=9)
        Ticket.objects.filter(pk__in=ids).update(last_escalation=overdue, priority=5)
        before = FollowUp.objects.count()
        counted = Statements()
        with connection.execute_wrapper(counted):
            begun = perf_counter()
            call_command("escalate_tickets")
            took = perf_counter() - begun
        assert FollowUp.objects.count() - before == due, FollowUp.objects.count() - before
        Ticket.objects.filter(pk__in=ids).update(last_escalation=timezone.now() + timedelta(days=30))
        return {"seconds": took, "statements": counted.count}

    def post(self, times: int) -> dict:
        """Tickets over the API, one after another; the middle of their seconds."""
        given = json.dumps({
            "queue": self.queue.pk,
            "title": "绿化养护：青石路12号",
            "description": "行道树的枝条压到了人行道上，行人要绕到车道走。",
            "submitter_email": "citizen@desk.invalid",
            "priority": 3,
        })  # fmt: skip
        counted = Statements()
        took = []
        with connection.execute_wrapper(counted):
            for _number in range(times):
                begun = perf_counter()
                answer = self.client.post(
                    "/api/tickets/",
                    given,
                    content_type="application/json",
                    headers={"Authorization": f"Token {self.token}"},
                )
                took.append(perf_counter() - begun)
                assert answer.status_code == 201, answer.content
        return {"seconds": statistics.median(took), "statements": counted.count / times}


def main() -> None:
    side = Side()
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = {"answer": getattr(side, question.pop("verb"))(**question)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
