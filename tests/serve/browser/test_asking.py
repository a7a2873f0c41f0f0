"""Searching by typing: hits, filters, paging, the address, errors."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Page, Route, expect
from tests.serve.browser.conftest import Open
from tests.serve.browser.watched import Watched
from tests.serve.running import Server, hits_for

RAIN = "Heavy rain and strong wind will come tomorrow night."


def ask(page: Page, words: str) -> None:
    page.fill("#query", words)
    page.keyboard.press("Enter")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")


def test_words_find_texts_with_the_words_marked(open_page: Open) -> None:
    page = open_page()
    ask(page, "rain")
    first = page.locator(".hit").first
    expect(first.locator(".passage")).to_have_text(RAIN)
    expect(first.locator("mark")).to_have_text(["rain"])
    expect(first.locator(".tongue")).to_contain_text("English")
    expect(first.locator(".where")).to_have_text("line 5")
    expect(page).to_have_url(re.compile(r"/\?q=rain$"))
    expect(page.locator("#results-title")).to_have_text("Results 1 to 10")
    expect(page.locator("#announcer")).to_have_text("Results 1 to 10")
    expect(page).to_have_title(re.compile("^rain · "))


def test_hits_are_the_server_s_in_its_order(open_page: Open, site: Server) -> None:
    page = open_page("/?q=fish")
    expect(page.locator(".hit")).to_have_count(10)
    shown = page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.dataset.id)")
    assert shown == [hit["id"] for hit in hits_for(site, "fish")]


def test_the_languages_of_hits_are_named_in_the_language_of_the_page(open_page: Open) -> None:
    page = open_page("/?q=fish&language=pt&language=sw", locale="fr-CA")
    names = page.locator(".hit .tongue")
    expect(names.first).to_be_visible()
    assert {name.split()[-1] for name in names.all_inner_texts()} == {"portugais", "swahili"}


def test_an_example_is_in_a_language_of_the_collection_and_finds_something(open_page: Open) -> None:
    page = open_page()
    examples = page.locator(".example")
    expect(examples).to_have_count(6)
    swahili = examples.filter(has_text="Swahili")
    words = swahili.locator(".example-words").inner_text()
    swahili.click()
    expect(page.locator("#query")).to_have_value(words)
    expect(page.locator(".hit")).to_have_count(10)
    expect(page.locator("#welcome")).to_be_hidden()


def test_going_back_brings_the_question_before(open_page: Open) -> None:
    page = open_page()
    ask(page, "rain")
    ask(page, "bread")
    page.go_back()
    expect(page.locator("#query")).to_have_value("rain")
    expect(page.locator(".hit .passage").first).to_have_text(RAIN)
    page.go_back()
    expect(page.locator("#welcome")).to_be_visible()
    page.go_forward()
    expect(page.locator(".hit .passage").first).to_have_text(RAIN)


def test_filters_narrow_the_hits_and_survive_a_reload(open_page: Open) -> None:
    page = open_page("/?q=rain")
    page.locator(".segments label", has_text="Speech").click()
    expect(page.locator(".hit.text")).to_have_count(0)
    expect(page.locator(".hit.speech")).to_have_count(10)
    page.click("#language-button")
    page.fill("#language-menu input[type=search]", "swa")
    expect(page.locator("#language-menu .tick:visible")).to_have_count(1)
    page.locator("#language-menu .tick", has_text="Swahili").click()
    expect(page.locator("#language-button")).to_have_text("Swahili")
    expect(page.locator(".hit")).to_have_count(4)
    expect(page).to_have_url(re.compile(r"/\?q=rain&language=sw&modality=speech$"))
    page.reload()
    expect(page.locator(".hit.speech")).to_have_count(4)
    expect(page.locator("#language-button")).to_have_text("Swahili")
    assert set(page.locator(".hit .tongue").all_inner_texts()) == {"Speech\nSwahili"}


def test_the_way_of_searching_can_be_chosen(open_page: Open) -> None:
    page = open_page("/?q=bread")
    page.select_option("#filters select", "lexical")
    expect(page.locator(".hit .passage")).to_have_text([re.compile("bread")])
    expect(page).to_have_url(re.compile("mode=lexical"))


def test_pages_of_hits_follow_each_other(open_page: Open, site: Server) -> None:
    page = open_page("/?q=rain")
    page.click(".pages .next")
    expect(page.locator("#results-title")).to_have_text("Results 11 to 20")
    expect(page.locator("#results-title")).to_be_focused()
    expect(page.locator(".hit .rank").first).to_have_text("11")
    shown = page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.dataset.id)")
    assert shown == [hit["id"] for hit in hits_for(site, "rain", offset=10)]
    page.click(".pages .previous")
    expect(page.locator("#results-title")).to_have_text("Results 1 to 10")
    expect(page.locator(".pages .previous")).to_be_disabled()
    expect(page).not_to_have_url(re.compile("page="))


def test_nothing_found_offers_to_remove_the_filters(open_page: Open) -> None:
    page = open_page("/?q=bread&mode=lexical&language=hi")
    expect(page.locator("#results-title")).to_have_text("Nothing was found")
    page.get_by_role("button", name="Remove the filters").click()
    expect(page.locator(".hit")).to_have_count(10)


def test_only_the_last_question_is_answered(open_page: Open) -> None:
    page = open_page()
    held: list[Route] = []

    def slow_for_rain(route: Route) -> None:
        if '"rain"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/search", slow_for_rain)
    page.fill("#query", "rain")
    page.keyboard.press("Enter")
    expect(page.locator(".bones")).to_be_visible()
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    ask(page, "bread")
    expect(page.locator(".hit .passage").first).to_contain_text("bread")
    assert len(held) == 1
    held[0].fulfill(
        json={"hits": [], "more": False, "took_ms": 1, "query": {"text": "rain", "seconds": None}}
    )
    page.wait_for_timeout(200)
    expect(page.locator(".hit .passage").first).to_contain_text("bread")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (None, "The server does not answer."),
        (500, "The server made a mistake."),
        (429, "Too many questions at once."),
        (422, "the query is strange"),
    ],
)
def test_an_error_is_told_and_can_be_tried_again(
    open_page: Open, watched: Watched, status: int | None, said: str
) -> None:
    watched.expect("Failed to load resource")
    page = open_page()
    error = {"error": {"code": "x", "message": "the query is strange", "hint": "write another"}}
    page.route(
        "**/v1/search",
        lambda route: (
            route.fulfill(status=status, json=error) if status else route.abort("connectionrefused")
        ),
    )
    ask(page, "rain")
    expect(page.locator("#results .notice-title")).to_have_text(said)
    page.unroute("**/v1/search")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".hit .passage").first).to_have_text(RAIN)


def test_marks_count_characters_as_the_server_does(open_page: Open) -> None:
    page = open_page()
    parts = page.evaluate("""async () => {
        const { parts } = await import("/assets/highlight.js");
        return parts("😀 rain 🌧 rain rain", [[2, 6], [9, 13], [14, 18]]).map((it) => [it.text, it.marked]);
    }""")
    assert parts == [["😀 ", False], ["rain", True], [" 🌧 ", False], ["rain rain", True]]


def test_text_from_the_collection_is_never_read_as_markup(open_page: Open) -> None:
    page = open_page()
    hit = hits_for_markup()
    answer = {"hits": [hit], "more": False, "took_ms": 1.0, "query": {"text": "x", "seconds": None}}
    page.route("**/v1/search", lambda route: route.fulfill(json=answer))
    ask(page, "x")
    expect(page.locator(".hit .passage")).to_have_text(str(hit["text"]))
    expect(page.locator(".hit img")).to_have_count(0)
    expect(page.locator(".hit .link")).to_have_text("<b>.txt")


def hits_for_markup() -> dict[str, object]:
    return {
        "id": "1", "rank": 1, "score": 1.0, "modality": "text", "language": "en",
        "text": "<img src=x onerror=alert(1)> <script>alert(2)</script>", "highlights": [[0, 4]],
        "file": "<b>.txt", "start": None, "end": None, "page": None, "audio": None, "audio_start": 0.0,
        "peaks": None,
    }  # fmt: skip
