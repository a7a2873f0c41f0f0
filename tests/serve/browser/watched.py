"""What a page must never do: complain, break the content policy, or ask another server."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Page, Request

POLICY = """
window.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Watched:
    """Collects the faults of pages. `expect` names parts of complaints that a test provokes."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        # Chromium advises so when the tests read a canvas.
        self._expected = ["willReadFrequently"]

    def watch(self, page: Page, url: str) -> None:
        """Listen to a page that belongs to `url`."""
        page.add_init_script(POLICY)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._see(request, url))

    def expect(self, *parts: str) -> None:
        """Complaints that contain one of these are meant to be."""
        self._expected.extend(parts)

    def check(self) -> None:
        """Fail if there was anything."""
        unexpected = [one for one in self.complaints if not any(part in one for part in self._expected)]
        assert not unexpected, unexpected
        assert not self.strangers, self.strangers

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def _see(self, request: Request, url: str) -> None:
        if not request.url.startswith((url, "blob:", "data:")):
            self.strangers.append(request.url)
