from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from polyvox.modules.meaning import MeaningConfig  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.speech_tower import SpeechTower  # noqa: E402
from polyvox.train.meaning import MeaningTraining, Said, alignment_loss, train_on_text  # noqa: E402
from polyvox.train.misheard import Mishearing, mishear  # noqa: E402
from polyvox.train.said_texts import SaidText  # noqa: E402

CONFUSION = np.array([[0, 0.5, 0.5], [0, 0.8, 0.2], [0, 0.1, 0.9]], np.float32)


def test_alignment_loss_by_hand() -> None:
    """Two rows, orthogonal targets: cross-entropy of (s, 0) against the first is ln(1 + e^-s)."""
    targets = torch.eye(2)
    loss = alignment_loss(torch.eye(2), targets, scale=3.0, widths=(2,))
    assert loss.item() == pytest.approx(np.log1p(np.exp(-3.0)), abs=1e-5)
    swapped = alignment_loss(torch.eye(2).flip(0), targets, scale=3.0, widths=(2,))
    assert swapped.item() == pytest.approx(np.log1p(np.exp(3.0)) + 1, abs=1e-5)


def test_unknown_targets_are_left_out_and_equal_targets_are_no_negatives() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(3, 4), dim=1)
    targets = torch.stack([vectors[0], torch.zeros(4), vectors[0]])
    both = torch.stack([vectors[0], vectors[1], vectors[0]])
    assert alignment_loss(both, targets, 20.0, (4,)).item() == pytest.approx(0, abs=1e-4)
    assert alignment_loss(vectors, torch.zeros(3, 4), 20.0, (4,)).item() == 0


def test_hearing_perfectly_gives_the_sounds_themselves() -> None:
    none = Mishearing(0, 0, 0, 0, 0)
    heard, mask = mishear([(1, 2, 1), (2,)], CONFUSION, none, np.random.default_rng(0))
    assert mask[:, :4].tolist() == [[True, True, True, False], [True, False, False, False]]
    assert heard[0, :3].argmax(1).tolist() == [1, 2, 1]
    assert heard[1, 0].tolist() == [0, 0, 1]


def test_misheard_rows_are_distributions_and_errors_have_their_rates() -> None:
    texts = [tuple([1] * 50)] * 400
    heard, mask = mishear(texts, CONFUSION, Mishearing(0.4, 0, 0, 0, 0), np.random.default_rng(0))
    assert np.allclose(heard[mask].sum(1), 1, atol=1e-5)
    wrong = (heard[mask].argmax(1) == 2).mean()
    assert wrong == pytest.approx(0.4 / 2 * 0.2, abs=0.01)


def test_meaning_is_learned_from_text_alone_and_resumes(tmp_path: Path) -> None:
    def tower() -> SpeechTower:
        torch.manual_seed(0)
        sizes = MeaningConfig(3, dimension=8, width=16, layers=1, heads=2, dropout=0.0)
        return SpeechTower(["", "a", "b"], SoundsConfig(3, width=16, layers=1, heads=2), sizes)

    texts = [SaidText("a", "en", (1, 1)), SaidText("b", "en", (2, 2)), SaidText("ab", "en", (1, 2))]
    own = np.eye(8, dtype=np.float16)[:3]
    said = Said(texts, own, np.zeros_like(own), np.array([0, 3]), np.array([1.0]))
    training = MeaningTraining(steps=80, batch=12, learning_rate=5e-3, warmup=5, widths=(8,))
    trained = tower()
    train_on_text(trained, said, CONFUSION, training, tmp_path)
    sounds = torch.eye(3)[torch.tensor([[1, 1], [2, 2], [1, 2]])]
    vectors = trained.eval().meaning(sounds, torch.ones(3, 2, dtype=torch.bool))
    assert (vectors @ torch.from_numpy(own.astype(np.float32)).T).argmax(1).tolist() == [0, 1, 2]
    again = tower()
    train_on_text(again, said, CONFUSION, training, tmp_path)
    assert torch.equal(again.meaning.out.weight, trained.meaning.out.weight)
