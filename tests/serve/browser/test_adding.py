"""Bringing files and texts in, deleting, and what a reader or a stranger may see of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Page, expect
from tests.serve.browser.conftest import Open
from tests.serve.browser.watched import Watched
from tests.serve.running import QUESTION, READ_TOKEN, WRITE_TOKEN, Server, copied

SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000}


@pytest.fixture(scope="module")
def writable(samples_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A copy of the collection that the tests of this file change."""
    running = Server(copied(samples_index, tmp_path_factory.mktemp("writable")), "--rate", "0")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def guarded_site(samples_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A copy that asks for a token."""
    environment = {"POLYVOX_TOKEN": WRITE_TOKEN, "POLYVOX_READ_TOKEN": READ_TOKEN}
    index = copied(samples_index, tmp_path_factory.mktemp("guarded"))
    running = Server(index, "--rate", "0", environment=environment)
    yield running
    running.stop()


def choose(page: Page, *files: Path | dict[str, object]) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(list(files))  # type: ignore[arg-type]


def test_files_are_sent_read_and_found(open_page: Open, writable: Server, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("A blue whale was seen near the island.", encoding="utf-8")
    (tmp_path / "broken.mp3").write_bytes(b"broken")
    (tmp_path / "mvua.ogg").write_bytes(QUESTION.read_bytes())
    page = open_page("/?view=add", url=writable.url)
    page.select_option("#new-language", "sw")
    choose(page, *(tmp_path / name for name in ("notes.txt", "broken.mp3", "mvua.ogg")))
    card = page.locator(".card").first
    expect(card.locator("h2")).to_have_text("3 files")
    expect(card).to_have_attribute("data-state", "done")
    expect(card.locator(".fine")).to_have_text(re.compile(r"^Done, \d .* · 1 file with a problem$"))
    expect(card.locator(".problems li")).to_have_count(1)
    expect(card.locator(".problems strong")).to_have_text("broken.mp3")
    expect(card.locator("progress")).to_be_hidden()
    page.get_by_role("link", name="Search").click()
    page.fill("#query", "whale")
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_contain_text("A blue whale was seen near the island.")
    expect(page.locator(".hit").first.locator(".tongue")).to_contain_text("Swahili")


def test_the_bytes_that_are_sent_are_shown_and_can_be_stopped(open_page: Open, writable: Server) -> None:
    page = open_page("/?view=add", url=writable.url)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    choose(page, {"name": "long.wav", "mimeType": "audio/wav", "buffer": bytes(4_000_000)})
    card = page.locator(".card").first
    expect(card.locator("h2")).to_have_text("long.wav")
    expect(card.locator(".fine")).to_have_text(re.compile(r"^Sending, [1-9]\d?% of 4 MB$"))
    assert 0 < float(card.locator("progress").get_attribute("value") or 0) < 1
    card.get_by_role("button", name="Cancel").click()
    expect(card.locator(".fine")).to_have_text("Cancelled")


def test_files_can_be_dropped(open_page: Open, writable: Server) -> None:
    page = open_page("/?view=add", url=writable.url)
    page.evaluate("""() => {
        const transfer = new DataTransfer();
        transfer.items.add(new File(["A tortoise crossed the road."], "dropped.txt", { type: "text/plain" }));
        for (const kind of ["dragenter", "drop"])
            document.body.dispatchEvent(
                new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }""")
    card = page.locator(".card").first
    expect(card.locator("h2")).to_have_text("dropped.txt")
    expect(card).to_have_attribute("data-state", "done")


def test_a_file_over_the_limit_is_not_sent(open_page: Open, writable: Server) -> None:
    collection = writable.client.get("/v1/collection").json()
    collection["limits"]["upload_bytes"] = 10
    page = open_page(url=writable.url)
    page.route("**/v1/collection", lambda route: route.fulfill(json=collection))
    page.goto("/?view=add")
    choose(page, {"name": "big.txt", "mimeType": "text/plain", "buffer": b"eleven byte"})
    expect(page.locator(".card").first).to_contain_text(
        "“big.txt” is too large. At most 10 byte are accepted."
    )


def test_a_text_can_be_written_and_deleted(open_page: Open, writable: Server) -> None:
    page = open_page("/?view=add", url=writable.url)
    page.get_by_text("Or write a text").click()
    page.fill("#new-text", "The ferry sails at noon on Thursdays.")
    page.get_by_role("button", name="Add this text").click()
    card = page.locator(".card", has=page.get_by_role("heading", name="Text", exact=True))
    expect(card).to_have_attribute("data-state", "done")
    page.goto("/?q=ferry&mode=lexical")
    hit = page.locator(".hit", has_text="The ferry sails at noon")
    expect(hit).to_have_count(1)
    hit.locator(".link").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The ferry sails at noon on Thursdays.")
    dialog.get_by_role("button", name="Delete").click()
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    dialog.get_by_role("button", name="Yes, delete").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#results-title")).to_have_text("Nothing was found")


def test_work_is_still_shown_after_a_reload(open_page: Open, writable: Server) -> None:
    page = open_page("/?view=add", url=writable.url)
    choose(page, {"name": "later.txt", "mimeType": "text/plain", "buffer": b"The moon was full."})
    expect(page.locator(".card").first).to_have_attribute("data-state", "done")
    page.reload()
    expect(page.locator('.card[data-state="done"]').first).to_contain_text("1 file")


def test_an_empty_collection_says_what_to_do(open_page: Open, tmp_path: Path) -> None:
    server = Server(tmp_path / "empty.index", "--create", "--rate", "0")
    try:
        page = open_page(url=server.url)
        expect(page.locator("#welcome h2")).to_have_text("Nothing is here yet")
        expect(page.locator("#filters")).to_be_hidden()
        page.get_by_role("button", name="Add to the collection").click()
        choose(page, {"name": "first.txt", "mimeType": "text/plain", "buffer": b"The first words."})
        expect(page.locator(".card").first).to_have_attribute("data-state", "done")
        page.get_by_role("link", name="Map").click()
        expect(page.locator("canvas.map")).to_be_visible()
        page.get_by_role("link", name="Search").click()
        expect(page.locator("#welcome")).to_contain_text("1 passage of text")
    finally:
        server.stop()


def test_a_token_opens_the_page(open_page: Open, guarded_site: Server, watched: Watched) -> None:
    watched.expect("401", "Failed to load resource")
    page = open_page("/?q=rain", url=guarded_site.url)
    expect(page.locator("#token")).to_be_focused()
    page.fill("#token", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#session-problem")).to_have_text("This token is not accepted.")
    page.fill("#token", WRITE_TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(10)
    expect(page.locator("nav a[data-view=add]")).to_be_visible()
    page.reload()
    expect(page.locator(".hit")).to_have_count(10)
    assert WRITE_TOKEN not in page.content()
    assert page.evaluate("document.cookie") == ""


def test_a_reader_is_not_offered_to_write(open_page: Open, guarded_site: Server, watched: Watched) -> None:
    watched.expect("401", "Failed to load resource")
    page = open_page("/?view=add", url=guarded_site.url)
    page.fill("#token", READ_TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#view-search")).to_be_visible()
    expect(page.locator("nav a[data-view=add]")).to_be_hidden()
    page.goto("/?q=rain")
    page.locator(".hit .link").first.click()
    expect(page.get_by_role("dialog").get_by_role("button", name="Find similar")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_role("button", name="Delete")).to_have_count(0)
