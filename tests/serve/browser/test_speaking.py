"""Searching by voice: the microphone, and recordings dropped, pasted and chosen."""

from __future__ import annotations

import base64
import re

import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Page, Request, expect
from tests.serve.browser.conftest import Open
from tests.serve.browser.watched import Watched
from tests.serve.running import QUESTION, SAMPLES

GIVE = """async ([way, name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  if (way === "paste") {
    const data = { clipboardData: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new ClipboardEvent("paste", data));
    return;
  }
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    if (kind === "dragover" && document.getElementById("drop-veil").hidden) throw new Error("no veil");
  }
}"""


def give(page: Page, way: str, name: str, kind: str, content: bytes) -> None:
    page.evaluate(GIVE, [way, name, kind, base64.b64encode(content).decode()])


def inked(page: Page, selector: str) -> int:
    """How many pixels of a canvas are painted."""
    count: int = page.eval_on_selector(
        selector,
        """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
           .filter((value, at) => at % 4 === 3 && value > 0).length""",
    )
    return count


def test_a_spoken_question_finds_texts_and_recordings(open_page: Open) -> None:
    page = open_page()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if "search/audio" in request.url else None)
    page.click("#mic")
    expect(page.locator("#recording")).to_be_visible()
    expect(page.locator("#record-hint")).to_contain_text("Speak now.")
    expect(page.locator("#record-time")).to_have_text("0:01")
    assert inked(page, "#record-level") > 100
    page.wait_for_timeout(700)
    page.click("#record-stop")
    expect(page.locator("#recording")).to_be_hidden()
    expect(page.locator(".hit")).to_have_count(10)
    expect(page.locator(".hit.speech").first).to_be_visible()
    expect(page.locator(".hit.text").first).to_be_visible()
    assert len(sent) == 1
    assert "multipart/form-data" in sent[0].headers["content-type"]
    expect(page.locator("#voice-query")).to_be_visible()
    expect(page.locator("#voice-query .time")).to_have_text(re.compile(r"^0:0\d\.\d$"))
    expect(page.locator("#query")).to_be_hidden()


def test_what_is_said_to_the_microphone_is_understood(open_page: Open) -> None:
    page = open_page("/?modality=text&language=en")
    page.click("#mic")
    page.wait_for_timeout(2_200)
    page.keyboard.press("Enter")
    expect(page.locator(".hit").first).to_be_visible()
    best = page.locator(".hit .passage").all_inner_texts()[:3]
    assert any("rain" in text for text in best), best


def test_the_question_can_be_heard_again_and_removed(open_page: Open) -> None:
    page = open_page()
    give(page, "drop", "mvua.ogg", "audio/ogg", QUESTION.read_bytes())
    expect(page.locator(".hit")).to_have_count(10)
    play = page.locator("#voice-query .icon-button").first
    expect(play).to_have_attribute("aria-label", "Play your question")
    play.click()
    expect(page.locator("#voice-query use").first).to_have_attribute("href", "#i-pause")
    page.click("#voice-clear")
    expect(page.locator("#query")).to_be_visible()
    expect(page.locator("#query")).to_be_focused()
    expect(page.locator("#welcome")).to_be_visible()


def test_escape_cancels_and_nothing_is_sent(open_page: Open) -> None:
    page = open_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "search" in request.url else None)
    page.click("#mic")
    expect(page.locator("#record-time")).to_have_text("0:01")
    page.keyboard.press("Escape")
    expect(page.locator("#recording")).to_be_hidden()
    expect(page.locator("#mic")).to_be_focused()
    expect(page.locator("#announcer")).to_have_text("Recording cancelled")
    page.wait_for_timeout(200)
    assert not [url for url in sent if "/v1/" in url]


def test_a_recording_ends_at_the_server_s_limit(open_page: Open) -> None:
    page = open_page("/?view=add")
    collection = page.evaluate("fetch('/v1/collection').then((answer) => answer.json())")
    collection["limits"]["query_seconds"] = 2
    page.route("**/v1/collection", lambda route: route.fulfill(json=collection))
    page.goto("/")
    page.click("#mic")
    expect(page.locator("#record-hint")).to_have_text(re.compile("second"))
    expect(page.locator(".hit")).to_have_count(10)
    expect(page.locator("#voice-query .time")).to_have_text(re.compile(r"^0:0\d\.\d$"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("NotAllowedError", "The microphone is not allowed here."),
        ("NotFoundError", "No microphone was found."),
        ("NotReadableError", "Another program is using the microphone."),
    ],
)
def test_a_microphone_that_cannot_be_had_is_explained(open_page: Open, name: str, said: str) -> None:
    page = open_page()
    page.evaluate(
        """name => { navigator.mediaDevices.getUserMedia =
             () => Promise.reject(new DOMException("no", name)); }""",
        name,
    )
    page.click("#mic")
    expect(page.locator("#ask-problem")).to_contain_text(said)
    expect(page.locator("#mic")).to_be_enabled()
    expect(page.locator("#recording")).to_be_hidden()


def test_a_page_that_is_not_secure_is_explained(open_page: Open) -> None:
    page = open_page()
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    page.click("#mic")
    expect(page.locator("#ask-problem")).to_contain_text("only on a secure page")


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_recording_can_be_dropped_and_pasted(open_page: Open, way: str) -> None:
    page = open_page("/?modality=speech")
    give(page, way, "mvua.ogg", "audio/ogg", QUESTION.read_bytes())
    expect(page.locator(".hit.speech")).to_have_count(10)
    expect(page.locator("#drop-veil")).to_be_hidden()
    expect(page.locator("#voice-query .wave-rest")).to_have_attribute("d", re.compile(r"(M.*){20}"))


def test_a_recording_can_be_chosen(open_page: Open) -> None:
    page = open_page()
    with page.expect_file_chooser() as chooser:
        page.click("#pick-audio")
    chooser.value.set_files(SAMPLES / "queries" / "ru.ogg")
    expect(page.locator(".hit")).to_have_count(10)
    page.click(".pages .next")
    expect(page.locator("#results-title")).to_have_text("Results 11 to 20")
    expect(page.locator("#voice-query")).to_be_visible()


def test_a_document_is_no_question(open_page: Open) -> None:
    page = open_page()
    give(page, "drop", "notes.txt", "text/plain", b"words")
    expect(page.locator("#ask-problem")).to_contain_text("“notes.txt” is not a recording.")


def test_a_damaged_recording_is_explained(open_page: Open, watched: Watched) -> None:
    watched.expect("422", "Failed to load resource")
    page = open_page()
    give(page, "drop", "broken.ogg", "audio/ogg", b"OggS" + bytes(500))
    expect(page.locator("#results .notice-title")).not_to_be_empty()
    expect(page.locator("#voice-query .time")).to_have_text("broken.ogg")


def test_a_recorded_question_is_forgotten_by_a_reload(open_page: Open) -> None:
    page = open_page()
    give(page, "drop", "mvua.ogg", "audio/ogg", QUESTION.read_bytes())
    expect(page.locator(".hit")).to_have_count(10)
    page.reload()
    expect(page.locator("#ask-problem")).to_contain_text("no longer here")
    page.fill("#query", "rain")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(10)
