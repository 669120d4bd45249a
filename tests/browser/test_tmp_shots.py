import os, re, pytest
from pathlib import Path
from tests.browser.test_pages import VISITS, section, enter_as, WIDE, NARROW, UNFOLD
from tests.browser.people import make_world
from tests.browser.walk import browser_of_their_own
pytestmark = pytest.mark.django_db(transaction=True)
OUT = Path("/tmp/s/br/shots")
def test_shots(browser, live_server, complaints):
    OUT.mkdir(exist_ok=True)
    world = make_world(pledges=False, approvals=False)
    only = os.environ.get("ONLY", "")
    visits = [v for v in VISITS if section(v) == "disclosure" and re.search(only, v.route)]
    for lang in os.environ.get("LANGS", "zh-hans,en").split(","):
        for who in dict.fromkeys(v.who for v in visits):
            page = browser_of_their_own(browser, live_server.url, complaints, viewport=WIDE)
            page.context.add_cookies([{"name": "django_language", "value": lang, "url": live_server.url}])
            enter_as(page, world, who, live_server.url)
            for n, v in enumerate(visits):
                if v.who != who: continue
                page.goto(v.url(world))
                for w, size in (("w", WIDE), ("n", NARROW)):
                    if w == "n" and lang == "en" and not os.environ.get("ENN"): continue
                    page.set_viewport_size(size)
                    name = v.route.replace("disclosure/", "", 1).replace("/", "_").replace("<","").replace(">","").replace(":","")
                    page.screenshot(path=OUT / f"{n:02d}-{name}-{who}-{lang[:2]}-{w}.png", full_page=True)
                page.set_viewport_size(WIDE)
            page.context.close()
