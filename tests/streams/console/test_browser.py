"""The console in a real Chromium: keyboard, phone, dark and light, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from models.control.records import Judged
from tests.chromium import chromium
from tests.streams.console.world import Record, finding

if TYPE_CHECKING:
    from tests.streams.console.conftest import MakeSite, Site

PATHS = ("/", "/tenant?name=acme", "/tenant?name=nobody", "/campaign?uid=33333333-cccc", "/nothing")
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a screen."""
    with chromium() as started:
        yield started


@pytest.fixture
def site(make_site_of: MakeSite) -> Site:
    """A console in which changes can be made."""
    return make_site_of(write=True, author="ann")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of the browser."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to(
    scheme: Literal["light", "dark"], browser: Browser, site: Site
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    found = {}
    for path in PATHS:
        page.goto(f"{site.address}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        found[path] = [one["id"] for one in Axe().run(page).response["violations"]]
    context.close()
    assert found == {path: [] for path in PATHS}


def test_no_request_leaves_the_pages_own_origin(page: Page, site: Site) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PATHS:
        page.goto(f"{site.address}{path}")
        page.wait_for_load_state("networkidle")
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(site.address).netloc}
    assert any(url.endswith("/static/plotly.min.js") for url in asked)


def test_on_a_phone_no_page_is_wider_than_the_screen(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    widths = []
    for path in PATHS:
        page.goto(f"{site.address}{path}")
        page.wait_for_load_state("networkidle")
        widths.append(page.evaluate("document.documentElement.scrollWidth"))
    context.close()
    assert max(widths) <= PHONE["width"]


def test_all_of_it_can_be_done_by_keyboard(page: Page, site: Site) -> None:
    page.goto(site.address)
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    walk_to(page, "acme")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("acme")
    walk_to(page, "Benign")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Verdict: benign, by ann")).to_be_visible()
    (change,) = site.written
    assert isinstance(change.what, Judged)


def focused(page: Page) -> str:
    """What has the focus, by its text."""
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def walk_to(page: Page, text: str) -> None:
    """Press Tab until something with this text has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if focused(page) == text:
            return
    raise AssertionError(text)


def test_without_scripts_everything_but_the_charts_interaction_is_there(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.address)
    page.get_by_role("link", name="acme").click()
    expect(page.locator("#plot svg.chart")).to_be_visible()
    page.get_by_role("button", name="Benign").click()
    expect(page.get_by_text("Verdict: benign, by ann")).to_be_visible()
    context.close()


def test_with_scripts_the_chart_can_be_read_off(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/tenant?name=acme")
    expect(page.locator("#plot .js-plotly-plot .main-svg").first).to_be_visible()
    box = page.locator("#plot .plot-container").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("#plot .hoverlayer")).to_contain_text("all together")


def test_a_hostile_name_runs_nothing(page: Page, site: Site) -> None:
    page.goto(site.address)
    page.get_by_role("link", name="<img src=x").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    assert page.title() != "1"
    assert page.locator("main img").count() == 0


def test_a_new_alert_appears_by_itself(page: Page, site: Site) -> None:
    page.goto(site.address)
    site.knowledge.take_alert(Record(finding("99999999-ffff", "late-comer")))  # type: ignore[arg-type]
    expect(page.get_by_role("link", name="late-comer")).to_be_visible(timeout=20_000)


def test_somebody_logs_in_with_the_token_and_out_again(page: Page, make_site_of: MakeSite) -> None:
    site = make_site_of(token="a-token-of-some-length")  # noqa: S106 - of this test
    page.goto(f"{site.address}/tenant?name=acme")
    page.get_by_label("Token").fill("a-token-of-some-length")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
