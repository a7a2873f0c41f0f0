"""The API keeps what its OpenAPI description promises, for requests that nobody thought of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serve.running import Server

pytest.importorskip("fastapi", reason="needs the extra 'serve'")
pytest.importorskip("schemathesis", reason="needs the extra 'dev'")

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = int(os.environ.get("POLYVOX_CONTRACT_EXAMPLES", "5"))


def test_no_request_breaks_the_contract(server: Server, tmp_path: Path) -> None:
    """Generated requests, good and bad; every answer must have a documented status, type and shape."""
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        f"{server.url}/openapi.json",
        f"--max-examples={EXAMPLES}",
        "--phases=examples,coverage,fuzzing",
        f"--checks={CHECKS}",
        "--exclude-path-regex=/events$",
        "--request-timeout=60",
        "--seed=1",
        "--no-color",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert server.client.get("/health").status_code == 200


def test_the_description_loads_nothing_from_elsewhere(server: Server) -> None:
    assert server.client.get("/docs").headers["location"] == "/openapi.json"
    description = server.client.get("/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, facts in methods.items():
            statuses = set(facts["responses"])
            assert "429" in statuses, (method, path)
            errors = {status for status in statuses if int(status) >= 400}
            for status in errors:
                schema = facts["responses"][status]["content"]["application/json"]["schema"]
                assert schema["$ref"].endswith("/ErrorBody"), (method, path, status)
