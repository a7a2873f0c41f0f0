"""The map: drawn, walked through by keyboard, pointed at by mouse, and as a list."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Page, expect
from tests.serve.browser.conftest import Open
from tests.serve.browser.test_speaking import inked

STEP = 14


def drawn(open_page: Open, **settings: object) -> Page:
    page = open_page("/?view=map", **settings)
    expect(page.locator("canvas.map")).to_be_visible()
    return page


def find_mark(page: Page) -> tuple[float, float]:
    """Move the mouse over the map until a mark answers."""
    canvas = page.locator("canvas.map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    for down in range(STEP, int(min(box["height"], 700)), STEP):
        for right in range(STEP, int(box["width"]), STEP):
            x, y = box["x"] + right, box["y"] + down
            page.mouse.move(x, y)
            if page.locator(".map-label").is_visible():
                return x, y
    raise AssertionError("no mark answers to the mouse")


def test_a_mark_is_named_when_pointed_at_and_opens_when_clicked(open_page: Open) -> None:
    page = drawn(open_page)
    assert inked(page, "canvas.map") > 1_000
    x, y = find_mark(page)
    label = page.locator(".map-label .map-words").inner_text()
    page.mouse.click(x, y)
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("dl")).to_be_visible()
    assert label.split()[0].split("/")[-1] in dialog.inner_text()
    expect(page).to_have_url(re.compile(r"view=map&item=[0-9a-f]{32}$"))
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/\?view=map$"))


def test_the_keyboard_walks_from_mark_to_mark(open_page: Open) -> None:
    page = drawn(open_page)
    page.focus("canvas.map")
    said = set()
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
        expect(page.locator(".map-label")).to_be_visible()
        said.add(page.locator(".map-label").inner_text())
    assert len(said) >= 2
    expect(page.locator("#announcer")).not_to_be_empty()
    page.keyboard.press("+")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_group_can_be_seen_alone(open_page: Open) -> None:
    page = drawn(open_page)
    swahili = page.locator(".legend .key", has_text="Swahili")
    expect(swahili).to_have_text(re.compile(r"Swahili\s*8"))
    swahili.click()
    expect(swahili).to_have_attribute("aria-pressed", "true")
    page.focus("canvas.map")
    for key in ("ArrowRight", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
        expect(page.locator(".map-label .fine")).to_have_text(re.compile("^Swahili, "))
    swahili.click()
    expect(swahili).to_have_attribute("aria-pressed", "false")


def test_colours_can_tell_text_from_speech(open_page: Open) -> None:
    page = drawn(open_page)
    page.select_option("#map-colour", "modality")
    expect(page.locator(".legend .key")).to_have_count(2)
    expect(page.locator(".legend")).to_contain_text("Speech78")


def test_the_map_is_enlarged_and_moved(open_page: Open) -> None:
    page = drawn(open_page)
    whole = inked(page, "canvas.map")
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    enlarged = inked(page, "canvas.map")
    assert enlarged != whole
    box = page.locator("canvas.map").bounding_box()
    assert box
    picture = page.locator("canvas.map").screenshot()
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 120, steps=4)
    page.mouse.up()
    assert page.locator("canvas.map").screenshot() != picture
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Show all").click()
    page.mouse.move(0, 0)
    assert abs(inked(page, "canvas.map") - whole) < whole * 0.01


def test_the_same_is_there_as_a_list(open_page: Open) -> None:
    page = drawn(open_page)
    page.get_by_text("The same as a list").click()
    page.locator("details summary", has_text="Swahili (8)").click()
    entries = page.locator(".fold details[open] li button")
    expect(entries).to_have_count(8)
    entries.first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_similar_texts_can_be_looked_for(open_page: Open) -> None:
    page = open_page("/?q=rain")
    page.locator(".hit.text .link").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Find similar").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#query")).to_have_value("Heavy rain and strong wind will come tomorrow night.")
    expect(page).to_have_url(re.compile("mode=dense"))
