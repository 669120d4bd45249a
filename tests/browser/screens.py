"""Pictures of pages, to look at: `python -m tests.browser.screens http://127.0.0.1:8000 folder / /sitemap/ …`

Each page in both languages, 1280 and 390 wide. `--session` is the session cookie of somebody signed in,
`--elder` turns elder mode on, `--only zh-1280` takes one kind of picture alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium

WIDTHS = {1280: 900, 390: 844}
LANGUAGES = {"zh": ("zh-hans", "zh-CN"), "en": ("en", "en-GB")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site")
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--session", default="")
    parser.add_argument("--elder", action="store_true")
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        for short, (language, locale) in LANGUAGES.items():
            for width, height in WIDTHS.items():
                if given.only not in f"{short}-{width}":
                    continue
                context = browser.new_context(viewport={"width": width, "height": height}, locale=locale)
                cookies = {"django_language": language}
                if given.elder:
                    cookies["elder"] = "1"
                if given.session:
                    cookies["sessionid"] = given.session
                context.add_cookies(
                    [{"name": key, "value": value, "url": given.site} for key, value in cookies.items()]
                )
                page = context.new_page()
                for path in given.paths:
                    page.goto(given.site + path)
                    name = path.strip("/").replace("/", "_").replace("?", "_") or "home"
                    page.screenshot(path=given.folder / f"{name}-{short}-{width}.png", full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
