"""The page for everybody: keyboard, screen reader, phone, right to left, dark, and every language."""

from __future__ import annotations

import json
import os
import re
from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Page, expect
from tests.serve.browser.conftest import Open
from tests.serve.running import Server

PAGE = Path(str(files("polyvox"))) / "serve" / "page"
TONGUES = sorted(path.stem for path in (PAGE / "i18n").glob("*.json"))
PLURALS = {
    "ar": {"zero", "one", "two", "few", "many", "other"},
    "de": {"one", "other"},
    "en": {"one", "other"},
    "es": {"one", "many", "other"},
    "fr": {"one", "many", "other"},
    "pt": {"one", "many", "other"},
    "ru": {"one", "few", "many", "other"},
    "sw": {"one", "other"},
}
"""The plural categories of Unicode's CLDR, release 48."""
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
VIEWS = ["/", "/?q=rain", "/?view=map", "/?view=add"]


def ready(page: Page) -> None:
    expect(page.locator(".hit, .example, canvas.map, .drop-zone").first).to_be_visible()


@pytest.mark.parametrize("tongue", TONGUES)
def test_every_language_says_everything(tongue: str) -> None:
    english = json.loads((PAGE / "i18n" / "en.json").read_text(encoding="utf-8"))
    words = json.loads((PAGE / "i18n" / f"{tongue}.json").read_text(encoding="utf-8"))
    assert list(words) == list(english)
    for key, said in words.items():
        forms = said if isinstance(said, dict) else {"other": said}
        wanted = english[key]["other"] if isinstance(english[key], dict) else english[key]
        assert isinstance(said, dict) == isinstance(english[key], dict), key
        assert not isinstance(said, dict) or set(said) == PLURALS[tongue], key
        assert all(forms.values()), key
        assert set(re.findall(r"\{\w+\}", forms["other"])) == set(re.findall(r"\{\w+\}", wanted)), key


@pytest.mark.parametrize("tongue", TONGUES)
def test_the_page_speaks_the_language_of_the_browser(open_page: Open, tongue: str) -> None:
    page = open_page("/?q=rain", locale=tongue)
    ready(page)
    words = json.loads((PAGE / "i18n" / f"{tongue}.json").read_text(encoding="utf-8"))
    expect(page.locator("html")).to_have_attribute("lang", tongue)
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if tongue == "ar" else "ltr")
    expect(page.locator(".views a").first).to_have_text(words["nav.search"])
    expect(page.locator("#query")).to_have_attribute("placeholder", words["search.placeholder"])
    raw = re.findall(
        r"\b(?:nav|filter|hit|results|player|settings)\.[a-z.]+", page.locator("body").inner_text()
    )
    assert raw == []


def test_the_language_can_be_changed_and_is_kept(open_page: Open) -> None:
    page = open_page("/?q=rain")
    page.click("#settings-button")
    page.select_option("#ui-language", "sw")
    expect(page.locator(".views a").first).to_have_text("Tafuta")
    expect(page.locator("#results-title")).to_have_text("Matokeo 1 hadi 10")
    page.reload()
    expect(page.locator(".views a").first).to_have_text("Tafuta")


def test_arabic_runs_from_right_to_left(open_page: Open) -> None:
    page = open_page("/?q=مطر&modality=text&language=ar&language=ru", locale="ar")
    ready(page)
    search, microphone = (page.locator(it).bounding_box() for it in ("#search-form [type=submit]", "#mic"))
    assert search and microphone and microphone["x"] < search["x"]
    arabic = page.locator(".passage[lang=ar]").first
    assert arabic.evaluate("text => getComputedStyle(text).direction") == "rtl"
    russian = page.locator(".passage[lang=ru]").first
    assert russian.evaluate("text => getComputedStyle(text).direction") == "ltr"
    page = open_page("/?q=مطر&modality=speech", locale="ar")
    player = page.locator(".player").first
    assert player.evaluate("player => getComputedStyle(player).direction") == "ltr"


def test_everything_can_be_done_with_the_keyboard(open_page: Open) -> None:
    page = open_page()
    ready(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()
    page.keyboard.type("rain")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(10)
    visited = []
    for _ in range(12):
        page.keyboard.press("Tab")
        visited.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert visited[:2] == ["pick-audio", "mic"]
    assert "language-button" in visited
    assert "link" in visited
    page.locator("#language-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#language-menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#language-menu")).to_be_hidden()
    expect(page.locator("#language-button")).to_be_focused()
    page.locator(".hit .link").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".hit .link").first).to_be_focused()


def test_radio_buttons_of_the_filter_keep_the_focus(open_page: Open) -> None:
    page = open_page("/?q=rain")
    ready(page)
    page.locator(".segments input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('.segments input[value="text"]')).to_be_checked()
    expect(page.locator('.segments input[value="text"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator('.segments input[value="speech"]')).to_be_focused()
    expect(page.locator(".hit.text")).to_have_count(0)


@pytest.mark.parametrize("address", VIEWS)
def test_nothing_sticks_out_on_a_phone(open_page: Open, address: str) -> None:
    page = open_page(address, **PHONE)
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.locator("button:visible").evaluate_all(
        "all => all.filter(it => it.getBoundingClientRect().height < 24).map(it => it.outerHTML)"
    )
    assert [one for one in small if 'class="link"' not in one] == []


@pytest.mark.parametrize("address", VIEWS)
def test_landmarks_headings_and_names(open_page: Open, address: str) -> None:
    page = open_page(address)
    ready(page)
    for role in ("banner", "navigation", "main"):
        assert page.get_by_role(role).count() >= 1, role
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    nameless = page.locator("button, a, input:not([type=file]), select, canvas").evaluate_all(
        """all => all.filter(it => it.checkVisibility() && !it.ariaHidden && !it.ariaLabel &&
           !it.innerText.trim() && !(it.labels && it.labels.length)).map(it => it.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", VIEWS)
def test_axe_finds_nothing(open_page: Open, address: str, scheme: str) -> None:
    axe = os.environ.get("POLYVOX_AXE")
    if not axe:
        pytest.skip("set POLYVOX_AXE to axe.min.js (npm pack axe-core) to check with axe")
    page = open_page(address, color_scheme=scheme, reduced_motion="reduce")
    ready(page)
    page.wait_for_timeout(500)
    page.evaluate(Path(axe).read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, { runOnly: tags })", tags)
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found["violations"]] == []


def test_dark_follows_the_device_and_can_be_chosen(open_page: Open) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page = open_page(color_scheme="dark")
    assert page.evaluate(background) == "rgb(16, 22, 21)"
    page.click("#settings-button")
    page.select_option("#ui-theme", "light")
    assert page.evaluate(background) == "rgb(255, 255, 255)"
    page.reload()
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_less_motion_is_respected(open_page: Open) -> None:
    page = open_page(reduced_motion="reduce")
    duration = page.locator("#mic").evaluate("it => getComputedStyle(it).transitionDuration")
    assert all(float(one.strip().removesuffix("s")) < 0.001 for one in duration.split(","))


def test_the_content_policy_is_strict(site: Server) -> None:
    policy = site.client.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = (PAGE / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_every_module_is_small() -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in PAGE.glob("*.*")}
    assert {name: length for name, length in lengths.items() if length >= 300} == {}
