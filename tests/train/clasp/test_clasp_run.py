"""A whole run on a handful of recordings, with checkpoints in the formats of the hub."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")
pytest.importorskip("transformers", reason="needs the extra 'train'")

from tests.modules.branches.test_branches import save_efficientnet  # noqa: E402
from tests.modules.test_fused_speech import save_hubert  # noqa: E402
from tests.modules.tiny_labse import save_tiny_labse  # noqa: E402
from tests.modules.tiny_text import WORDS  # noqa: E402

from polyvox.encode import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.evaluate.cascade import Cascade  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.train.clasp import references  # noqa: E402
from polyvox.train.clasp import run as clasp_run  # noqa: E402
from polyvox.train.clasp.data import read_corpus  # noqa: E402
from polyvox.train.clasp.distortions import conditions  # noqa: E402
from polyvox.train.clasp.results import read_result  # noqa: E402
from polyvox.train.clasp.run import train_variants  # noqa: E402
from polyvox.train.clasp.stage import Stage, subset  # noqa: E402
from polyvox.train.clasp.variants import Variant, read_variants  # noqa: E402
from polyvox.train.kinds import Order, carry_out  # noqa: E402
from polyvox.train.waves import write_wav  # noqa: E402


class Parrot:
    """Recognises the same words in everything, and counts."""

    name = fingerprint = "parrot"
    max_seconds = 60.0

    def __init__(self) -> None:
        self.heard = 0

    def transcribe(self, recordings: Sequence[Audio]) -> list[str]:
        self.heard += len(recordings)
        return ["chat"] * len(recordings)


HEADER = "path\tlanguage\tsplit\ttranscript\ttranslation_language\ttranslation\n"
RECIPE = """
kind = "clasp"
[model]
text = "{data}/text"
[first]
kind = "front"
name = "{data}/hubert"
[second]
kind = "image"
name = "{data}/efficientnet"
[[sources]]
path = "tones/manifest.tsv"
name = "tones"
[training]
batch = 4
epochs = 3
[measuring]
languages = ["fr"]
distorted = 2
cascade = 3
peer = "default"
[[variants]]
name = "legacy"
objective = {{ legacy = true }}
[[variants]]
name = "second alone"
against = ["legacy"]
training = {{ most = 4 }}
model = {{ fusion = "second" }}
second = {{ kind = "mel-statistics" }}
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones whose pitch is their text; one is unreadable, one says a text of the test."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "tones").mkdir()
    lines = [HEADER]
    for number in range(20):
        split = "test" if number < 12 else "dev" if number < 14 else "train"
        text = f"{WORDS[number % 6]} {'a' * (number // 6)} {split}"
        time = np.arange(8_000 + 200 * number) / 16_000
        wave = (0.3 * np.sin(2 * np.pi * (200 + 60 * (number % 6)) * time)).astype(np.float32)
        write_wav(folder / "tones" / f"{number}.wav", Audio(wave))
        lines.append(f"{number}.wav\ten\t{split}\t{text}\tfr\t{text} fr\n")
    (folder / "tones" / "broken.wav").write_bytes(b"nothing")
    lines.append("broken.wav\ten\ttrain\tchat chien\tfr\tx\n")
    lines.append(f"19.wav\ten\ttrain\t{WORDS[0]}  test\tfr\tx\n")
    (folder / "tones" / "manifest.tsv").write_text("".join(lines), encoding="utf-8")
    torch.manual_seed(0)
    save_hubert(folder / "hubert")
    save_efficientnet(folder / "efficientnet")
    save_tiny_labse(folder / "text")
    return folder


