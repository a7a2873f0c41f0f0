"""The cascade with a made-up recogniser, with PocketSphinx, and with a tiny Whisper in the real format."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from polyvox.encode import Encoder, ModalityError, ModelCard, Role, Vectors, load_encoder
from polyvox.errors import MissingExtraError, PolyvoxError
from polyvox.evaluate.cascade import Cascade, PocketsphinxCascade, WhisperCascade
from polyvox.evaluate.systems import load_system
from polyvox.item import Audio, Modality
from polyvox.read.sound import load_audio
from polyvox.train.manifest import read_manifest

DATA = Path(os.environ.get("POLYVOX_DATA", Path(__file__).parents[3] / "shared" / "data"))


class Lengths:
    """A recogniser that writes down how many samples it heard."""

    name = "lengths"
    fingerprint = "lengths 1"
    max_seconds = 10.0

    def transcribe(self, recordings: Sequence[Audio]) -> list[str]:
        return [f"heard {len(recording.samples)}" for recording in recordings]


class SpeechOnly:
    """An encoder that reads no text."""

    card = ModelCard("deaf to text", "0", 2, frozenset({Modality.SPEECH}))

    def encode_text(self, texts: Sequence[str], *, role: Role = Role.PASSAGE) -> Vectors:
        raise ModalityError(self.card, Modality.TEXT)

    def encode_speech(self, recordings: Sequence[Audio], *, role: Role = Role.PASSAGE) -> Vectors:
        return np.zeros((len(recordings), 2), np.float32)


def english_recordings() -> dict[str, Path]:
    folder = DATA / "speech" / "gcompris"
    if not folder.exists():
        pytest.skip("needs the speech of POLYVOX_DATA")
    rows = read_manifest(folder / "manifest.tsv")
    return {row.key: folder / row.path for row in rows if row.language == "en"}


def silence(samples: int) -> Audio:
    return Audio(np.zeros(samples, np.float32))


def test_a_recording_has_the_vector_of_its_words() -> None:
    text = load_encoder(dimension=64)
    cascade = Cascade(Lengths(), text)
    assert isinstance(cascade, Encoder)
    np.testing.assert_array_equal(
        cascade.encode_speech([silence(16), silence(32)]), text.encode_text(["heard 16", "heard 32"])
    )
    np.testing.assert_array_equal(cascade.encode_text(["water"]), text.encode_text(["water"]))
    assert cascade.encode_speech([]).shape == (0, 64)


def test_its_card_names_both_and_changes_with_either() -> None:
    cascade = Cascade(Lengths(), load_encoder(dimension=64), source="somewhere")
    assert cascade.card.name == "lengths → polyvox-default"
    assert cascade.card.modalities == {Modality.TEXT, Modality.SPEECH}
    assert (cascade.card.dimension, cascade.card.max_seconds, cascade.card.source) == (64, 10, "somewhere")
    assert cascade.card.fingerprint != Cascade(Lengths(), load_encoder(dimension=32)).card.fingerprint
    other = Lengths()
    other.fingerprint = "lengths 2"
    assert cascade.card.fingerprint != Cascade(other, load_encoder(dimension=64)).card.fingerprint


def test_a_text_encoder_that_reads_no_text_is_refused() -> None:
    with pytest.raises(ModalityError, match="deaf to text"):
        Cascade(Lengths(), SpeechOnly())


def test_pocketsphinx_does_not_remember_what_it_heard_before() -> None:
    pytest.importorskip("pocketsphinx")
    cascade = PocketsphinxCascade(load_encoder(dimension=32))
    generator = np.random.default_rng(0)
    noise = Audio(generator.normal(0, 0.1, 8_000).astype(np.float32))
    loud = Audio(generator.normal(0, 0.5, 16_000).astype(np.float32))
    alone = cascade.transcribe([noise])
    assert cascade.transcribe([loud, noise])[1:] == alone
    assert cascade.transcribe([silence(0)]) == [""]


def test_pocketsphinx_understands_a_spoken_word() -> None:
    pytest.importorskip("pocketsphinx")
    spoken = english_recordings()["words/time"]
    cascade = load_system("cascade:pocketsphinx+default", 64)
    assert isinstance(cascade, PocketsphinxCascade)
    audio = load_audio(spoken)
    assert cascade.transcribe([audio]) == ["time"]
    np.testing.assert_array_equal(cascade.encode_speech([audio]), cascade.encode_text(["time"]))


def test_the_words_of_a_recording_do_not_depend_on_the_others() -> None:
    pytest.importorskip("pocketsphinx")
    recordings = english_recordings()
    audio = [load_audio(recordings[f"words/{word}"]) for word in ("time", "prize", "wrist", "fox")]
    cascade = PocketsphinxCascade(load_encoder(dimension=32))
    alone = [cascade.transcribe([one])[0] for one in audio]
    assert cascade.transcribe(audio) == alone
    assert cascade.transcribe(audio[::-1]) == alone[::-1]


@pytest.fixture(scope="module")
def whisper_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Whisper of random weights with 16 dimensions, its tokenizer of single bytes."""
    pytest.importorskip("torch")
    library = pytest.importorskip("transformers", reason="needs the extra 'hub'")
    import torch
    from tokenizers.pre_tokenizers import ByteLevel

    folder = tmp_path_factory.mktemp("whisper") / "tiny"
    folder.mkdir()
    vocabulary = {letter: place for place, letter in enumerate(sorted(ByteLevel.alphabet()))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    tokenizer = library.WhisperTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    special = ["<|startoftranscript|>", "<|en|>", "<|fr|>", "<|translate|>", "<|transcribe|>"]
    special += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    number = {token: tokenizer.convert_tokens_to_ids(token) for token in [*special, "<|endoftext|>"]}
    end = number["<|endoftext|>"]
    torch.manual_seed(0)
    config = library.WhisperConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_target_positions=24,
        init_std=0.5,
        decoder_start_token_id=number["<|startoftranscript|>"],
        eos_token_id=end,
        pad_token_id=end,
        bos_token_id=end,
        suppress_tokens=None,
        begin_suppress_tokens=[end],
    )
    model = library.WhisperForConditionalGeneration(config)
    settings = model.generation_config
    settings._from_model_config = False  # else it is made anew from config.json when loaded
    settings.is_multilingual = True
    settings.lang_to_id = {token: number[token] for token in ("<|en|>", "<|fr|>")}
    settings.task_to_id = {task: number[f"<|{task}|>"] for task in ("transcribe", "translate")}
    settings.no_timestamps_token_id = number["<|notimestamps|>"]
    settings.max_length = 24
    model.save_pretrained(folder)
    library.WhisperProcessor(library.WhisperFeatureExtractor(), tokenizer).save_pretrained(folder)
    return folder


