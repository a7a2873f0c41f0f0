from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from polyvox.errors import PolyvoxError
from polyvox.train.sonar.edited_by_model import ask_for_edits
from polyvox.train.sonar.edits import edited, names_in, opposite, other_name, other_number


def dice() -> np.random.Generator:
    return np.random.default_rng(2)


def test_a_number_keeps_its_length() -> None:
    for seed in range(20):
        made = other_number("In 1969 it began.", [], np.random.default_rng(seed))
        year = made.removeprefix("In ").removesuffix(" it began.")
        assert len(year) == 4 and year.isdecimal() and year != "1969"


def test_a_number_word_becomes_another_with_its_capital() -> None:
    made = other_number("Seven men left.", [], dice())
    assert made.endswith(" men left.")
    assert made[0].isupper() and not made.startswith("Seven")


def test_a_name_becomes_another_name() -> None:
    assert other_name("We saw Paris.", ["Paris", "Rome"], np.random.default_rng(1)) in ("We saw Rome.", "")
    assert other_name("We saw Oslo.", ["Paris", "Rome"], dice()) == ""


def test_a_negation_comes_and_goes() -> None:
    assert opposite("He is not here.", [], dice()) == "He is here."
    assert opposite("He can't go.", [], dice()) == "He ca go."
    assert opposite("He is here.", [], dice()) == "He is not here."
    assert opposite("Show files", [], dice()) == "Hide files"
    assert opposite("A tree", [], dice()) == ""


def test_edits_differ_from_the_text_and_from_each_other() -> None:
    text = "In 1969 Anna was not in Rome before seven."
    made = edited(text, ["Anna", "Rome", "Oslo", "Lima"], dice(), 5)
    texts = [one for _, one in made]
    assert len(set(texts)) == len(texts) == 5
    assert text not in texts
    assert {kind for kind, _ in made} == {"number", "entity", "negation"}


def test_words_that_open_sentences_are_no_names() -> None:
    assert names_in(["The king. The queen", "The man saw Ann", "A man saw Ann: He left"]) == ["Ann"]


class Server(BaseHTTPRequestHandler):
    asked = 0
    answer = ""

    def do_POST(self) -> None:
        type(self).asked += 1
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/chat/completions"
        assert said["model"] == "tiny" and "One fact" in said["messages"][0]["content"]
        self.send_response(200)
        self.end_headers()
        content = {"choices": [{"message": {"content": type(self).answer}}]} if self.answer else {"no": 1}
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Server.asked, Server.answer = 0, "1. Two facts\n2) One lie\nOne fact\n\nThree"
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_server_edits_and_is_asked_once(endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "edits.jsonl"
    found = ask_for_edits(endpoint, "tiny", ["One fact"], 2, path)
    assert found == {"One fact": ["Two facts", "One lie"]}
    assert ask_for_edits(endpoint, "tiny", ["One fact"], 2, path) == found
    assert Server.asked == 1


def test_an_answer_of_another_kind_is_an_error(endpoint: str, tmp_path: Path) -> None:
    Server.answer = ""
    with pytest.raises(PolyvoxError, match="no chat completion"):
        ask_for_edits(endpoint, "tiny", ["One fact"], 2, tmp_path / "edits.jsonl")


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="does not answer"):
        ask_for_edits("http://127.0.0.1:9/v1", "tiny", ["One fact"], 2, tmp_path / "edits.jsonl")


def test_an_address_of_another_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match="http"):
        ask_for_edits("file:///etc", "tiny", ["One fact"], 2, tmp_path / "edits.jsonl")
