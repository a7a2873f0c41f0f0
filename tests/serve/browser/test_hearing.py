"""Hearing a hit: it begins at its second, shows its shape, and can be sought by mouse and keyboard."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

pytest.importorskip("playwright", reason="needs Playwright: pip install 'polyvox[dev]'")

from playwright.sync_api import Locator, Page, expect
from tests.serve.browser.conftest import Open
from tests.serve.browser.watched import Watched
from tests.serve.running import SAMPLES, Server

from polyvox.read import load_audio

SOUND = "player => { const sound = player.querySelector('audio'); return sound && sound.currentTime; }"


def heard_at(player: Locator) -> float:
    seconds: float = player.evaluate(SOUND)
    return seconds


def late_hit(page: Page, site: Server) -> tuple[Locator, float, float]:
    """The first shown hit that begins well inside its recording: its player, start and end."""
    ids = page.locator(".hit").evaluate_all("hits => hits.map(hit => hit.dataset.id)")
    for name in ids:
        hit = site.client.get(f"/v1/items/{name}").json()
        if hit["start"] and hit["start"] > 5:
            return page.locator(f'.hit[data-id="{name}"] .player'), hit["start"], hit["end"]
    raise AssertionError("no hit begins after its recording's fifth second")


@pytest.fixture
def heard(open_page: Open, site: Server) -> tuple[Page, Locator, float, float]:
    page = open_page("/?q=rain&modality=speech")
    expect(page.locator(".hit")).to_have_count(10)
    return page, *late_hit(page, site)


def test_a_hit_plays_from_its_second_to_its_last(heard: tuple[Page, Locator, float, float]) -> None:
    page, player, start, end = heard
    with page.expect_response(lambda response: response.url.endswith("/audio")) as asked:
        player.locator(".play").click()
    assert asked.value.status == 206
    expect(player.locator(".play")).to_have_attribute("aria-label", "Pause")
    assert start <= heard_at(player) <= end
    slider = player.get_by_role("slider")
    expect(slider).to_have_attribute("aria-valuemin", f"{start:.1f}")
    expect(slider).to_have_attribute("aria-valuemax", f"{end:.1f}")
    slider.focus()
    page.keyboard.press("End")
    expect(player).not_to_have_class("player playing")
    assert abs(float(slider.get_attribute("aria-valuenow") or 0) - end) < 0.06
    assert heard_at(player) < end + 1


def test_the_waveform_can_be_clicked(heard: tuple[Page, Locator, float, float]) -> None:
    page, player, start, end = heard
    track = player.get_by_role("slider")
    player.locator(".play").click()
    player.locator(".play").click()
    box = track.bounding_box()  # only now: a click may scroll
    assert box
    track.click(position={"x": box["width"] * 0.75, "y": box["height"] / 2})
    middle = start + 0.75 * (end - start)
    page.wait_for_function(
        "([slider, least]) => Number(slider.getAttribute('aria-valuenow')) >= least",
        arg=[track.element_handle(), middle - 0.2],
    )
    assert float(track.get_attribute("aria-valuenow") or 0) <= end
    expect(player.locator(".play")).to_have_attribute("aria-label", "Pause")


def test_the_keys_move_in_the_recording(heard: tuple[Page, Locator, float, float]) -> None:
    page, player, start, end = heard
    slider = player.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", f"{min(end, start + 1):.1f}")
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuenow", f"{end:.1f}")
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", f"{start:.1f}")
    page.keyboard.press("Space")
    expect(player.locator(".play")).to_have_attribute("aria-label", "Pause")


def test_only_one_hit_plays_at_a_time(open_page: Open) -> None:
    page = open_page("/?q=rain&modality=speech")
    buttons = page.locator(".hit .play")
    buttons.nth(0).click()
    expect(buttons.nth(0)).to_have_attribute("aria-label", "Pause")
    buttons.nth(1).click()
    expect(buttons.nth(1)).to_have_attribute("aria-label", "Pause")
    expect(buttons.nth(0)).not_to_have_attribute("aria-label", "Pause")


def test_the_waveform_has_the_shape_of_the_sound(heard: tuple[Page, Locator, float, float]) -> None:
    _, player, _, _ = heard
    expect(player.locator(".track")).to_have_class("track ready")
    path = player.locator(".wave-rest").get_attribute("d") or ""
    lengths = [
        float(bar.split("V")[1]) - float(bar.split("V")[0].split()[1]) for bar in path.split("M") if bar
    ]
    assert len(lengths) > 50
    assert max(lengths) > 40, "the loudest bar fills the height"
    assert np.std(lengths) > 3, "bars differ"


def test_a_recording_that_browsers_do_not_play_is_heard_at_the_right_second(
    open_page: Open, samples_index: Path, tmp_path: Path
) -> None:
    """The server sends a piece of it as WAV; the page's clock must be the recording's."""
    from polyvox.index import Index

    index = Index.open_or_create(tmp_path / "one.index")
    write_aiff(load_audio(SAMPLES / "collection" / "programme" / "morning-programme.ogg").samples, tmp_path)
    index.add_files([tmp_path / "programme.aiff"])
    server = Server(tmp_path / "one.index", "--rate", "0")
    try:
        page = open_page("/?q=rain", url=server.url)
        expect(page.locator(".hit")).to_have_count(10)
        player, start, end = late_hit(page, server)
        name = player.evaluate("player => player.closest('.hit').dataset.id")
        begin = server.client.get(f"/v1/items/{name}").json()["audio_start"]
        assert begin == pytest.approx(start - 1, abs=0.01)
        player.locator(".play").click()
        expect(player.locator(".play")).to_have_attribute("aria-label", "Pause")
        assert start - begin <= heard_at(player) <= end - begin + 0.5
        known = "player => player.querySelector('audio').duration > 0"
        page.wait_for_function(known, arg=player.element_handle())
        length = player.evaluate("player => player.querySelector('audio').duration")
        assert length == pytest.approx(end - start + 2, abs=0.3)
    finally:
        server.stop()


def write_aiff(samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]], folder: Path) -> None:
    with av.open(str(folder / "programme.aiff"), "w") as container:
        stream = container.add_stream("pcm_s16be", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32_767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def test_a_recording_that_is_gone_is_explained(open_page: Open, watched: Watched) -> None:
    watched.expect("404", "Failed to load resource")
    page = open_page()
    page.route("**/audio", lambda route: route.fulfill(status=404, json={"error": {"message": "gone"}}))
    page.goto("/?q=rain&modality=speech")
    page.locator(".hit .play").first.click()
    expect(page.locator(".player .problem").first).to_contain_text("This recording cannot be played here.")
