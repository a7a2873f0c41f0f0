import json
import shutil
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnxscript")

import torch

from polyvox.cli import main
from polyvox.encode.light import LightEncoder
from polyvox.encode.load import default_model_folder
from polyvox.encode.manifest import read_manifest, verify_files
from polyvox.encode.static import StaticTextTower
from polyvox.errors import PolyvoxError
from polyvox.item import Modality
from polyvox.modules.meaning import MeaningConfig
from polyvox.modules.sounds import SoundsConfig
from polyvox.modules.speech_tower import SpeechTower
from polyvox.modules.word_spotter import SpotterConfig
from polyvox.modules.word_tower import WordTower
from polyvox.train.export import export_model
from polyvox.train.export_run import WordsRun
from polyvox.train.export_sources import open_trained
from polyvox.train.export_speech import Storage
from polyvox.train.lexicon import KnownWord, save_words
from polyvox.train.manifest import Recording, write_manifest
from polyvox.train.parity import sample_speech, tower_vectors
from polyvox.train.recipe import ModelRecipe
from polyvox.train.speech_recipe import load_speech_recipe
from polyvox.train.speech_tower import WORDS_FILE
from polyvox.train.waves import write_wav

NAMED = ModelRecipe("tiny", "1", "Apache-2.0", ("nothing: CC0",))


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., str]:
    """Why an export is refused; it has left nothing behind."""

    def refusal(source: Path, **settings: Path) -> str:
        with pytest.raises(PolyvoxError) as error:
            export_model(source, tmp_path / "out", described=NAMED, **settings)  # type: ignore[arg-type]
        assert not list(tmp_path.glob("out*"))
        return str(error.value)

    return refusal


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    sounds = SoundsConfig(5, width=32, layers=1, heads=2, kernel=3)
    meaning = MeaningConfig(5, dimension=256, width=32, layers=1, heads=2, kernel=3)
    folder = tmp_path_factory.mktemp("trained") / "tower"
    SpeechTower(["", "a", "b", "c", "d"], sounds, meaning).save(folder)
    (folder / "README.md").write_text("---\nlicense: cc0-1.0\n---\n\nTrained for a test.\n")
    return folder


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("development")
    rows = []
    for number, audio in enumerate(sample_speech().recordings[:6]):
        write_wav(folder / f"{number}.wav", audio)
        rows.append(Recording(f"{number}.wav", "en", transcript=f"text {number % 3}"))
    write_manifest(folder / "manifest.tsv", rows)
    return folder


@pytest.fixture(scope="module")
def exported(tower: Path, development: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "light"
    command = ["export", str(tower), str(out), "--text", "default", "--name", "tiny"]
    assert main([*command, "--development", str(development)]) == 0
    return out


def test_the_light_form_hears_as_the_trained_tower(tower: Path, exported: Path) -> None:
    recordings = sample_speech().recordings[:5]
    speech = open_trained(tower).speech
    assert speech is not None
    reference = tower_vectors(speech.tower, recordings)
    vectors = LightEncoder(exported).encode_speech(recordings)
    assert np.einsum("nd,nd->n", vectors, reference).min() > 0.99
    facts = read_manifest(exported).export
    assert float(facts["float32_largest_difference"]) < 1e-4
    assert float(facts["int8_mean_cosine"]) > 0.99
    assert facts["speech_weights"] == "int8"
    assert facts["opset"] == 18
    assert facts["recall_pool"] == 3
    assert {"float32_recall_at_1", "int8_recall_at_1"} <= set(facts)


def test_the_text_half_comes_along(exported: Path) -> None:
    texts = ["Habari ya asubuhi", "good morning", ""]
    ours, theirs = LightEncoder(exported), LightEncoder(default_model_folder())
    assert np.array_equal(ours.encode_text(texts), theirs.encode_text(texts))
    manifest = read_manifest(exported)
    assert manifest.modalities == {Modality.TEXT, Modality.SPEECH}
    assert manifest.matryoshka == (256, 128, 64, 32)
    verify_files(exported)


def test_the_card_says_what_it_is(exported: Path) -> None:
    card = (exported / "README.md").read_text()
    assert card.startswith("---\nlicense: cc0-1.0\n---\n\n# tiny")
    assert "Trained for a test." in card
    assert read_manifest(exported).files["speech.onnx"] in card


def test_a_folder_that_holds_something_is_left_alone(
    exported: Path,
    tower: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = (exported / "model.json").read_bytes()
    assert main(["export", str(tower), str(exported)]) == 3
    assert "exists and is not empty" in capsys.readouterr().err
    assert (exported / "model.json").read_bytes() == before
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(tower), "."]) == 3
    assert "is the working folder" in capsys.readouterr().err


