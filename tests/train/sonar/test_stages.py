from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from polyvox.errors import PolyvoxError
from polyvox.modules.bottleneck import Bottleneck
from polyvox.train.rows import text_hash
from polyvox.train.sonar.corpus import Corpus, Pair, Row, read_corpus, same_texts
from polyvox.train.sonar.draws import Batches, noisy, tagged
from polyvox.train.sonar.later_sections import Extend, Keep
from polyvox.train.sonar.loop import learn
from polyvox.train.sonar.network import add_languages, make_bottleneck
from polyvox.train.sonar.objectives import contrast, encoded, interpolation, translation
from polyvox.train.sonar.recipe import read_recipe
from polyvox.train.sonar.sections import Contrast, Model, Pace, Text, Translate
from polyvox.train.sonar.speech_stage import _recall
from polyvox.train.sonar.text_stages import (
    Lesson,
    free_tokens,
    freeze_all_but_decoder,
    learn_only_new,
    translate_stage,
)

from .tiny import data, recipe, sentence

TEXT = Text(("en", "fr"), {"tiny": 1.0}, longest=12)
PAIRS = [Pair(sentence("fr", n), sentence("en", n), "fr", "en") for n in (7, 123, 456, 789)]
PACE = Pace(steps=4, batch=2, warmup=1, save_every=1, rate=1e-2, bf16=False)


@pytest.fixture
def model() -> Bottleneck:
    texts = [sentence(language, number) for language in ("en", "fr", "es") for number in range(300)]
    sizes = Model(vocabulary=320, width=16, heads=2, inner=16, encoder_layers=1, decoder_layers=1)
    return make_bottleneck(sizes, TEXT, ("en", "fr"), texts, 1).eval()


def test_a_text_alone_has_the_vector_that_it_has_in_any_batch(model: Bottleneck) -> None:
    long = " ".join(sentence("fr", number) for number in range(10))
    together = encoded(model, ["un", long], ["fr", "fr"])
    alone = encoded(model, ["un"], ["fr"])
    assert torch.allclose(together[0], alone[0], atol=1e-6)


def test_the_loss_of_a_text_does_not_depend_on_padding(model: Bottleneck) -> None:
    vectors = encoded(model, ["un", "deux arbre"], ["fr", "fr"])
    tokens = model.tokens(["one", "two three four five"])
    tags = [model.tag_of("en")] * 2
    each = [model.loss(vectors[n : n + 1], tokens[n : n + 1], tags[:1]).item() for n in (0, 1)]
    sizes = [len(ids) + 1 for ids in tokens]
    expected = np.average(each, weights=sizes)
    assert model.loss(vectors, tokens, tags).item() == pytest.approx(expected, rel=1e-5)


def test_writing_is_the_likeliest_text_of_the_loss(model: Bottleneck) -> None:
    """Greedy decoding by the library goes on from the same start, tag and vector as the loss."""
    vectors = encoded(model, ["un deux"], ["fr"])
    tag, config = model.tag_of("en"), model.network.config
    ids = [config.decoder_start_token_id, tag]
    memory = (vectors * 4).unsqueeze(1)
    for _ in range(5):
        states = model.network.get_decoder()(
            input_ids=torch.tensor([ids]), encoder_hidden_states=memory, use_cache=False
        ).last_hidden_state
        ids.append(int(model.network.lm_head(states[0, -1]).argmax()))
    expected = model.tokenizer.decode(ids, skip_special_tokens=True).strip()
    assert model.write(vectors, "en", longest=6)[0] == expected


def test_writing_in_a_language_without_tag_is_an_error(model: Bottleneck) -> None:
    with pytest.raises(PolyvoxError, match="writes en, fr, und"):
        model.write(torch.zeros(1, 16), "sw")


def test_the_decoder_stage_gives_the_encoder_no_gradient(model: Bottleneck) -> None:
    freeze_all_but_decoder(model)
    losses = interpolation(model, PAIRS, np.random.default_rng(1))
    losses["decoding"].backward()  # type: ignore[no-untyped-call]
    moved = {name for name, weight in model.network.named_parameters() if weight.grad is not None}
    assert moved
    assert all(".decoder." in name and "embed_tokens" not in name for name in moved)


