"""Texts and recordings through one language model: padding, prefixes, saving, what may be trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers", reason="needs the extra 'train'")
pytest.importorskip("sentence_transformers", reason="needs the extra 'train'")

from tests.modules.tiny_language_model import save_qwen3  # noqa: E402

from polyvox.encode.load import load_encoder  # noqa: E402
from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio, Item, Modality  # noqa: E402
from polyvox.modules.front import open_front  # noqa: E402
from polyvox.modules.prefixes import NO_PREFIXES, Prefixes  # noqa: E402
from polyvox.modules.space import open_space  # noqa: E402
from polyvox.modules.units import Units  # noqa: E402
from polyvox.train.dual_encoder.dual_section import Dual, Pool  # noqa: E402
from polyvox.train.dual_encoder.tower import build_tower, write_start  # noqa: E402

SIZE = 6


def sound(seconds: float, pitch: float = 0.1) -> Audio:
    steps = np.arange(int(16_000 * seconds))
    return Audio(np.sin(steps * pitch * (1 + steps / 20_000)).astype(np.float32))


def ear() -> Units:
    front = open_front("log-mel")
    return Units.fit(front, front.frames([sound(3.0), sound(2.0, 0.4)]), size=SIZE, merge=True)


def tower(folder: Path, pooling: Pool = Pool.MEAN, prefixes: Prefixes = Prefixes(), **changed: Any) -> Any:  # noqa: ANN401, B008
    if not (folder / "start").is_dir():
        save_qwen3(folder / "qwen3")
        write_start(str(folder / "qwen3"), SIZE, Dual(), folder / "start")
    dual = Dual(pooling=pooling, **changed)
    return build_tower(folder / "start", ear(), prefixes, 4.0, dual).eval()


@pytest.mark.parametrize("pooling", list(Pool))
def test_a_vector_alone_is_the_vector_in_a_batch(tmp_path: Path, pooling: Pool) -> None:
    model = tower(tmp_path, pooling)
    inputs = [sound(2.5), sound(0.3, 0.4), sound(1.0, 0.2)]
    together = model.encode(inputs, batch_size=3)
    assert together.shape == (3, 32)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for one, vector in zip(inputs, together, strict=True):
        np.testing.assert_allclose(model.encode([one])[0], vector, atol=1e-5)
    texts = ["un", "καλημέρα, good morning everyone", "dzień dobry"]
    np.testing.assert_allclose(model.encode(texts)[0], model.encode(texts[:1])[0], atol=1e-5)


def test_a_recording_is_written_and_read_like_a_text(tmp_path: Path) -> None:
    reader = tower(tmp_path)[0]
    (units,) = reader.write([sound(1.0)])
    assert units.startswith("<|unit_")
    heard = reader.preprocess([Item(sound(1.0), language="el")])
    assert torch.equal(heard["input_ids"], reader.tokens(["[el speech]" + units])["input_ids"])
    unknown = reader.preprocess([{"array": sound(1.0).samples, "sampling_rate": 16_000}])
    assert torch.equal(unknown["input_ids"], reader.tokens(["[und speech]" + units])["input_ids"])
    text = reader.preprocess([Item("un", language="fr")])
    assert reader.tokenizer.decode(text["input_ids"][0]) == "[fr text] un"
    prompted = reader.preprocess(["un"], prompt="query: ")
    assert reader.tokenizer.decode(prompted["input_ids"][0]) == "query: un"


def test_no_chat_template_and_no_prefix_where_none_is_wanted(tmp_path: Path) -> None:
    reader = tower(tmp_path, prefixes=NO_PREFIXES)[0]
    assert reader.tokenizer.decode(reader.preprocess(["un deux"])["input_ids"][0]) == "un deux"


def test_what_comes_after_the_longest_time_is_not_heard(tmp_path: Path) -> None:
    reader = tower(tmp_path)[0]
    longer = Audio(np.concatenate([sound(4.0).samples, np.ones(16_000, np.float32)]))
    assert reader.write([longer]) == reader.write([sound(4.0)])


def test_saved_and_opened_it_gives_the_same_vectors(tmp_path: Path) -> None:
    model = tower(tmp_path, prefixes=Prefixes("<{name}>", "{name}: "))
    model.save(str(tmp_path / "saved"), create_model_card=False)
    again = open_space(tmp_path / "saved")
    inputs: list[Any] = [Item(sound(1.0), language="pl"), Item("dzień dobry", language="pl")]
    np.testing.assert_allclose(again.encode(inputs), model.encode(inputs), atol=1e-6)
    encoder = load_encoder(tmp_path / "saved")
    assert encoder.card.modalities == {Modality.TEXT, Modality.SPEECH}
    assert encoder.card.max_seconds == 4.0
    np.testing.assert_allclose(encoder.encode_speech([sound(1.0)]), model.encode([sound(1.0)]), atol=1e-6)
    np.testing.assert_allclose(encoder.encode_text(["un"]), model.encode(["un"]), atol=1e-6)


def test_without_an_ear_it_reads_only(tmp_path: Path) -> None:
    model = tower(tmp_path)
    model[0].speech = None
    assert model[0].modalities == ["text"]
    with pytest.raises(PolyvoxError, match="text only"):
        model.encode([sound(1.0)])


def test_frozen_layers_stay_frozen(tmp_path: Path) -> None:
    model = tower(tmp_path, units_only=True).train()
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    optimizer = torch.optim.SGD([w for w in model.parameters() if w.requires_grad], 1.0)
    vectors = model(model[0].tokens(["[el speech]<|unit_1|><|unit_2|>", "un"]))["sentence_embedding"]
    vectors[0].dot(vectors[1]).backward()
    optimizer.step()
    changed = {name for name, weights in model.named_parameters() if not torch.equal(weights, before[name])}
    assert changed == {name for name in before if "embed_tokens" in name}


def test_a_damaged_prefix_is_refused() -> None:
    with pytest.raises(PolyvoxError, match="tag"):
        Prefixes(speech="[{language} speech]")


def test_vectors_of_a_sample_are_whitened_and_the_map_is_saved(tmp_path: Path) -> None:
    tower(tmp_path)
    sample = [f"[en text] {first}{second}" for first in "abcdefghij" for second in "klmnopqrst"]
    dual = Dual()
    model: Any = build_tower(tmp_path / "start", ear(), Prefixes(), 4.0, dual, sample).eval()
    features = model[0].tokens(sample)
    with torch.no_grad():
        plain: Any = model[1](model[0](dict(features)))
        vectors = model[2](plain)["sentence_embedding"]
    assert vectors.mean(0).abs().max() < 1e-3
    spread = vectors.T @ vectors / len(vectors)
    values = torch.linalg.eigvalsh(spread)
    assert values.max().item() == pytest.approx(1, abs=0.01)
    assert (values > 0.99).sum() > 5
    model.save(str(tmp_path / "saved"), create_model_card=False)
    again = open_space(tmp_path / "saved")
    np.testing.assert_allclose(again.encode(["un deux"]), model.encode(["un deux"]), atol=1e-5)
