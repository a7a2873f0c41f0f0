"""Bad input: damaged files, bombs, floods and tricks. The server must refuse, live on, and stay small."""

from __future__ import annotations

import io
import random
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import httpx
import numpy as np
from benchmarks.serving.process import Polyvox

HEADER = (
    "| attack | outcome | seconds | server alive | peak MB server | peak MB readers |\n" + "|---" * 6 + "|"
)
DAMAGED = 300
DRIBBLERS = 200
HOST = b"Host: localhost\r\n"
OFFICE = "http://schemas.openxmlformats.org"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


@dataclass(slots=True)
class _Watch:
    """Looks at a server's memory while something happens to it."""

    server: Polyvox
    peak: tuple[float, float] = (0.0, 0.0)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(0.1):
            now = self.server.megabytes()
            self.peak = (max(self.peak[0], now[0]), max(self.peak[1], now[1]))

    def during(self, name: str, attack: Callable[[Polyvox], str]) -> str:
        """The row of one attack."""
        thread = threading.Thread(target=self.run)
        thread.start()
        began = time.monotonic()
        outcome = attack(self.server)
        took = time.monotonic() - began
        self._over.set()
        thread.join()
        alive = httpx.get(f"{self.server.url}/health", timeout=30).status_code == 200
        return (
            f"| {name} | {outcome} | {took:.1f} | {'yes' if alive else 'NO'} "
            f"| {self.peak[0]:.0f} | {self.peak[1]:.0f} |"
        )


def fault_rows(index: Path) -> Iterator[str]:
    """One row for each attack, on one server."""
    server = Polyvox(index, "--upload-files", str(DAMAGED), "--upload-seconds", "3600")
    try:
        for name, attack in ATTACKS.items():
            yield _Watch(server).during(name, attack)
    finally:
        server.stop()


