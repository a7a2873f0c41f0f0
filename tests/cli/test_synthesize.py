import json
import lzma
import shutil
from pathlib import Path

import pytest

from polyvox.cli import main
from polyvox.train.manifest import read_manifest

pytestmark = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
ESPEAK = ["--engines", "espeak", "--workers", "1"]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.tsv"
    path.write_text("sentence\tlanguage\nmaji moto\tsw\n\tsw\ngood morning\ten\n")
    return path


def test_a_table_becomes_a_set_of_recordings(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["synthesize", str(texts), str(out), "--column", "text=sentence", "--format", "opus", *ESPEAK]
    assert main(command) == 1
    told = capsys.readouterr()
    assert "2 recordings" in told.out
    assert "line 3: the row has no text" in told.err
    recordings = read_manifest(out, needs=["transcript", "speaker"], check_files=True)
    assert {(one.language, one.transcript) for one in recordings} == {
        ("sw", "maji moto"),
        ("en", "good morning"),
    }
    assert all(0.3 < one.seconds < 3 for one in recordings)
    assert main(command) == 1
    assert "0 spoken now, 2 were there" in capsys.readouterr().out


def test_wrong_calls_are_told(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> tuple[int, str]:
        return main(["synthesize", *arguments]), capsys.readouterr().err

    out = str(tmp_path / "out")
    plain = tmp_path / "plain.txt"
    plain.write_text("maji\n")
    assert told() == (2, "polyvox: TEXTS and OUT are needed; see polyvox synthesize --help\n")
    assert "unknown engine 'bark'; there are: espeak" in told(str(texts), out, "--engines", "bark")[1]
    assert "give the language of its lines" in told(str(plain), out)[1]
    assert "unknown key 'noize'" in told(str(plain), out, "--language", "sw", "--augment", "noize=1")[1]
    assert "none of the 1 texts" in told(str(plain), out, "--language", "so", *ESPEAK)[1]
    assert not (tmp_path / "out").exists()


def test_voices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synthesize", "--list-voices"]) == 0
    assert "espeak\tsw\t" in capsys.readouterr().out
    assert main(["synthesize", "--list-voices", "--language", "sw"]) == 0
    assert "sw+f1" in capsys.readouterr().out


def test_a_recipe_is_spoken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POLYVOX_DATA", raising=False)
    (tmp_path / "text").mkdir()
    lines = [json.dumps({"en": f"{number} fires", "sw": f"moto {number}"}) for number in range(9)]
    (tmp_path / "text" / "train-fire.jsonl.xz").write_bytes(lzma.compress("\n".join(lines).encode()))
    (tmp_path / "recipe.toml").write_text(
        '[synthesis]\nlanguages = ["sw"]\nengines = ["espeak"]\nseed = 3\n'
        "sources = { train-fire = 1.0 }\nutterances = { default = 5 }\naugmentation = { noise = 1.0 }\n"
    )
    out = tmp_path / "out"
    assert main(["synthesize", str(tmp_path), str(out)]) == 2
    assert "give --data or set POLYVOX_DATA" in capsys.readouterr().err
    assert main(["synthesize", str(tmp_path), str(out), "--data", str(tmp_path), "--workers", "1"]) == 0
    recordings = read_manifest(out, check_files=True)
    assert len(recordings) == 5
    assert all(one.translation.endswith("fires") for one in recordings)
