"""Whether a page speaks one language: its own words, and not what people have written into the portal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import CharField, JSONField, TextField
from playwright.sync_api import Page

from portal.organisation.models import Staff
from portal.site.wording import masked

HAN = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[A-Za-z]{3,}")

# Every text that is shown or read out, with the language it is said to be in. (Material's symbols are words
# that a font draws as pictures.)
TEXTS = """() => {
  const NOT_WORDS = '[translate=no], .material-symbols-outlined, script, style, template';
  const found = [];
  const say = (element, text) => {
    if (text && text.trim() && !element.closest(NOT_WORDS))
      found.push([text.trim(), element.closest('[lang]')?.lang ?? '']);
  };
  say(document.documentElement, document.title);
  const shown = (element) => (element.closest('select') ?? element).checkVisibility();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (shown(walker.currentNode.parentElement))
    say(walker.currentNode.parentElement, walker.currentNode.data);
  for (const element of document.body.querySelectorAll('*')) {
    if (!shown(element)) continue;
    for (const name of ['alt', 'title', 'placeholder', 'aria-label', 'aria-description', 'label'])
      say(element, element.getAttribute(name));
    if (element.matches('input[type=submit], input[type=button]')) say(element, element.value);
  }
  return found;
}"""

# Latin words that belong into a Chinese sentence.
NAMES_OF_THINGS = {
    *("API", "CSV", "JSON", "PDF", "UTF", "JPEG", "JPG", "PNG", "WebP", "XLSX", "txt"),  # formats
    *("Word", "docx", "Excel", "xlsx"),
    *("Alt", "Ctrl", "Enter", "Shift", "Tab"),  # keys, as they stand on the keyboard
    *("Firefox", "Linux", "NSS", "Poppler", "Python"),
    *("PAdES", "SHA"),  # standards, by their names
    "ICP",  # the filing of a website
}
# What the notice's file says for a day off, a day worked and New Year, whatever the reader's language; and
# what a document number looks like, and the mark of a place to be written.
CHINESE_WORDS_MEANT = {"休", "班", "元旦", "样城管", "号", "待补充"}
ADDRESS = re.compile(r"https?://\S+|\S+@\S+|\b[0-9a-f]{8,}\b|\S+\.(?:py|json|csv|jpg|pdf|pem)\b")


def texts_in_tables(*, without: str = "") -> Iterator[str]:
    """Every text that the portal's tables hold, but for those of the app `without`."""

    def leaves(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (each for pair in value.items() for part in pair for each in leaves(part))
        elif isinstance(value, list | tuple):
            yield from (each for part in value for each in leaves(part))
        elif isinstance(value, str):
            yield value

    for model in apps.get_models():
        if (
            model.__module__.split(".")[0] not in ("portal", "disclosure", "approvals", "hotline", "pledges")
            or model._meta.app_label == without
        ):
            continue
        fields = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, CharField | TextField | JSONField)
        ]
        for row in model._default_manager.values_list(*fields) if fields else ():
            yield from leaves(row)


def written_in_chinese(*, without: str = "") -> set[str]:
    """What people wrote, line by line; masked, as it is shown to whom it does not concern; and initials."""
    lines = {line.strip() for text in texts_in_tables(without=without) for line in text.splitlines()}
    lines |= {settings.BUREAU["name"]}
    chinese = {line for line in lines if HAN.search(line)}
    initials = {name[0] for name in Staff.objects.values_list("name", flat=True) if name}
    return chinese | {masked(line) for line in chinese} | initials


def written_in_latin() -> set[str]:
    """The latin words of all records, also as a title begins them."""
    words = {word for text in texts_in_tables() for word in LATIN.findall(text)}
    return words | {word.capitalize() for word in words}


def chinese_left(page: Page, data: set[str]) -> list[str]:
    """Chinese on an English page that nobody has written into the portal."""
    longest_first = sorted((value for value in data if len(value) > 1), key=len, reverse=True)
    left = []
    for text, language in page.evaluate(TEXTS):
        if language.startswith("zh") or not HAN.search(text) or text in data:
            continue
        rest = text
        for value in longest_first:
            rest = rest.replace(value, " ")
        if set(HAN.findall(rest)) - CHINESE_WORDS_MEANT:
            left.append(text)
    return left


def english_left(page: Page, data: set[str]) -> list[str]:
    """English on a Chinese page; `data` are the codes and user names that are shown as they are."""
    left = []
    for text, language in page.evaluate(TEXTS):
        if not language.startswith("zh"):
            continue
        words = set(LATIN.findall(ADDRESS.sub(" ", text))) - NAMES_OF_THINGS - data
        if words:
            left.append(f"{text[:120]} ({', '.join(sorted(words))})")
    return left