def damaged_uploads(server: Polyvox) -> str:
    """Samples of every format with bytes changed or cut off, from a fixed seed."""
    rng = random.Random(0)
    originals = sorted((Path(str(files("polyvox"))) / "samples" / "collection").rglob("*.*"))
    parts = []
    for number in range(DAMAGED):
        path = originals[number % len(originals)]
        content = bytearray(path.read_bytes())
        if number % 2:
            del content[rng.randrange(1, len(content)) :]
        for _ in range(rng.randrange(1, 60)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        parts.append(("files", (f"{number}{path.suffix}", bytes(content))))
    job = _job(server, parts)
    kept = len(list(server.index.with_name(f"{server.index.name}.serve").joinpath("uploads").iterdir()))
    return f"{DAMAGED} files: {len(job['problems'])} problems told, {kept} files readable in part"  # type: ignore[arg-type]


def silent_hours(server: Polyvox) -> str:
    """FLAC of ten hours of digital silence: 0.2 kB a second."""
    import av

    target = io.BytesIO()
    with av.open(target, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=8_000, layout="mono")
        minute = np.zeros((1, 8_000 * 60), np.int16)
        for number in range(600):
            frame = av.AudioFrame.from_ndarray(minute, format="s16", layout="mono")
            frame.sample_rate, frame.pts = 8_000, number * minute.shape[1]
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return _told(_job(server, [("files", ("silence.flac", target.getvalue()))]))


def exploding_document(server: Polyvox) -> str:
    """A Word document of 2 MB that is 1.5 GB of XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels"'
            ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/d.xml" ContentType="{WORD_TYPE}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="a"'
            f' Type="{OFFICE}/officeDocument/2006/relationships/officeDocument"'
            ' Target="d.xml"/></Relationships>',
        )
        with archive.open("d.xml", "w", force_zip64=True) as part:
            part.write(f'<w:document xmlns:w="{OFFICE}/wordprocessingml/2006/main"><w:body>'.encode())
            for _ in range(1_500):
                part.write(b"<w:p/>" * 166_667)
            part.write(b"</w:body></w:document>")
    return _told(_job(server, [("files", ("bomb.docx", target.getvalue()))]))


def two_gigabytes(server: Polyvox) -> str:
    """An upload of 2 GB, with its length told and without."""
    head = b"POST /v1/files HTTP/1.1\r\n" + HOST + b"Content-Type: multipart/form-data; boundary=x\r\n"
    told = _talk(server.port, head + b"Content-Length: 2147483648\r\n\r\n")
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    block = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    opening = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n" % len(part) + part + b"\r\n"
    sent, heard = _flood(server.port, opening, block, 2_048)
    return f"told: {_status(told)}; untold: cut off after {sent} MB ({_status(heard)})"


def dribblers(server: Polyvox) -> str:
    """Connections that send a line of a head now and then; others must be served meanwhile."""
    connections = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(DRIBBLERS)]
    for connection in connections:
        connection.sendall(b"GET / HTTP/1.1\r\n")
    began, slowest, open_ones = time.monotonic(), 0.0, connections
    while open_ones and time.monotonic() - began < 60:
        asked = time.monotonic()
        httpx.get(f"{server.url}/health", timeout=30).raise_for_status()
        slowest = max(slowest, time.monotonic() - asked)
        open_ones = [connection for connection in open_ones if _dribble(connection)]
        time.sleep(0.5)
    return (
        f"{DRIBBLERS} connections, all closed after {time.monotonic() - began:.0f} s; "
        f"slowest answer to another client {slowest * 1000:.0f} ms"
    )


def tricks(server: Polyvox) -> str:
    """Paths that lead out, and heads that are a trick."""
    get = b"GET / HTTP/1.1\r\n"
    paths = (
        "/assets/../app.py",
        "/assets/%2e%2e%2fapp.py",
        "/assets//etc/passwd",
        "/v1/items/..%2f..%2fetc/audio",
    )
    sent = [f"GET {path} HTTP/1.1\r\n".encode() + HOST + b"Connection: close\r\n\r\n" for path in paths]
    sent += [
        get + b"Host: evil.example\r\n\r\n",
        get + HOST + HOST + b"\r\n",
        get + HOST + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
        get + HOST + b"A: b\r\n" * 100_000 + b"\r\n",
        b"POST /v1/search HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /v1/texts HTTP/1.1\r\n" + HOST + b"Origin: http://evil.example\r\nContent-Length: 2\r\n\r\n{}",
    ]
    answers = [_status(_talk(server.port, request)) for request in sent]
    bad = [answer for answer in answers if not answer.startswith("4") and answer != "closed"]
    return f"{len(sent)} requests, answered {', '.join(sorted(set(answers)))}; let through: {len(bad)}"


ATTACKS: dict[str, Callable[[Polyvox], str]] = {
    f"{DAMAGED} damaged files": damaged_uploads,
    "ten silent hours in 8 MB of FLAC": silent_hours,
    "1.5 GB of XML in a small Word document": exploding_document,
    "an upload of 2 GB": two_gigabytes,
    "slow-loris": dribblers,
    "paths and heads": tricks,
}


def contract(server: Polyvox, examples: int) -> str:
    """The summary that schemathesis gives of a run against the API."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--no-color"),
        *(f"--max-examples={examples}", "--phases=examples,coverage,fuzzing", f"--checks={CHECKS}"),
        *("--exclude-path-regex=/events$", "--request-timeout=60", "--seed=1", "--continue-on-failure"),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    summary = [line.strip() for line in told if "generated" in line and "mostly" not in line]
    return f"{' '.join(summary[-1:])}; failures: {sum(line.startswith('- ST') for line in told)}"


def _job(server: Polyvox, parts: list[tuple[str, tuple[str, bytes]]]) -> dict[str, object]:
    answer = httpx.post(f"{server.url}/v1/files", files=parts, timeout=300)
    answer.raise_for_status()
    address = f"{server.url}/v1/jobs/{answer.json()['job']['id']}"
    while True:
        job: dict[str, object] = httpx.get(address, timeout=60).json()
        if job["state"] in ("done", "failed"):
            return job
        time.sleep(0.2)


def _told(job: dict[str, object]) -> str:
    problems = job["problems"]
    told = problems[0]["message"] if isinstance(problems, list) and problems else "no problem"
    return f"{job['state']}: {told}"


def _talk(port: int, request: bytes) -> bytes:
    return _flood(port, request, b"", 0)[1]


def _flood(port: int, opening: bytes, block: bytes, times: int) -> tuple[int, bytes]:
    """Send blocks until the server hangs up; how many went, and what it said."""
    sent, heard = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(opening)
            for _ in range(times):
                connection.sendall(block)
                sent += 1
        except OSError:
            pass
        try:
            while piece := connection.recv(65_536):
                heard += piece
        except OSError:
            pass
    return sent, heard


def _dribble(connection: socket.socket) -> bool:
    try:
        connection.send(b"X-a: b\r\n")
        connection.setblocking(False)
        return connection.recv(4_096) != b"" and False
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.setblocking(True)


def _status(answer: bytes) -> str:
    return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/") else "closed"
