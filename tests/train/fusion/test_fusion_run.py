"""A whole run on a handful of recordings, with checkpoints in the formats of the hub."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("transformers", reason="needs the extra 'train'")

from tests.modules.test_fused_speech import save_hubert  # noqa: E402
from tests.modules.tiny_text import WORDS, save_qwen3  # noqa: E402

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.train.fusion.results import read_result  # noqa: E402
from polyvox.train.fusion.run import train_fusion  # noqa: E402
from polyvox.train.fusion.sections import FusionRecipe  # noqa: E402
from polyvox.train.fusion.text_model import as_sentence_transformer  # noqa: E402
from polyvox.train.opus import encode_opus  # noqa: E402
from polyvox.train.sections import section_from  # noqa: E402

HEADER = "path\tlanguage\tkey\tsplit\ttranscript\ttranslation_language\ttranslation\tseconds\n"
ROWS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings whose pitch is their word, one of them unreadable, one leaked."""
    folder = tmp_path_factory.mktemp("data")
    speech = folder / "speech" / "tones"
    speech.mkdir(parents=True)
    lines = [HEADER]
    for number in range(ROWS):
        word, split = WORDS[number % 6], "dev" if number < 4 else "train"
        time = np.arange(16_000 + 400 * number) / 16_000
        wave = (0.3 * np.sin(2 * np.pi * (200 + 90 * (number % 6)) * time)).astype(np.float32)
        (speech / f"{number}.ogg").write_bytes(encode_opus(wave, 20_000))
        text = f"{word} {split}" if number != 4 else f"{WORDS[0]} dev"
        lines.append(f"{number}.ogg\tmdw\tk{number}\t{split}\t{word} {number}\tfr\t{text}\t1.0\n")
    (speech / "broken.ogg").write_bytes(b"nothing")
    lines.append("broken.ogg\tmdw\tk\ttrain\tchat\tfr\tchat train\t1.0\n")
    (speech / "manifest.tsv").write_text("".join(lines), encoding="utf-8")
    torch.manual_seed(0)
    save_hubert(folder / "hubert")
    save_qwen3(folder / "qwen3-raw")
    as_sentence_transformer(folder / "qwen3-raw").save(str(folder / "qwen3"), create_model_card=False)
    return folder


def recipe(data: Path, **speech: object) -> FusionRecipe:
    values = {
        "text": {"name": str(data / "qwen3"), "prompt": "un"},
        "fronts": [{"name": str(data / "hubert"), "stride": 1}],
        "speech": {"dimensions": [32, 8], "batch": 4, "steps": 3, "save_every": 1, **speech},
        "sets": [
            {
                "name": "tones",
                "reader": "split",
                "sources": ["tones"],
                "variants": ["late", "separate", "nested", "letters", "shuffled"],
            }
        ],
    }
    return section_from(FusionRecipe, values, "recipe")


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    train_fusion(recipe(data), data, out)
    return out


def test_every_variant_has_a_result_and_the_report_names_it(run: Path) -> None:
    report = (run / "results.md").read_text(encoding="utf-8")
    assert (run / "cost.svg").is_file()
    for variant in ("late", "separate", "nested", "letters", "shuffled"):
        result = read_result(run / "tones" / "hubert" / variant)
        assert result is not None
        assert (result.queries, result.pool, result.trained_on, result.steps) == (4, 4, 7, 3)
        assert set(result.scores) == {32, 8}
        assert f" {variant} |" in report
        assert sorted(result.ranks) == [8, 32]
    text = read_result(run / "tones" / "text")
    assert text is not None
    assert text.queries == 4


@pytest.mark.parametrize("variant", ["late", "separate", "nested"])
def test_a_trained_model_is_an_encoder_of_both_modalities(variant: str, run: Path, data: Path) -> None:
    encoder = load_encoder(str(run / "tones" / "hubert" / variant / "model"))
    audio = Audio(np.ones(9_000, np.float32))
    assert encoder.encode_speech([audio]).shape == (1, 32)
    wanted = load_encoder(str(data / "qwen3")).encode_text(["un chat"])
    np.testing.assert_allclose(encoder.encode_text(["un chat"]), wanted, atol=1e-6)


def test_a_finished_run_is_not_done_again_and_another_recipe_is_refused(run: Path, data: Path) -> None:
    result = run / "tones" / "hubert" / "late" / "result.json"
    before = result.stat().st_mtime_ns
    train_fusion(recipe(data), data, run)
    assert result.stat().st_mtime_ns == before
    result.rename(result.with_suffix(".kept"))
    with pytest.raises(PolyvoxError, match="another speech"):
        train_fusion(recipe(data, scale=10.0), data, run)
    result.with_suffix(".kept").rename(result)


def test_a_killed_variant_goes_on_to_the_same_scores(run: Path, data: Path, tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    import polyvox.train.fusion.speech_stage as stage

    kept, steps = stage._step, []

    def dies(*given: object) -> float:
        steps.append(given[-1])
        if len(steps) == 3:
            raise KilledError
        return kept(*given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "_step", dies)
        with pytest.raises(KilledError):
            train_fusion(recipe(data), data, tmp_path)
        train_fusion(recipe(data), data, tmp_path)
    assert steps[:4] == [0, 1, 2, 2]
    there, here = (
        json.loads((out / "tones" / "hubert" / "late" / "result.json").read_text()) for out in (run, tmp_path)
    )
    assert there["scores"] == here["scores"]
    checkpoint = Path("tones") / "hubert" / "late" / "checkpoint.safetensors"
    assert (run / checkpoint).read_bytes() == (tmp_path / checkpoint).read_bytes()
