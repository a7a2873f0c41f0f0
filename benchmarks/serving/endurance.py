"""Readers and a writer at the same time, with a kill in the middle: nothing committed may be lost."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from benchmarks.serving.process import Polyvox, wait_until_up

HEADER = (
    "| seconds | readers | searches | errors outside the restart | restart s "
    "| texts committed before the kill | of these lost | texts committed in all | of these lost "
    "| index verified |\n" + "|---" * 10 + "|"
)
READERS = 32
BATCH = 50


@dataclass(slots=True)
class _Run:
    url: str = ""
    searches: int = 0
    errors: list[str] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    restarting: bool = False
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, number: int) -> None:
        """Search until the end; what fails outside the restart is an error."""
        with httpx.Client(timeout=60) as client:
            while not self.over:
                self._search(client, f"morning {number}")

    def _search(self, client: httpx.Client, words: str) -> None:
        url, calm = self.url, not self.restarting
        try:
            answer = client.post(f"{url}/v1/search", json={"query": words})
            failed = "" if answer.status_code == 200 else f"{answer.status_code}"
        except httpx.HTTPError as error:
            failed = repr(error)
        with self.lock:
            self.searches += not failed
            if failed and calm and not self.restarting and url == self.url:
                self.errors.append(failed)
        if failed:
            time.sleep(0.5)

    def write(self) -> None:
        """Add batches of texts with words of their own; those of finished jobs count as committed."""
        batch = 0
        while not self.over:
            words = [f"zq{batch}x{number}" for number in range(BATCH)]
            texts = [{"text": f"{word} is a word", "id": word, "language": "en"} for word in words]
            name = self._until_it_works("POST", "/v1/texts", {"texts": texts})["job"]["id"]
            while (state := self._until_it_works("GET", f"/v1/jobs/{name}")["state"]) not in (
                "done",
                "failed",
            ):
                time.sleep(0.05)
            if state == "done":
                self.committed += words
            batch += 1

    def _until_it_works(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        while True:
            try:
                answer = httpx.request(method, self.url + path, json=body, timeout=60)
                if answer.status_code < 300:
                    found: dict[str, Any] = answer.json()
                    return found
            except httpx.HTTPError:
                pass
            time.sleep(0.1)


def endurance_row(index: Path, seconds: float) -> str:
    """Run it and count."""
    server = Polyvox(index)
    run = _Run(server.url)
    readers = [threading.Thread(target=run.read, args=(number,)) for number in range(READERS)]
    writer = threading.Thread(target=run.write)
    for thread in (*readers, writer):
        thread.start()
    time.sleep(seconds / 2)
    before = list(run.committed)
    run.restarting = True
    began = time.monotonic()
    server.stop(signal.SIGKILL)
    server = Polyvox(index)
    wait_until_up(f"{server.url}/health")
    restart = time.monotonic() - began
    run.url, run.restarting = server.url, False
    time.sleep(seconds / 2)
    run.over = True
    for thread in (*readers, writer):
        thread.join()
    server.stop()
    kept = _kept(index)
    lost_before, lost = set(before) - kept, set(run.committed) - kept
    if run.errors:
        print("errors:", sorted(set(run.errors)))
    facts = (
        f"{seconds:.0f}", READERS, f"{run.searches:,}", len(run.errors), f"{restart:.1f}", f"{len(before):,}",
        len(lost_before), f"{len(run.committed):,}", len(lost), "yes" if _verified(index) else "NO",
    )  # fmt: skip
    return f"| {' | '.join(map(str, facts))} |"


def _kept(index: Path) -> set[str]:
    """The first words of all texts in an index."""
    from polyvox.index.table import ItemTable
    from polyvox.index.writer import ITEMS

    batches = ItemTable.open(index / ITEMS).batches(["text"])
    return {text.split(" ", 1)[0] for batch in batches for text in batch["text"].to_pylist() if text}


def _verified(index: Path) -> bool:
    from polyvox.index import Index

    return bool(Index.open(index).verify())
