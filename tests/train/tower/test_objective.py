"""The weighted losses of a recipe, against the library's own losses on the same vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
library = pytest.importorskip("sentence_transformers.sentence_transformer.losses")

from sentence_transformers import SentenceTransformer  # noqa: E402

from polyvox.modules.direct_tower import DirectTower  # noqa: E402
from polyvox.modules.meaning import MeaningConfig  # noqa: E402
from polyvox.modules.sounds import SoundsConfig  # noqa: E402
from polyvox.modules.speech import Speech  # noqa: E402
from polyvox.train.losses.contrastive import symmetric_contrastive  # noqa: E402
from polyvox.train.losses.ctc import ctc  # noqa: E402
from polyvox.train.tower.objective import build_objective  # noqa: E402
from polyvox.train.tower.teacher import Teacher  # noqa: E402
from polyvox.train.tower.training_section import Labels, Losses  # noqa: E402

TEXTS = [("fire water", "stone"), ("bread", ""), ("moon salt", "bird"), ("river", "")]


@pytest.fixture(scope="module")
def student() -> SentenceTransformer:
    torch.manual_seed(0)
    sounds = SoundsConfig(3, width=16, layers=1, heads=2)
    tower = DirectTower(["", "a", "b"], sounds, MeaningConfig(16, dimension=8, width=16, layers=1, heads=2))
    return SentenceTransformer(modules=[Speech(tower.eval())], device="cpu")


@pytest.fixture(scope="module")
def known(teacher: Path) -> Teacher:
    return Teacher(str(teacher))


def features() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(4)
    return {
        "input_features": torch.randn(4, 40, 80, generator=generator),
        "lengths": torch.tensor([40, 30, 24, 33]),
        "texts": TEXTS,
        "labels": [[1, 2], [], [2], [1]],
    }


def only(name: str, weight: float = 1.0, **settings: Any) -> Losses:  # noqa: ANN401
    return Losses(**{"contrastive": 0.0, name: weight, **settings})


@pytest.fixture(scope="module")
def vectors(student: SentenceTransformer) -> Any:  # noqa: ANN401
    return student(features())["sentence_embedding"].detach()


def value(student: SentenceTransformer, losses: Losses, known: Teacher) -> dict[str, float]:
    found = build_objective(student, losses, known)([features()], None)
    return {name: loss.item() for name, loss in found.items()}


def test_the_teacher_gives_unit_vectors_and_nothing_for_no_text(known: Teacher) -> None:
    found = known(["fire", "", "fire"])
    assert torch.equal(found[0], found[2])
    assert found.norm(dim=1).tolist() == pytest.approx([1, 0, 1], abs=1e-5)


def test_contrastive_cosine_and_mse(student: SentenceTransformer, known: Teacher, vectors: Any) -> None:  # noqa: ANN401
    targets = known([text for text, _ in TEXTS])
    expected = symmetric_contrastive(vectors, targets, scale=20.0).item()
    assert value(student, Losses(), known) == {"contrastive": pytest.approx(expected, abs=1e-5)}
    assert value(student, only("cosine", 2.0), known) == {
        "cosine": pytest.approx(2 * (1 - (vectors * targets).sum(1)).mean().item(), abs=1e-5)
    }
    assert value(student, only("mse"), known) == {
        "mse": pytest.approx(((vectors - targets) ** 2).mean().item(), abs=1e-6)
    }


def test_ranking_is_one_direction(student: SentenceTransformer, known: Teacher, vectors: Any) -> None:  # noqa: ANN401
    targets = known([text for text, _ in TEXTS])
    expected = torch.nn.functional.cross_entropy(20 * vectors @ targets.T, torch.arange(4)).item()
    assert value(student, only("ranking"), known)["ranking"] == pytest.approx(expected, abs=1e-5)
    cut = torch.nn.functional.normalize
    short = 20 * cut(vectors[:, :4], dim=1) @ cut(targets[:, :4], dim=1).T
    both = expected + torch.nn.functional.cross_entropy(short, torch.arange(4)).item()
    assert value(student, only("ranking", widths=(8, 4)), known)["ranking"] == pytest.approx(both, abs=1e-5)


def test_cached_ranking_is_ranking_with_the_same_gradient(
    student: SentenceTransformer, known: Teacher
) -> None:
    grads = []
    losses = []
    for chosen in (only("ranking", 0.5), only("cached_ranking", 0.5, mini_batch=2)):
        student.zero_grad()
        found = build_objective(student, chosen, known)([features()], None)
        loss = found["ranking"] if isinstance(found, dict) else found
        loss.backward()
        losses.append(loss.item())
        grads.append(torch.cat([p.grad.flatten() for p in student.parameters() if p.grad is not None]))
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    torch.testing.assert_close(grads[0], grads[1], atol=1e-5, rtol=1e-4)


def test_orthogonal_regularisation(student: SentenceTransformer, known: Teacher, vectors: Any) -> None:  # noqa: ANN401
    cosines = vectors @ vectors.T
    others = cosines[~torch.eye(4, dtype=torch.bool)]
    expected = others.mean() ** 2 + torch.relu((others**2).mean() - 1 / 8)
    assert value(student, only("orthogonal"), known)["orthogonal"] == pytest.approx(expected.item(), abs=1e-5)


def test_ctc_reads_the_sounds_on_the_way(student: SentenceTransformer, known: Teacher) -> None:
    heard = student(features())
    expected = 0.5 * ctc(heard["logits"], heard["sound_mask"], features()["labels"]).item()
    found = value(student, Losses(ctc=0.5, labels=Labels.LETTERS), known)
    assert found["ctc"] == pytest.approx(expected, abs=1e-5)


def test_two_sides_are_weighed_and_unknown_texts_left_out(
    student: SentenceTransformer,
    known: Teacher,
    vectors: Any,  # noqa: ANN401
) -> None:
    own = 1 - (vectors * known([text for text, _ in TEXTS])).sum(1)
    other = 1 - (vectors[[0, 2]] * known(["stone", "bird"])).sum(1)
    losses = only("cosine", targets={"transcript": 3.0, "translation": 1.0})
    expected = 0.75 * own.mean() + 0.25 * other.mean()
    assert value(student, losses, known)["cosine"] == pytest.approx(expected.item(), abs=1e-5)
