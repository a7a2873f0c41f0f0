"""Text search under load: wrk with 32 connections, ours beside txtai's API."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks.serving.process import Polyvox, resident, stop, wait_until_up

HEADER = (
    "| server | vectors | requests/s | p50 ms | p95 ms | p99 ms | errors | MB resident |\n" + "|---" * 8 + "|"
)
CONNECTIONS = 32
QUERIES = 1_000

SCRIPT = """
local requests = {}
for line in io.lines("%s") do requests[#requests + 1] = line end
local at = 0
wrk.method = "%s"
wrk.headers["Content-Type"] = "application/json"
request = function()
  at = at %% #requests + 1
  %s
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local shape = '{"p50": %%f, "p95": %%f, "p99": %%f, "errors": %%d, "requests": %%d, "seconds": %%f}'
  io.write(string.format(shape .. "\\n",
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.requests, summary.duration / 1e6))
end
"""

TXTAI_BUILD = """
import json, sys
from txtai import Embeddings
rows = [json.loads(line)["text"] for path in sys.argv[2:] for line in open(path, encoding="utf-8")]
settings = json.loads(sys.argv[1])
embeddings = Embeddings(settings["embeddings"])
embeddings.index((number, row, None) for number, row in enumerate(rows))
embeddings.save(settings["path"])
"""
TRANSFORM = """
from polyvox.encode import load_encoder
encoder = load_encoder()
def vectors(texts):
    return encoder.encode_text(list(texts))
"""


def questions(lines: Path, seed: int = 0) -> list[str]:
    """Every so many words of the collection, a different part of a sentence each: all are answerable."""
    rows = [json.loads(line)["text"] for line in lines.read_text(encoding="utf-8").splitlines()]
    rng = random.Random(seed)
    chosen = rng.sample([row for row in rows if len(row.split()) > 3], QUERIES)
    return [" ".join(row.split()[rng.randrange(2) :][:6]) for row in chosen]


def measure(url: str, method: str, requests: list[str], seconds: int, scratch: Path) -> dict[str, float]:
    """What wrk says: latencies in milliseconds, requests, errors."""
    listed, script = scratch / f"{method}.txt", scratch / f"{method}.lua"
    listed.write_text("\n".join(requests) + "\n", encoding="utf-8")
    send = (
        'return wrk.format(nil, "/v1/search", nil, requests[at])'
        if method == "POST"
        else "return wrk.format(nil, requests[at])"
    )
    script.write_text(SCRIPT % (listed, method, send), encoding="utf-8")
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script), url]
    subprocess.run([*command[:3], "-d3s", *command[4:]], capture_output=True, check=True)
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found: dict[str, float] = json.loads(next(line for line in told if line.startswith("{")))
    return found


def row(name: str, vectors: str, found: dict[str, float], megabytes: float) -> str:
    """A row of the table."""
    rate = found["requests"] / found["seconds"]
    times = " | ".join(f"{found[name]:.1f}" for name in ("p50", "p95", "p99"))
    return f"| {name} | {vectors} | {rate:.0f} | {times} | {found['errors']:.0f} | {megabytes:.0f} |"


def load_ours(index: Path, asked: list[str], seconds: int, scratch: Path) -> str:
    """Our row."""
    server = Polyvox(index, "--read-only")
    try:
        bodies = [json.dumps({"query": words, "limit": 10}) for words in asked]
        found = measure(server.url, "POST", bodies, seconds, scratch)
        return row("**polyvox serve**", "shipped model, hybrid", found, server.megabytes()[0])
    finally:
        server.stop()


def load_txtai(
    python: Path, lines: Path, asked: list[str], seconds: int, scratch: Path, model: str | None
) -> str:
    """Txtai's row: with our vectors, or with a sentence-transformers model."""
    kind = {"method": "external", "transform": "our_vectors.vectors"} if model is None else {"path": model}
    place = scratch / f"txtai-{'ours' if model is None else 'model'}"
    settings = {"path": str(place), "embeddings": {**kind, "content": True, "hybrid": True}}
    (scratch / "our_vectors.py").write_text(TRANSFORM, encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(scratch),
        "HF_HUB_OFFLINE": "1",
        "ALLOW_RESOLVE_TRANSFORM": "True",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if not place.exists():
        build = [str(python), "-c", TXTAI_BUILD, json.dumps(settings), str(lines)]
        subprocess.run(build, env=environment, check=True)
    config = scratch / "txtai.yml"
    config.write_text(json.dumps(settings), encoding="utf-8")
    with txtai_server(python, environment | {"CONFIG": str(config)}) as (url, megabytes):
        paths = [f"/search?query={quote(words)}&limit=10" for words in asked]
        found = measure(url, "GET", paths, seconds, scratch)
        vectors = "shipped model, hybrid" if model is None else f"{Path(model).name}, hybrid"
        return row("txtai's API", vectors, found, megabytes())


@contextmanager
def txtai_server(python: Path, environment: dict[str, str]) -> Iterator[tuple[str, Callable[[], float]]]:
    """Txtai's API, started as its manual says."""
    port = 8799
    command = [str(python), "-m", "uvicorn", "txtai.api:app", "--port", str(port), "--log-level", "warning"]
    process = subprocess.Popen(command, env=environment, text=True)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(f"{url}/search?query=hello&limit=1")
        yield url, lambda: resident(process.pid)
    finally:
        stop(process)


def need(program: str) -> None:
    """End with a reason when a program is missing."""
    if shutil.which(program) is None:
        raise SystemExit(f"{program} is not installed: apt-get install {program}")
