"""Take the pictures of docs/web-page.md anew: `pytest tests/serve/browser/take_pictures.py`.

Its name keeps it out of the test run: it writes into docs/pictures.
"""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Page, expect
from tests.serve.browser.conftest import Open
from tests.serve.browser.test_hearing import heard_at
from tests.serve.browser.test_map import find_mark

PICTURES = Path(__file__).parents[3] / "docs" / "pictures"


def taken(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")  # the shapes of recordings come last
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000


def test_results(open_page: Open) -> None:
    page = open_page("/?q=rain and wind", viewport={"width": 1200, "height": 920})
    expect(page.locator(".hit")).to_have_count(10)
    player = page.locator(".player").first
    player.locator(".play").click()
    began = heard_at(player)
    page.wait_for_function("began => document.querySelector('audio').currentTime > began + 1", arg=began)
    taken(page, "page-results")


def test_map(open_page: Open) -> None:
    page = open_page("/?view=map", viewport={"width": 1200, "height": 1090})
    expect(page.locator("canvas.map")).to_be_visible()
    find_mark(page)
    taken(page, "page-map")


def test_phone(open_page: Open) -> None:
    page = open_page("/", viewport={"width": 390, "height": 780}, device_scale_factor=2)
    page.click("#mic")
    expect(page.locator("#record-time")).to_have_text("0:04")
    taken(page, "page-phone")


def test_arabic_and_dark(open_page: Open) -> None:
    page = open_page("/?q=أمطار", locale="ar", color_scheme="dark", viewport={"width": 1200, "height": 780})
    expect(page.locator(".hit")).to_have_count(10)
    taken(page, "page-arabic")
