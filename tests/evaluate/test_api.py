import json
import lzma
from pathlib import Path

import pytest
from tests.evaluate.toy import WordEncoder

import polyvox
import polyvox.evaluate.folder
from polyvox.errors import PolyvoxError


def test_the_package_is_the_function_too(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    with lzma.open(tmp_path / "text" / "test-lexicon.jsonl.xz", "wt") as file:
        file.write(
            json.dumps({"en": "rain", "sw": "mvua"}) + "\n" + json.dumps({"en": "sun", "sw": "jua"}) + "\n"
        )
    found = polyvox.evaluate(
        [WordEncoder({"mvua": "rain", "jua": "sun"})], tasks=["lexicon"], data=tmp_path, languages=["swa"]
    )
    values = [row["value"] for row in found[0].summary.to_pylist() if row["metric"] == "P@1"]
    assert values == [1.0, 1.0]
    assert polyvox.evaluate.folder.SCORES_FILE == "scores.parquet"  # type: ignore[attr-defined]
    with pytest.raises(PolyvoxError, match="there is no task"):
        polyvox.evaluate(WordEncoder(), tasks=["nothing"])