def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, tower: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError("Not enough free space to write 24320000 bytes")

    monkeypatch.setattr("polyvox.train.export.write_manifest", full)
    out = tmp_path / "out"
    arguments = ["export", str(tower), str(out), "--text", str(default_model_folder())]
    assert main(arguments) == 3
    told = capsys.readouterr().err
    assert f"{out}: the model cannot be written (Not enough free space" in told
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported_is_told(tmp_path: Path, tower: Path, told: Callable[..., str]) -> None:
    assert "not a trained model; expected a folder with model.json" in told(tmp_path)
    shutil.copytree(tower, tmp_path / "run" / "model")
    assert f"is the folder of a run; give its model, {tmp_path / 'run' / 'model'}" in told(tmp_path / "run")
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"hidden_size": 8}))
    assert "of another kind of model" in told(other)
    assert "has no text half" in told(tower, text=tower)
    assert "in the light form already" in told(default_model_folder())
    narrow = tmp_path / "narrow"
    shutil.copytree(default_model_folder(), narrow)
    np.save(narrow / "tokens.npy", np.load(narrow / "tokens.npy")[:, :32])
    assert "not of one space" in told(tower, text=narrow)


def test_a_static_sentence_transformer_becomes_light(tmp_path: Path) -> None:
    library = pytest.importorskip("sentence_transformers")
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding

    tokenizer = StaticTextTower.load(default_model_folder()).tokenizer
    weights = np.random.default_rng(1).normal(size=(tokenizer.get_vocab_size(), 32)).astype(np.float32)
    model = library.SentenceTransformer(modules=[StaticEmbedding(tokenizer, weights), Normalize()])
    model.save(str(tmp_path / "static"))
    report = export_model(tmp_path / "static", tmp_path / "light", described=NAMED, matryoshka=(32, 16))
    light = LightEncoder(tmp_path / "light")
    texts = ["maji moto", "good morning everybody", "Straße"]
    assert np.einsum("nd,nd->n", light.encode_text(texts), model.encode(texts)).min() > 0.999
    assert light.card.modalities == {Modality.TEXT}
    assert light.manifest.matryoshka == (32, 16)
    assert float(report.facts["text_mean_cosine"]) > 0.999


@pytest.fixture(scope="module")
def words_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a tower of words that nobody trained, and its recipe."""
    torch.manual_seed(0)
    run = tmp_path_factory.mktemp("words")
    sounds = SoundsConfig(4, width=16, layers=1, heads=2, kernel=3)
    spotter = SpotterConfig(4, key=8, width=16, layers=1, heads=2, kernel=3)
    WordTower(["", "a", "b", "k"], sounds, spotter).save(run / "tower")
    said = sorted(set(permutations([1, 2, 3, 1, 2], 4)))
    save_words([KnownWord(f"word {number}", "en", one) for number, one in enumerate(said)], run / WORDS_FILE)
    (run / "recipe.toml").write_text("""
        [speech]
        dictionary = []
        human = { gcompris = 1 }
        [speech.lexicon]
        sources = []
        code_parts = 8
    """)
    return run


def test_a_tower_of_words_gets_its_lexicon(words_run: Path, development: Path, tmp_path: Path) -> None:
    report = export_model(
        words_run,
        tmp_path / "light",
        described=NAMED,
        text=default_model_folder(),
        recipe=words_run,
        development=development,
    )
    manifest = read_manifest(tmp_path / "light")
    assert manifest.modalities == {Modality.TEXT, Modality.SPEECH}
    assert manifest.export["pronunciations"] == len(set(permutations([1, 2, 3, 1, 2], 4)))
    assert {"opset", "float32_recall_at_1", "int8_recall_at_1", "text_mean_cosine"} <= set(manifest.export)
    assert float(report.facts["sounds_largest_difference"]) < 1e-3
    verify_files(tmp_path / "light")
    light = LightEncoder(tmp_path / "light")
    heard = light.encode_speech(sample_speech().recordings[:2])
    assert np.allclose(np.linalg.norm(heard, axis=1), 1, atol=1e-5)
    same = LightEncoder(default_model_folder()).encode_text(["rain"])
    assert np.array_equal(light.encode_text(["rain"]), same)


def test_a_tower_of_words_says_what_it_needs(
    words_run: Path, tmp_path: Path, told: Callable[..., str]
) -> None:
    assert "name one with --text" in told(words_run)
    assert "with --recipe" in told(words_run, text=default_model_folder())
    assert f"the folder of its run, {words_run}" in told(words_run / "tower")
    shutil.copytree(words_run / "tower", tmp_path / "begun" / "tower")
    assert "train it to its end" in told(tmp_path / "begun", text=default_model_folder(), recipe=words_run)
    (tmp_path / "begun" / WORDS_FILE).write_text("en\tfish\t\t1 2\nen\train\t\t1 9\n")
    assert "does not know" in told(tmp_path / "begun", text=default_model_folder(), recipe=words_run)
    shutil.copytree(words_run, tmp_path / "whole" / "speech")
    assert "whole run; give" in told(tmp_path / "whole")


def test_a_network_that_was_stored_wrongly_is_refused(words_run: Path, tmp_path: Path) -> None:
    shutil.copytree(default_model_folder(), tmp_path / "light")
    run = WordsRun(words_run, load_speech_recipe(words_run), tmp_path / "light")
    recordings = sample_speech().recordings[:2]
    run.store(Storage.FLOAT32, recordings)
    assert run.largest_difference(recordings) < 1e-3
    with torch.no_grad():
        run.tower.sounds.head.bias[1] += 1
    with pytest.raises(PolyvoxError, match="disagrees"):
        run.largest_difference(recordings)
