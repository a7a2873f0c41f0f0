"""A server on the sample collection, and Chromium with a microphone that plays a file."""

from __future__ import annotations

import os
import shutil
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.serve.browser.watched import Watched
from tests.serve.running import QUESTION, SAMPLES, Server

from polyvox.index import Index
from polyvox.read import ReadOptions, load_audio

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = os.environ.get("POLYVOX_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
PATIENCE = 30_000
"""Milliseconds; a busy machine takes its time."""
Open = Callable[..., "Page"]


@pytest.fixture(scope="session")
def samples_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index that `polyvox demo` makes of the sample collection; copy it before changing it."""
    folder = tmp_path_factory.mktemp("samples") / "harbour.index"
    index = Index.open_or_create(folder)
    for language in sorted(path.name for path in (SAMPLES / "collection").iterdir()):
        options = ReadOptions(language=None if language == "programme" else language)
        index.add_files([SAMPLES / "collection" / language], options)
    return folder


@pytest.fixture(scope="session")
def site(samples_index: Path) -> Iterator[Server]:
    """The sample collection, served."""
    running = Server(samples_index, "--rate", "0")
    yield running
    assert running.process.poll() is None, f"the server died: {running.log.read_text()}"
    running.stop()


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears: "mvua", Swahili for rain, then silence."""
    path = tmp_path_factory.mktemp("microphone") / "mvua.wav"
    voice = np.concatenate([load_audio(QUESTION).samples, np.zeros(16_000, np.float32)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes((voice * 32_767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="session")
def browser(spoken: Path) -> Iterator[Browser]:
    """Chromium, without a sandbox where the tests run as root."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium, or set POLYVOX_CHROMIUM")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    flags = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        "--autoplay-policy=no-user-gesture-required",
        "--mute-audio",
    ]
    with sync_playwright() as playwright:
        sandbox = os.geteuid() != 0 if hasattr(os, "geteuid") else True
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=flags, chromium_sandbox=sandbox)
        yield running
        running.close()


@pytest.fixture
def watched() -> Watched:
    """What the pages of a test did that they should not have done."""
    return Watched()


@pytest.fixture
def open_page(browser: Browser, site: Server, watched: Watched) -> Iterator[Open]:
    """Opens an address of the page; at the end no page may have complained or asked a stranger."""
    contexts: list[BrowserContext] = []

    def opened(address: str = "/", *, url: str = site.url, **settings: object) -> Page:
        options: dict[str, object] = {"locale": "en", "permissions": ["microphone"], "base_url": url}
        context = browser.new_context(**{**options, **settings})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watched.watch(page, url)
        page.goto(address)
        page.locator("main > section:not([hidden])").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    watched.check()
