"""Who is let in, and how often."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra 'serve'")

from polyvox.serve.admission import Admission
from polyvox.serve.errors import ApiError
from polyvox.serve.sessions import Sessions
from polyvox.serve.settings import Limits, Settings

HOST = {"host": "localhost"}


def test_loading_the_page_takes_nothing_from_the_rate(tmp_path: Path) -> None:
    settings = Settings(tmp_path, limits=Limits(rate=0.001, burst=2))
    admission = Admission(settings, Sessions())
    for _ in range(20):
        for path in ("/", "/favicon.ico", "/assets/main.js", "/assets/i18n/en.json"):
            admission.admit("GET", path, HOST, "10.0.0.1")
    for _ in range(2):
        admission.admit("GET", "/v1/collection", HOST, "10.0.0.1")
    for method, path in (("GET", "/v1/collection"), ("GET", "/health"), ("POST", "/assets/main.js")):
        with pytest.raises(ApiError) as refused:
            admission.admit(method, path, HOST, "10.0.0.1")
        assert refused.value.status_code == 429
    admission.admit("GET", "/assets/main.js", HOST, "10.0.0.1")
