"""Hard negatives from a language model behind an OpenAI-compatible server; what it said is kept on disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from polyvox.errors import PolyvoxError
from polyvox.train.progress import Progress

KEY_VARIABLE = "OPENAI_API_KEY"
_PATIENCE = 120.0
_ASK = (
    "Change one fact of the sentence below: a number, a name, or whether something is so. Keep every other "
    "word. Give {count} different results, one a line, and nothing else.\n\n{text}"
)


def ask_for_edits(
    endpoint: str, model: str, texts: Sequence[str], count: int, path: Path
) -> Mapping[str, Sequence[str]]:
    """Edits of each text, asked for once and kept in a file of JSON lines; a killed run asks for the rest.

    Args:
        endpoint: address up to and with `/v1`. A key in `OPENAI_API_KEY` is sent along.
        model: which model of the server.
        texts: to be edited.
        count: edits of each.
        path: the file.

    Raises:
        PolyvoxError: the address is not http or https, or the server does not answer as it should.
    """
    if urlsplit(endpoint).scheme not in ("http", "https"):
        raise PolyvoxError(f"endpoint {endpoint!r}: must begin with http:// or https://")
    known = _kept(path)
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    progress = Progress("edits by a language model", len(missing))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        for text in missing:
            known[text] = _lines(_asked(endpoint, model, _ASK.format(count=count, text=text)), text)[:count]
            file.write(json.dumps([text, known[text]], ensure_ascii=False) + "\n")
            file.flush()
            progress.advance()
    return known


def _asked(endpoint: str, model: str, question: str) -> str:
    said = {"model": model, "temperature": 0.7, "messages": [{"role": "user", "content": question}]}
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get(KEY_VARIABLE):
        headers["Authorization"] = f"Bearer {key}"
    request = Request(  # noqa: S310 - the scheme was looked at
        f"{endpoint.rstrip('/')}/chat/completions", json.dumps(said).encode(), headers
    )
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            return str(json.load(answer)["choices"][0]["message"]["content"])
    except (URLError, TimeoutError) as error:
        raise PolyvoxError(
            f"{endpoint}: does not answer ({error}); leave endpoint out to edit by rule"
        ) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise PolyvoxError(f"{endpoint}: what it answers is no chat completion ({error!r})") from error


def _lines(answer: str, text: str) -> list[str]:
    """The lines of an answer without numbering; the text itself is no edit."""
    found = [line.strip().lstrip("0123456789.-*) ").strip() for line in answer.splitlines()]
    return [line for line in dict.fromkeys(found) if line and line != text]


def _kept(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                text, edits = json.loads(line)
            except ValueError:
                continue
            found[text] = edits
    return found