@pytest.fixture(scope="module")
def recipe(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe")
    (folder / "recipe.toml").write_text(RECIPE.format(data=data))
    return folder


@pytest.fixture(scope="module")
def out(recipe: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(references, "PocketsphinxCascade", lambda text: Cascade(Parrot(), text))
        assert carry_out(Order(recipe, data, folder, variants=True)) == 0
    return folder


@pytest.fixture(autouse=True)
def parrot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "PocketsphinxCascade", lambda text: Cascade(Parrot(), text))


def variants(recipe: Path) -> list[Variant]:
    return read_variants(recipe, every=True)


def test_every_variant_is_measured_and_named_in_the_report(out: Path, recipe: Path) -> None:
    report = (out / "results.md").read_text(encoding="utf-8")
    assert (out / "curves.svg").is_file()
    for one in variants(recipe):
        found = read_result(out / "variants" / one.slug)
        assert found is not None
        assert (found.trained_on, found.leaked) == (one.recipe.training.most or 6, 1)
        assert (found.tests["tones"].queries, found.tests["tones"].pool) == (12, 12)
        assert found.languages["tones"]["fr"].queries == 12
        assert found.curve["clean"].queries == 2
        assert f"| {one.name} |" in report
    assert "| chance |" in report
    assert "## Text in other languages" in report
    assert "| second alone | legacy | " in report.partition("## Rows against each other")[2]


def test_the_share_of_guessing_is_kept_and_shows_the_inverted_temperature(out: Path) -> None:
    shares: dict[str, list[dict[str, Any]]] = {
        slug: [json.loads(line) for line in (out / "variants" / slug / "metrics.jsonl").open()]
        for slug in ("as-the-recipe-says", "legacy")
    }
    assert [one["epoch"] for one in shares["legacy"]] == [1, 2, 3]
    assert all(0.97 < one["over_guessing"] < 1.03 for one in shares["legacy"])
    assert shares["as-the-recipe-says"][-1]["over_guessing"] != shares["legacy"][-1]["over_guessing"]


def test_the_model_is_an_encoder_of_both_modalities(out: Path, data: Path) -> None:
    folder = out / "variants" / "as-the-recipe-says" / "model"
    encoder = load_encoder(str(folder))
    assert encoder.encode_speech([Audio(np.ones(9_000, np.float32))]).shape == (1, 32)
    wanted = load_encoder(str(data / "text")).encode_text(["un chat"])
    np.testing.assert_allclose(encoder.encode_text(["un chat"]), wanted, atol=1e-6)
    card = json.loads((folder / "card.json").read_text())
    assert card["trained_on"] == 6
    assert card["tests"]["tones"]["pool"] == 12


def test_the_saved_model_reaches_what_the_result_says(out: Path, data: Path) -> None:
    encoder = load_encoder(str(out / "variants" / "as-the-recipe-says" / "model"))
    rows = [line.split("\t") for line in (data / "tones" / "manifest.tsv").read_text().splitlines()[1:13]]
    from polyvox.read.sound import load_audio

    heard = encoder.encode_speech([load_audio(data / "tones" / row[0]) for row in rows])
    read = encoder.encode_text([row[3] for row in rows])
    scores = heard @ read.T
    right = np.diag(scores)[:, None]
    ranks = (scores >= right - 1e-6).sum(axis=1)
    found = read_result(out / "variants" / "as-the-recipe-says")
    assert found is not None
    assert ranks.tolist() == list(found.ranks["tones"])


def test_the_references_stand_beside_on_the_same_recordings(out: Path) -> None:
    found = json.loads((out / "references.json").read_text())["found"]
    (name,) = found["cascade"]
    assert name.startswith("parrot → ")
    assert found["cascade"][name]["queries"] == 3
    # A parrot is right by chance at most once: all its vectors are equal, and its 12 texts are not.
    assert found["cascade"][name]["recall_1"] <= 1 / 3
    assert found["peer"]["tones"]["queries"] == 12
    assert set(found["peer_curve"]) == {"clean", *(one.name for one in conditions()[1:])}
    assert found["translations"]["tones"]["fr"]["pool"] == 12
    result = read_result(out / "variants" / "as-the-recipe-says")
    assert result is not None
    assert result.beside is not None
    assert result.beside.queries == 3


def test_words_are_recognised_once(recipe: Path, data: Path, out: Path) -> None:
    base = variants(recipe)[0].recipe
    corpus = read_corpus(base, data, out / "speech")
    stage = Stage(base, corpus, *(None,) * 3)  # type: ignore[arg-type]
    parrot = Parrot()
    heard = subset(corpus, 3, base.seed)
    again = references.recognised(
        stage, Cascade(parrot, load_encoder(str(data / "text"))), heard, out / references.WORDS
    )
    assert again == ["chat"] * 3
    assert parrot.heard == 0


def test_a_killed_run_hears_and_trains_only_what_is_left(
    recipe: Path, data: Path, out: Path, tmp_path: Path
) -> None:
    class KilledError(Exception):
        pass

    def dies(*_: object) -> None:
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clasp_run, "_save", dies)
        with pytest.raises(KilledError):
            train_variants(variants(recipe), data, tmp_path)
    stores = [path for path in (tmp_path / "branches").rglob("vectors.bin") if path.stat().st_size]
    assert len(stores) == 3
    # A kill between a vector and its name leaves bytes without a name.
    with stores[0].open("ab") as file:
        file.write(b"half a vector")
    sizes = {path: path.stat().st_size for path in stores[1:]}
    train_variants(variants(recipe)[:1], data, tmp_path)
    assert {path: path.stat().st_size for path in sizes} == sizes
    there, here = (read_result(one / "variants" / "as-the-recipe-says") for one in (out, tmp_path))
    assert there is not None
    assert here is not None
    assert there.ranks == here.ranks


def test_another_recipe_is_refused_and_a_check_names_what_is_missing(
    recipe: Path, data: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text(
        (recipe / "recipe.toml").read_text().replace("epochs = 3", "epochs = 4")
    )
    with pytest.raises(PolyvoxError, match="begun with another recipe"):
        train_variants(variants(tmp_path), data, out)
    assert carry_out(Order(recipe, data, out, check=True)) == 0
    assert carry_out(Order(recipe, tmp_path, out, check=True)) == 1