def test_the_distance_counts_from_a_step_on(
    model: Bottleneck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = read_corpus(data(tmp_path / "data") / "text", {"tiny": 1.0}, ["en", "fr"], "en", set())
    lesson = Lesson(read_recipe(recipe(tmp_path / "recipe")), corpus, tmp_path / "stage", ("en", "fr"))
    seen = []
    monkeypatch.setattr(Lesson, "train", lambda self, model, pace, losses_at, rate: seen.append(losses_at))
    translate_stage(model, Translate(PACE, mse_after=2), lesson)
    assert ["mse" in seen[0](step) for step in range(4)] == [False, False, True, True]


def test_the_encoder_may_learn_slower(model: Bottleneck, tmp_path: Path) -> None:
    corpus = read_corpus(data(tmp_path / "data") / "text", {"tiny": 1.0}, ["en", "fr"], "en", set())
    lesson = Lesson(read_recipe(recipe(tmp_path / "recipe")), corpus, tmp_path / "stage", ("en", "fr"))
    before = copy.deepcopy(model.network.state_dict())
    section = Translate(replace(PACE, steps=1), encoder_rate=0.01)
    after = translate_stage(model, section, lesson).network.state_dict()
    moved = {name: float((after[name] - before[name]).abs().max()) for name in before}
    # Adam's first step is the rate, whatever the gradient.
    assert moved["model.decoder.layer_norm.weight"] == pytest.approx(1e-2, rel=1e-3)
    assert moved["model.encoder.layer_norm.weight"] == pytest.approx(1e-4, rel=1e-3)
    assert moved["model.shared.weight"] == pytest.approx(1e-4, rel=1e-3)


def test_a_network_that_is_lent_vectors_begins_as_their_mean() -> None:
    texts = [sentence(language, number) for language in ("en", "fr") for number in range(300)]
    sizes = Model(
        vocabulary=400, lend="default", width=64, heads=2, inner=16, encoder_layers=2, decoder_layers=1
    )
    model = make_bottleneck(sizes, TEXT, ("en", "fr"), texts, 1).eval()
    red, rouge, maison = encoded(model, ["red", "rouge", "maison"], ["en", "fr", "fr"])
    assert red @ rouge > red @ maison + 0.2
    states = encoded(model, texts[::6], ["und"] * 100)
    assert states.mean(0).norm() < 0.2
    with torch.no_grad():
        for layer in model.network.get_encoder().layers:
            layer.fc1.weight.normal_()
            layer.self_attn.v_proj.weight.normal_()
    assert torch.allclose(encoded(model, ["red"], ["en"])[0], red, atol=1e-6)


def test_translation_has_three_parts_that_its_weights_switch_off(model: Bottleneck) -> None:
    dice = np.random.default_rng(1)
    whole = translation(model, PAIRS, Translate(PACE), dice)
    assert set(whole) == {"translation", "mse", "denoising"}
    assert set(translation(model, PAIRS, Translate(PACE, mse=0, denoise=0), dice)) == {"translation"}


def test_hard_negatives_have_a_softmax_of_their_own(model: Bottleneck) -> None:
    stage = Contrast(PACE, hard=2, hard_share=1.0, decode=0.0, scale=1.0, unspecified=0.0)

    def copies(texts: object, dice: object) -> list[list[str]]:
        return [[pair.target, pair.target] for pair in PAIRS]

    found = contrast(model, PAIRS, stage, np.random.default_rng(1), copies)
    assert found["contrast"].item() == pytest.approx(np.log(3), rel=1e-4)


def test_texts_without_edits_count_nothing(model: Bottleneck) -> None:
    stage = Contrast(PACE, hard=2, hard_share=1.0, decode=0.0)
    found = contrast(model, PAIRS, stage, np.random.default_rng(1), lambda texts, dice: [[] for _ in texts])
    assert found["contrast"].item() == pytest.approx(0, abs=1e-6)


def test_only_new_tokens_learn_where_the_old_is_frozen(model: Bottleneck) -> None:
    rows = [Row(n, {tag: (sentence(tag, n),) for tag in ("en", "fr", "es")}) for n in range(300)]
    corpus = Corpus({"tiny": rows}, {}, {"tiny": 1.0}, "en")
    extended = add_languages(model, TEXT, ["es"])
    free = free_tokens(extended, corpus, ("en", "fr"), ("es",))
    before = {name: weight.clone() for name, weight in extended.network.named_parameters()}
    learn_only_new(extended, free, Keep.FREEZE)
    optimizer = torch.optim.AdamW(
        [w for w in extended.network.parameters() if w.requires_grad], lr=0.1, weight_decay=0.0
    )
    encoded(extended, [sentence("es", 5), sentence("en", 5)], ["es", "en"])[:, 0].sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    changed = {
        name for name, weight in extended.network.named_parameters() if not torch.equal(weight, before[name])
    }
    assert changed == {"model.shared.weight"}
    moved = (extended.network.model.shared.weight != before["model.shared.weight"]).any(1)
    assert moved[extended.tag_of("es")]
    assert not (moved & ~free).any()


def test_a_killed_stage_ends_in_the_same_weights(model: Bottleneck, tmp_path: Path) -> None:
    other = copy.deepcopy(model)
    draw = [Pair(sentence("fr", n), sentence("en", n), "fr", "en") for n in range(64)]
    batches = Batches(lambda count, dice: [draw[n] for n in dice.integers(0, 64, count)], 2, 1)
    section = Translate(PACE)

    def train(one: Bottleneck, folder: Path, stop: int | None = None) -> None:
        def losses_at(step: int) -> dict[str, torch.Tensor]:
            return dict(translation(one, batches.at(step), section, np.random.default_rng(step)))

        learn({"network": one.network}, PACE, losses_at, folder, "test", 1, stop)

    train(model, tmp_path / "whole")
    train(copy.deepcopy(other), tmp_path / "killed", 2)
    train(other, tmp_path / "killed")
    for left, right in zip(model.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(left, right)


def test_a_corpus_holds_out_blocks_and_test_texts(tmp_path: Path) -> None:
    folder = data(tmp_path / "data") / "text"
    unwanted = {text_hash(sentence("fr", 3))}
    corpus = read_corpus(folder, {"tiny": 1.0}, ["en", "fr"], "en", unwanted)
    numbers = [row.number for row in corpus.held_out["tiny"]]
    assert numbers == [*range(20, 40), *range(520, 540)]
    assert not {row.number for row in corpus.train["tiny"]} & {3, *numbers}
    assert len(corpus.train["tiny"][0].texts["en"]) == 2


def test_pairs_have_the_pivot_on_one_side_where_asked(tmp_path: Path) -> None:
    rows = [Row(n, {tag: (sentence(tag, n),) for tag in ("en", "fr", "es")}) for n in range(30)]
    corpus = Corpus({"tiny": rows}, {}, {"tiny": 1.0}, "en")
    dice = np.random.default_rng(1)
    assert {pair.target_language for pair in corpus.pairs(50, dice, ("en", "fr", "es"), 1.0)} == {"en"}
    ways = {(p.source_language, p.target_language) for p in corpus.pairs(300, dice, ("en", "fr", "es"), 0.0)}
    assert {("en", "fr"), ("fr", "es"), ("es", "fr")} <= ways
    assert {p.source_language for p in corpus.pairs(20, dice, ("en", "es"), 1.0)} == {"es"}


def test_equal_texts_are_no_negatives() -> None:
    pairs = [Pair("a", "x", "fr", "en"), Pair("b", "X!", "fr", "en"), Pair("c", "y", "fr", "en")]
    assert same_texts(pairs).tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_noise_keeps_a_token_and_hides_some() -> None:
    made = noisy(list(range(1, 1001)), 0, np.random.default_rng(1))
    assert 850 < len(made) < 950
    assert 0.12 < made.count(0) / len(made) < 0.21
    kept = [token for token in made if token]
    assert kept != sorted(kept)


def test_some_languages_are_not_named() -> None:
    found = tagged(["fr"] * 1000, 0.3, np.random.default_rng(1))
    assert 0.25 < found.count("und") / 1000 < 0.35


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("[hard]\nhard = 0\npace = { steps = 1 }", "at least one edited negative"),
        ("[contrast]\nhard = 1\npace = { steps = 1 }", "have their own stage"),
        ("[contrast]\nscal = 1\npace = { steps = 1 }", "did you mean 'scale'"),
        ("[hard]\nhard = 1\nendpoint = 'http://x'\npace = { steps = 1 }", "give all three"),
        ('[[extend]]\nlanguages = ["fr"]\npace = { steps = 1 }', "fr is there already"),
        ("[decoder]\npace = { steps = 0 }", "at least 1"),
    ],
)
def test_wrong_recipes_are_refused(change: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PolyvoxError, match=message):
        read_recipe(recipe(tmp_path, more=f"\n{change}\n"))


def test_the_recipes_of_the_repository_are_right() -> None:
    folder = Path(__file__).parents[3] / "recipes"
    assert [name for name, _ in read_recipe(folder / "sonar").stages()] == ["translate", "decoder", "speech"]
    omni = read_recipe(folder / "omnisonar")
    assert isinstance(omni.extend[0], Extend)
    assert omni.languages()[-2:] == ("pt", "it")


def test_recall_counts_texts_as_near_as_the_own_one_by_hand() -> None:
    pool = np.array([[1, 0], [0.8, 0.6], [0, 1], [1, 0]], np.float32)
    queries = np.array([[1, 0], [0, 1], [0.8, 0.6]], np.float32)
    # The first has a twin of its own text beside it, the second is alone at the top, the third is third.
    assert [_recall(queries, pool, [0, 2, 3], depth) for depth in (1, 2, 3)] == pytest.approx(
        [1 / 3, 2 / 3, 1]
    )
