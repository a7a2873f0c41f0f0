"""A course of the speech stage that is killed, and one that has nothing left to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

from polyvox.modules.heads.learned_query import QuerySizes  # noqa: E402
from polyvox.modules.heads.widths import NestedHead, WidthSizes  # noqa: E402
from polyvox.train.fusion import speech_stage  # noqa: E402
from polyvox.train.fusion.rows import Pair  # noqa: E402
from polyvox.train.fusion.sections import Speech  # noqa: E402
from polyvox.train.fusion.speech_stage import Course, Lesson, learn  # noqa: E402

STEPS = 4
SPEECH = Speech(dimensions=(8, 4), batch=2, steps=STEPS, save_every=1, query_layers=1)


class Noise:
    """Frames that depend on the text of a pair alone."""

    width = 8

    def frames(self, pair: Pair) -> NDArray[np.float32]:
        return np.random.default_rng(len(pair.text)).normal(size=(5, self.width)).astype(np.float32)

    def length(self, pair: Pair) -> int:
        return len(self.frames(pair))


def student() -> NestedHead:
    torch.manual_seed(0)
    return NestedHead(WidthSizes(QuerySizes(8, layers=1, heads=2), (8, 4)))


def lesson() -> Lesson:
    pairs = [Pair(Path(f"{number}.ogg"), "fr", "a" * (number + 1)) for number in range(4)]
    targets = torch.nn.functional.normalize(torch.arange(32.0).reshape(4, 8).cos(), dim=-1)
    return Lesson(pairs, Noise(), targets, seed=1)


def test_dropout_goes_on_where_a_killed_run_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, killed = student(), student()
    learn(whole, lesson(), SPEECH, STEPS, tmp_path / "whole")

    class KilledError(Exception):
        pass

    step = speech_stage._step

    def dies(*given: object) -> float:
        if given[-1] == 2:
            raise KilledError
        return step(*given)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(speech_stage, "_step", dies)
        with pytest.raises(KilledError):
            learn(killed, lesson(), SPEECH, STEPS, tmp_path / "killed")
    again = student()
    torch.rand(5)
    learn(again, lesson(), SPEECH, STEPS, tmp_path / "killed")
    for name, weights in whole.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name]), name
    assert not torch.equal(student().state_dict()[name], again.state_dict()[name])


def test_a_course_with_all_steps_behind_it_has_no_loss(tmp_path: Path) -> None:
    first = learn(student(), lesson(), SPEECH, STEPS, tmp_path)
    assert first.loss is not None
    assert learn(student(), lesson(), SPEECH, STEPS, tmp_path) == Course(first.parameters, None, None)
