"""What runs inside Wagtail's venv: a question a line on standard input, an answer a line on output.

The project is what `wagtail start` wrote, with its settings as they are, but for Postgres and one app more
(wagtail_site/catalogue).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import django
from django.conf import settings

# Both hold packages of their own; this folder itself must stay out, where `wagtail` is a module of ours.
sys.path += [os.environ["WAGTAIL_PROJECT"], str(Path(__file__).parent / "wagtail_site")]

address = urlsplit(os.environ["PEER_DATABASE"])
project = import_module("mysite.settings.base")
theirs = {name: getattr(project, name) for name in dir(project) if name.isupper()}
theirs |= {
    "INSTALLED_APPS": ["catalogue", *theirs["INSTALLED_APPS"]],
    "SECRET_KEY": "only-for-measuring",
    "ALLOWED_HOSTS": ["*"],
    "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
    "DATABASES": {"default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": address.path.strip("/"),
        "USER": address.username,
        "PASSWORD": address.password,
        "HOST": address.hostname,
        "PORT": address.port,
    }},
}  # fmt: skip
settings.configure(**theirs)
django.setup()

from catalogue.models import Item, ItemIndex  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from home.models import HomePage  # noqa: E402
from wagtail.models import Page  # noqa: E402

FRESH = (
    "CREATE TEMPORARY TABLE fresh (n integer, title text, document_number text, dated_on date, "
    "published_at timestamptz, body text) ON COMMIT DROP"
)


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
        self.index = HomePage.objects.get().add_child(instance=ItemIndex(title="信息公开", slug="items"))
        self.client = Client(SERVER_NAME="127.0.0.1")

    def fill(self, file: str) -> int:
        """Pages under the list from COPY's text (n from 1, and what FRESH names); how many there are.

        A page is made by Wagtail, the others are it with values of their own, and it goes at the end.
        """
        pattern = self.index.add_child(
            instance=Item(title="样例", slug="item-0", body="<p>样例</p>", dated_on=date(2026, 11, 20))
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FRESH)
            with open(file, encoding="utf-8") as rows:
                cursor.copy_expert("COPY fresh FROM STDIN", rows)
            self._clone(cursor, pattern)
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('wagtailcore_page', 'id'), max(id)) "
                "FROM wagtailcore_page"
            )
            cursor.execute(
                "UPDATE wagtailcore_page SET numchild = 1 + (SELECT count(*) FROM fresh) WHERE id = %s",
                [self.index.pk],
            )
        Item.objects.get(pk=pattern.pk).delete()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
        self.index.refresh_from_db()
        found = self.index.get_children().live().specific().count()
        assert found == self.index.numchild, (found, self.index.numchild)
        return found

    def _clone(self, cursor, pattern: Item) -> None:
        """Wagtail counts children in four figures of base 36; the pattern is the first one."""
        step = "".join(
            f" || substr('{Page.alphabet}', (n + 1) / {36**place} % 36 + 1, 1)"
            for place in reversed(range(Page.steplen))
        )
        changed = {
            "id": f"{pattern.pk} + n",
            "path": f"'{self.index.path}'{step}",
            "title": "f.title",
            "draft_title": "f.title",
            "slug": "'item-' || n",
            "url_path": f"'{self.index.url_path}item-' || n || '/'",
            "translation_key": "gen_random_uuid()",
            "first_published_at": "f.published_at",
            "last_published_at": "f.published_at",
            "page_ptr_id": f"{pattern.pk} + n",
            "body": "'<p>' || replace(f.body, E'\\n', '</p><p>') || '</p>'",
            "dated_on": "f.dated_on",
            "document_number": "f.document_number",
        }
        for model, key in ((Page, "id"), (Item, "page_ptr_id")):
            columns = [each.column for each in model._meta.local_concrete_fields]
            names = ", ".join(f'"{each}"' for each in columns)
            values = ", ".join(changed.get(each, f'p."{each}"') for each in columns)
            table = model._meta.db_table
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM fresh f, {table} p "
                f"WHERE p.{key} = {pattern.pk} ORDER BY n"
            )

    def read(self, number: int) -> dict:
        """A page of the list that was read before: its HTML, and how many statements it takes."""
        self._get(number)
        counted = Statements()
        with connection.execute_wrapper(counted):
            html = self._get(number)
        return {"html": html, "statements": counted.count}

    def timed(self, number: int, times: int) -> float:
        """The middle of the seconds of so many answers."""
        took = []
        for _number in range(times):
            begun = perf_counter()
            self._get(number)
            took.append(perf_counter() - begun)
        return statistics.median(took)

    def _get(self, number: int) -> str:
        answer = self.client.get("/items/", {"page": number})
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()


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
