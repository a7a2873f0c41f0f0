"""The word spotter learns to find misheard words, and goes on after a kill to the same result."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.word_spotter import SpotterConfig  # noqa: E402
from polyvox.modules.word_tower import WordTower  # noqa: E402
from polyvox.train.lexicon import KnownWord  # noqa: E402
from polyvox.train.misheard import Mishearing, mishear  # noqa: E402
from polyvox.train.word_spotting import SpokenText, SpotterTraining, Spotting, train_spotter  # noqa: E402

KINDS = 8
DICE = np.random.default_rng(4)
SOUNDS = sorted({tuple(DICE.integers(1, KINDS, DICE.integers(2, 5)).tolist()) for _ in range(40)})
WORDS = [KnownWord(f"w{number}", "xx", sounds) for number, sounds in enumerate(SOUNDS)]
SPANS = {"xx": [(SOUNDS[one], SOUNDS[-one - 1]) for one in range(len(SOUNDS))]}
CONFUSION = np.full((KINDS, KINDS), 0.02, np.float32)
np.fill_diagonal(CONFUSION, 1 - 0.02 * (KINDS - 2))
CONFUSION[:, 0] = 0
TRAINING = SpotterTraining(steps=60, batch=24, negatives=20, warmup=5, learning_rate=5e-3, shares={"xx": 1.0})


def tower() -> WordTower:
    torch.manual_seed(3)
    return WordTower(
        [""] + [chr(97 + number) for number in range(KINDS - 1)],
        SoundsConfig(KINDS, width=8, layers=1, heads=1, kernel=3),
        SpotterConfig(KINDS, key=16, width=32, layers=1, heads=2, kernel=3, dropout=0.0),
    )


def found_share(trained: WordTower) -> float:
    """How often the right word of all is found in what is misheard a little."""
    heard = mishear(
        [[sounds] for sounds in SOUNDS], CONFUSION, Mishearing(0.1, 0, 0), np.random.default_rng(9)
    )
    trained.eval()
    with torch.no_grad():
        queries, _ = trained.spotter(torch.from_numpy(heard.sounds), torch.from_numpy(heard.mask))
        scores = queries[torch.from_numpy(heard.ends >= 0)] @ trained.keys(SOUNDS).T
    return float((scores.argmax(1).numpy() == np.arange(len(SOUNDS))).mean())


def test_all_of_it_is_on_one_device() -> None:
    elsewhere = tower().to("meta")
    assert {weight.device.type for weight in Spotting(elsewhere.spotter, elsewhere.keys).parameters()} == {
        "meta"
    }


def test_words_are_found_after_training_and_not_before(tmp_path: Path) -> None:
    model = tower()
    before = found_share(model)
    train_spotter(model, SpokenText(WORDS, SPANS, {"xx": 1.0}), CONFUSION, TRAINING, tmp_path)
    assert before < 0.3
    assert found_share(model) > 0.7


def test_a_run_that_was_stopped_goes_on_to_the_same_result(tmp_path: Path) -> None:
    from dataclasses import replace

    text = SpokenText(WORDS, SPANS, {"xx": 1.0})
    whole, broken = tower(), tower()
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    # The same schedule for both: no decay, so that a shorter run is the begin of the longer one.
    training = replace(TRAINING, steps=8, decay_share=0.0)
    train_spotter(whole, text, CONFUSION, training, tmp_path / "whole")
    train_spotter(broken, text, CONFUSION, replace(training, steps=3), tmp_path / "broken")
    again = tower()
    train_spotter(again, text, CONFUSION, training, tmp_path / "broken")
    for one, other in zip(whole.spotter.parameters(), again.spotter.parameters(), strict=True):
        torch.testing.assert_close(one, other)
