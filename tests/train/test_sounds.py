from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.errors import PolyvoxError  # noqa: E402
from polyvox.item import Audio  # noqa: E402
from polyvox.modules.sounds import Sounds, SoundsConfig  # noqa: E402
from polyvox.train.augment import Augmentation  # noqa: E402
from polyvox.train.feature_store import Example, FeatureStore, Stored, build_store  # noqa: E402
from polyvox.train.sounds import (  # noqa: E402
    SoundsTraining,
    TrainingError,
    ctc_loss,
    descend,
    edit_distance,
    error_rates,
    learning_rate,
    sounds_loss,
    train_sounds,
)
from polyvox.train.speech_batches import SpeechSource, batch_at  # noqa: E402
from polyvox.train.waves import write_wav  # noqa: E402

SOUNDS = ["", "a", "b"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> SpeechSource:
    folder = tmp_path_factory.mktemp("speech")
    examples = []
    for number in range(12):
        low, high = np.sin(np.arange(4_000) * 0.1), np.sin(np.arange(4_000) * 1.1)
        halves, sounds = ((low, high), ("a", "b")) if number % 2 else ((high, low), ("b", "a"))
        path = folder / f"{number}.wav"
        pause = np.zeros(500 * (1 + number % 3))
        write_wav(path, Audio(np.concatenate([halves[0], pause, halves[1]]).astype(np.float32) * 0.5))
        examples.append(Example(str(path), "gcompris", "en", "train", sounds, "", "", ""))
    store: FeatureStore = build_store(examples, folder / "store", Augmentation(), 0)
    return SpeechSource([store], {"gcompris": [(0, number) for number in range(12)]}, {"gcompris": 1.0})


def model(layers: int = 1) -> Sounds:
    torch.manual_seed(0)
    return Sounds(SoundsConfig(len(SOUNDS), width=32, layers=layers, heads=2, dropout=0.0))


def test_ctc_loss_by_hand() -> None:
    """Two frames, label `a`: the paths are aa, a-, -a."""
    odds = torch.log(torch.tensor([[[0.5, 0.3, 0.2], [0.6, 0.4, 1e-9]]]))
    row = Stored(Example("", "", "", "", ("a",), "", "", ""), 0, 8)
    loss = ctc_loss(odds, torch.ones(1, 2, dtype=torch.bool), [row], {"a": 1, "b": 2})
    assert loss.item() == pytest.approx(-np.log(0.3 * 0.4 + 0.3 * 0.6 + 0.5 * 0.4), abs=1e-4)


def test_batches_are_the_same_for_the_same_step(source: SpeechSource) -> None:
    first, again, other = (batch_at(source, step, 4, 1) for step in (3, 3, 4))
    assert torch.equal(first.features, again.features)
    assert [row.start for row in first.rows] != [row.start for row in other.rows]
    assert first.features.shape[1] % 8 == 0


def test_the_middle_block_has_its_share_of_the_loss(source: SpeechSource) -> None:
    lower = model(layers=2).eval()
    batch = batch_at(source, 0, 4, 1)
    numbers = {"a": 1, "b": 2}
    layers, mask = lower.layers(batch.features, batch.lengths)
    last, middle = (
        ctc_loss(lower.head(states), mask, batch.rows, numbers)
        for states in (layers[-1], lower.norm(layers[1]))
    )
    both = sounds_loss(lower, batch, numbers, 0.25).item()
    assert both == pytest.approx((0.75 * last + 0.25 * middle).item(), rel=0.02)
    assert sounds_loss(lower, batch, numbers, 0.0).item() == pytest.approx(last.item(), rel=0.02)
    single = model().eval()
    assert sounds_loss(single, batch, numbers, 0.25) == sounds_loss(single, batch, numbers, 0.0)


def test_the_blocks_after_the_middle_one_are_told_what_it_hears(source: SpeechSource) -> None:
    torch.manual_seed(0)
    told = Sounds(SoundsConfig(len(SOUNDS), width=32, layers=3, heads=2, conditioned=True)).eval()
    assert told.feedback is not None
    assert told.middle == 2
    batch = batch_at(source, 0, 4, 1, mask=False)
    with torch.no_grad():
        before, _ = told.layers(batch.features, batch.lengths)
        heard = torch.softmax(told.head(told.norm(before[2])), -1)
        mask = torch.arange(before[2].shape[1])[None] < -(-batch.lengths // 4)[:, None]
        expected = told.norm(told.blocks[2](before[2] + told.feedback(heard), mask))
        torch.testing.assert_close(before[3][mask], expected[mask])
        told.feedback.weight.zero_(), told.feedback.bias.zero_()
        after, _ = told.layers(batch.features, batch.lengths)
        torch.testing.assert_close(after[2], before[2])
        assert not torch.allclose(after[3], before[3])


def test_what_would_train_on_nonsense_is_refused() -> None:
    with pytest.raises(PolyvoxError, match=r"tempo: must be between 0 and 0\.9, got 1\.2"):
        SoundsTraining(tempo=1.2)


def test_sounds_are_learned_and_a_killed_run_ends_the_same(source: SpeechSource, tmp_path: Path) -> None:
    training = SoundsTraining(steps=60, batch=8, learning_rate=3e-3, warmup=10, decay=20)
    whole = model()
    train_sounds(whole, source, SOUNDS, training, tmp_path / "whole")
    rates = error_rates(whole, source, source.groups["gcompris"], SOUNDS)
    assert rates["gcompris"] < 0.5


def test_resuming_changes_nothing(source: SpeechSource, tmp_path: Path) -> None:
    training = SoundsTraining(steps=6, batch=4, warmup=2, decay=2)
    whole, parts = model(), model()
    train_sounds(whole, source, SOUNDS, training, tmp_path / "whole")
    train_sounds(parts, source, SOUNDS, training, tmp_path / "parts", stop=3)
    resumed = model()
    train_sounds(resumed, source, SOUNDS, training, tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.allclose(value, resumed.state_dict()[name], atol=1e-6), name


def test_a_loss_that_is_not_a_number_is_an_error_that_says_what_to_do() -> None:
    lower = model()
    loss = lower.head.weight.sum() * float("nan")
    with pytest.raises(TrainingError, match="lower learning_rate"):
        descend(loss, lower, torch.optim.AdamW(lower.parameters()), 1e-3)


def test_the_learning_rate_rises_holds_and_falls() -> None:
    training = SoundsTraining(steps=100, learning_rate=1.0, warmup=10, decay=20)
    rates = [learning_rate(step, training) for step in (0, 9, 50, 80, 90, 99)]
    assert rates == pytest.approx([0.1, 1.0, 1.0, 1.0, 0.5, 0.05])


def test_edit_distance_of_nothing() -> None:
    assert edit_distance([], ["a", "b"]) == edit_distance(["a", "b"], []) == 2