def voices() -> list[Audio]:
    generator = np.random.default_rng(1)
    return [Audio(generator.normal(0, 0.1, size).astype(np.float32)) for size in (4_000, 16_000, 9_000)]


def test_whisper_runs_from_a_folder_end_to_end(whisper_folder: Path) -> None:
    name = f"cascade:whisper={whisper_folder}+default"
    cascade = load_system(name, 64)
    assert isinstance(cascade, WhisperCascade)
    assert cascade.card.name == "whisper tiny → polyvox-default"
    assert cascade.card.source == name
    words = cascade.transcribe(voices())
    assert len(words) == 3
    assert all(words), "random weights write something"
    vectors = cascade.encode_speech(voices())
    np.testing.assert_array_equal(vectors, cascade.encode_text(words))
    alone = np.concatenate([cascade.encode_speech([voice]) for voice in voices()])
    np.testing.assert_array_equal(vectors, alone)


def test_translation_is_another_system(whisper_folder: Path) -> None:
    heard = load_system(f"cascade:whisper={whisper_folder}+default", 64)
    translated = load_system(f"cascade:whisper-translate={whisper_folder}+default", 64)
    assert translated.card.name == "whisper tiny translate → polyvox-default"
    assert heard.card.fingerprint != translated.card.fingerprint


def test_what_is_no_whisper_is_named(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra 'hub'")
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(PolyvoxError, match="cannot be opened as a Whisper checkpoint"):
        load_system(f"cascade:whisper={tmp_path}+default")


@pytest.mark.parametrize(
    "name", ["cascade:pocketsphinx", "cascade:siri+default", "cascade:+default", "cascade:pocketsphinx+"]
)
def test_a_malformed_cascade_says_how_it_is_written(name: str) -> None:
    with pytest.raises(PolyvoxError, match=r"cascade:RECOGNISER\+MODEL"):
        load_system(name)


def test_arguments_of_recognisers_are_checked() -> None:
    with pytest.raises(PolyvoxError, match="leave '=large' out"):
        load_system("cascade:pocketsphinx=large+default")
    with pytest.raises(PolyvoxError, match="name the checkpoint"):
        load_system("cascade:whisper+default")


def test_other_names_are_models() -> None:
    assert load_system("default").card == load_encoder().card


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pocketsphinx", None)
    with pytest.raises(MissingExtraError, match=r"polyvox\[evaluate\]"):
        load_system("cascade:pocketsphinx+default")
